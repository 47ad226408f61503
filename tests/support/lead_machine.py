"""State machine of a lead: random decisions, deadlines and observations, and the invariants of every lead."""

import json
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from process.actor import Actor
from process.authorization import ANYBODY
from process.core import inbox, intake
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.due import next_due, next_wake_up, pass_deadlines
from process.core.events import EventLog
from process.core.fold import fold, superseded
from process.core.preview import preview_decision
from process.core.refusal import Refused
from process.corrections.lookup import corrected_decision, root
from process.decisions.registry import DECISIONS
from process.duplicates.notices import relation_notices
from process.effects import Effect, OpenHubIssue, SendMail
from process.effects.introductions import last_reached
from process.effects.observations import MailSent
from process.lead.quote import ACTIVE, QuoteStatus
from process.money.billing import BILLED, first_double_billing, next_draft
from process.types import Role, Stage
from process.views.agenda import agenda
from process.views.attention import attention, concerns, next_change
from process.views.checklist import checklist
from process.views.lead_row import LeadRow
from process.views.next_step import next_step
from process.views.overview import options, overview, timeline
from process.views.row import row_of
from tests.support.lives import BOOK_QUOTE, ORIGINAL, QUOTE, Life, known_person
from tests.support.pools import KINDS, ZONES, line, odd_bodies, offers, sound_bodies
from tests.support.redactions import ALL, check_redaction

WITH_ITEMS = {
    "item": ["Training: 2000 once", "Support: 300.05"],
    "discount_percent": 10,
    "discount_reason": "A pilot",
}


def _person(body: Any) -> Actor:
    """Return the person whom the body names. Where it allows an exception, that is the one who allows it."""
    names = body if isinstance(body, dict) else {}
    return known_person(str(names.get("exception_by") or names.get("by") or ""))


class LeadMachine(RuleBasedStateMachine):
    """One lead, random steps, and invariants that hold after each step."""

    @initialize(
        zone=st.sampled_from(ZONES),
        holiday=st.dates(date(2026, 6, 1), date(2026, 7, 1)),
        start=st.sampled_from(
            [
                "new",
                "duplicate",
                "quoted",
                "handed_over",
                "signed",
                "contracted",
                "live",
                "renewing",
                "renewed",
            ]
        ),
        quote=st.sampled_from([QUOTE, BOOK_QUOTE, BOOK_QUOTE | WITH_ITEMS]),
    )
    def begin(self, zone: str, holiday: date, start: str, quote: dict[str, Any]) -> None:
        alike = [ORIGINAL] if start == "duplicate" else []
        self.life = life = Life(zone=zone, policy={"holidays": [str(holiday)]}, originals=alike)
        match start:
            case "quoted" | "handed_over":
                getattr(life, start)(**quote)
            case "signed" | "contracted" | "live" | "renewing" | "renewed":
                getattr(life, start)(quote)
        life.wait(hours=1)
        self.keys: dict[str, tuple[str, dict[str, Any], Answer]] = {}

    # ---- steps

    def _take(self, kind: str, body: Any) -> Answer:
        before = self.life.aggregate
        aggregate, answer = intake.take_from(before, kind, (body,), _person(body), self.life.now)
        if not answer.accepted:
            assert aggregate.event_log is before.event_log
            assert aggregate.outbox == before.outbox
            assert str(answer)
        elif not answer.repeat:
            event = aggregate.event_log.events[-1]
            assert (answer.seq, event.seq, str(answer)) == (
                len(before.event_log.events) + 1,
                answer.seq,
                event.summary,
            )
        if answer.repeat:
            assert aggregate.event_log is before.event_log
            assert (aggregate.outbox, aggregate.receipts) == (before.outbox, before.receipts)
        self.life._set(aggregate)
        return answer

    @rule(data=st.data(), step=st.integers(0, 50))
    def take_an_allowed_decision(self, data: st.DataObject, step: int) -> None:
        """Take an allowed decision, so that most leads make progress."""
        allowed = [kind for kind, decision in DECISIONS.items() if decision.allowed(self.life.lead) is None]
        kind = allowed[step % len(allowed)]
        self._take(kind, data.draw(sound_bodies(kind), label=kind))

    @rule(offer=offers, approver=line)
    def quote_with_items(self, offer: dict[str, Any], approver: str) -> None:
        """Quote a price with items and a discount, and try to approve it."""
        self._take("price_quoted", offer)
        self._take("discount_approved", {"by": approver})

    @rule(data=st.data())
    def take_the_next_step(self, data: st.DataObject) -> None:
        """Take the next decision of the main path with its example."""
        path = [
            "price_quoted",
            "quote_accepted",
            "contract_handed_over",
            "contract_signed",
            "vendor_setup_not_needed",
        ]
        path += ["hub_requested", "hub_live", "usage_reported"]
        allowed = [kind for kind in path if DECISIONS[kind].allowed(self.life.lead) is None]
        if allowed:
            month = f"{self.life.today:%Y-%m}"
            body = DECISIONS[allowed[-1]].example | (
                {"month": month} if allowed[-1] == "usage_reported" else {}
            )
            self._take(allowed[-1], body)

    @rule(kind=KINDS, data=st.data())
    def take_any_decision(self, kind: str, data: st.DataObject) -> None:
        self._take(kind, data.draw(sound_bodies(kind) | odd_bodies(kind), label=kind))

    @rule(kind=KINDS, key=st.sampled_from(["k1", "k2", "k3"]), data=st.data())
    def take_a_decision_with_a_key(self, kind: str, key: str, data: st.DataObject) -> None:
        body = data.draw(sound_bodies(kind), label=kind) | {"key": key}
        before = self.life.aggregate
        answer = self._take(kind, body)
        if any(
            receipt.key == key for receipt in before.receipts
        ):  # a repeat, or another decision under a used key, changes nothing
            assert self.life.aggregate.event_log is before.event_log
            assert self.life.aggregate.outbox == before.outbox
        elif any(receipt.key == key for receipt in self.life.aggregate.receipts):
            self.keys[key] = (kind, body, answer)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def repeat_a_decision(self, data: st.DataObject) -> None:
        """Repeat a decision with its key: nothing changes, and the first answer is returned."""
        key = data.draw(st.sampled_from(sorted(self.keys)))
        kind, body, first = self.keys[key]
        aggregate, answer = intake.take_from(self.life.aggregate, kind, (body,), _person(body), self.life.now)
        assert aggregate.event_log is self.life.aggregate.event_log
        assert aggregate.outbox == self.life.aggregate.outbox
        assert answer == first.replaced(repeat=True)

    @rule(step=st.sampled_from([1, 7, 29, 31, 90, 200]), hours=st.integers(0, 23))
    def let_time_pass(self, step: int, hours: int) -> None:
        self.life.wait(step, hours=hours)

    @rule(step=st.integers(1, 500))
    def stop_the_worker(self, step: int) -> None:
        self.life.now += timedelta(days=step)
        self.life._set(pass_deadlines(self.life.aggregate, self.life.now))

    @rule(address=st.sampled_from(["a@example.org", "b@example.org", "contracts@example.org"]))
    def change_the_contracts_team(self, address: str) -> None:
        self.life.gets_team(contracts=(address,))

    @rule()
    def perform_effects(self) -> None:
        self.life.perform()

    @rule(data=st.data())
    def park_an_effect(self, data: st.DataObject) -> None:
        if ready := self.life.aggregate.startable(frozenset()):
            effect = data.draw(st.sampled_from(ready))
            self.life.aggregate = self.life.aggregate.park(effect, "401", self.life.now)

    @rule()
    def retry_effects(self) -> None:
        self.life.aggregate = self.life.aggregate.retry()

    @rule()
    def store_and_load(self) -> None:
        stored = self.life.aggregate.model_dump_json()
        loaded = LeadAggregate.model_validate_json(stored)
        assert loaded == self.life.aggregate
        assert loaded.model_dump_json() == stored
        self.life.aggregate = loaded

    @rule(kind=st.sampled_from(["merged", "lost", "corrected"]), data=st.data())
    def receive_a_notice(self, kind: str, data: st.DataObject) -> None:
        """Change a matching lead, and receive one of its notices, in any order."""
        other = getattr(self, "other", None) or Life(
            lead_id="lead-other", originals=[ORIGINAL | {"lead_id": "lead-example"}]
        )
        self.other = other
        bodies = {"merged": {"into": "lead-example"}, "lost": {"reason": "budget"}}
        other.take(kind, **bodies.get(kind, {"seq": len(other.aggregate.event_log.events), "reason": "x"}))
        self.notices = [*getattr(self, "notices", []), relation_notices(other.lead)["lead-example"]]
        notice = data.draw(st.sampled_from(self.notices))
        aggregate, answer = inbox.receive_relation_notice(
            self.life.aggregate, (notice.model_dump(mode="json"),), self.life.now
        )
        assert not isinstance(answer, Refused) or aggregate.event_log is self.life.aggregate.event_log
        self.life._set(aggregate)
        again, _ = inbox.receive_relation_notice(aggregate, (notice.model_dump(mode="json"),), self.life.now)
        assert again.event_log is aggregate.event_log

    @rule(lead_id=st.sampled_from(["lead-original", "lead-other", "lead-example", "lead-third"]))
    def flag_a_duplicate(self, lead_id: str) -> None:
        before = len(self.life.lead.originals)
        self.life.flag_duplicates({"lead_id": lead_id}).flag_duplicates({"lead_id": lead_id})
        assert len(self.life.lead.originals) <= before + 1

    # ---- invariants

    @invariant()
    def a_probable_duplicate_is_a_concern_and_a_merged_lead_has_ended(self) -> None:
        lead = self.life.lead
        assert bool(lead.undecided) == any(
            "may be the same request" in what for what in attention(lead, self.life.today)
        )
        assert lead.merged_into is None or lead.stage is Stage.LOST
        assert lead.ended or not lead.archived
        for kin in (lead.originals, lead.duplicates):
            assert len({other.lead_id for other in kin} - {lead.id}) == len(kin)

    @invariant()
    def the_events_add_up_to_the_lead(self) -> None:
        aggregate = self.life.aggregate
        assert aggregate.lead == fold(aggregate.event_log.events, aggregate.lead.id)
        assert [event.seq for event in aggregate.event_log.events] == list(
            range(1, len(aggregate.event_log.events) + 1)
        )

    @invariant()
    def each_contract_has_one_active_quote(self) -> None:
        """Check that each signed contract has one accepted quote, and that at most one more quote is active."""
        lead = self.life.lead
        assert len(lead.offers) <= 1
        agreed = [lead.quote_of(contract) for contract in lead.signed]
        assert all(quote and quote.status is QuoteStatus.ACCEPTED for quote in agreed)
        assert sum(quote.status in ACTIVE for quote in lead.quotes) == len(agreed) + len(lead.offers)
        assert [quote.version for quote in lead.quotes] == list(range(1, len(lead.quotes) + 1))

    @invariant()
    def a_price_is_never_negative_and_never_more_than_its_list_price(self) -> None:
        for quote in self.life.lead.quotes:
            assert 0 < quote.price.amount <= quote.list_price.amount
            parts = [line.price for line in quote.lines if line.per == quote.per]
            assert sum((part.amount for part in parts), Decimal(0)) == quote.total.amount
            assert quote.total_once.amount == sum((item.price.amount for item in quote.once), Decimal(0))
            for money in (quote.price, quote.list_price, quote.total, quote.total_once):
                assert money == money.rounded()

    @invariant()
    def a_quote_that_needs_approval_is_not_accepted_without_it(self) -> None:
        for quote in self.life.lead.quotes:
            discount = quote.discount
            if discount and discount.approver and quote.status is QuoteStatus.ACCEPTED:
                assert discount.approved
                assert discount.settled_by != discount.by or "someone" in discount.by
        lead = self.life.lead
        if lead.quote and lead.quote.awaiting_approval_by and not lead.ended:
            stuck = any("waits for an approval" in line for line in attention(lead, self.life.today))
            asked = lead.quote.asked_approver and lead.quote.discount and lead.quote.discount.asked_on
            assert stuck == bool(asked)
            step = next_step(lead).text
            before = lead.hold or lead.undecided or lead.hub.decommission_on  # more urgent steps
            way = "nobody can approve it" if lead.quote.lacks_known_giver else "approve or decline"
            assert before or way in step, step

    @invariant()
    def no_invoice_is_negative_and_no_item_is_billed_too_often(self) -> None:
        lead = self.life.lead
        assert all(invoice.total.amount >= 0 for invoice in lead.invoices)
        once = Counter(
            (line.once_of, line.text)
            for invoice in lead.invoices
            if invoice.is_valid
            for line in invoice.lines
            if line.once_of
        )
        agreed = Counter((quote.version, item.text) for quote in lead.quotes for item in quote.once)
        assert once <= agreed

    @invariant()
    def every_day_of_a_term_is_billed(self) -> None:
        """Check that each day of a term up to today, and each item of a begun term, is billed."""
        lead, today = self.life.lead, self.life.today
        if lead.stage not in BILLED:
            return
        paid = [(i.period_start, i.period_end) for i in lead.invoices if i.index is not None and i.is_valid]
        voided = max((i.voided_on for i in lead.invoices if i.voided_on), default=None)
        coming = next_draft(lead)
        if coming and coming.due <= today:  # voided today, and not yet billed again
            assert voided == today
            return
        for term in lead.signed:
            quote = lead.quote_of(term)
            assert quote
            assert term.start
            assert term.term_ends
            until = min(filter(None, (term.term_ends, today, lead.closed_on)))
            later = [other.start for other in lead.signed if other.start and other.start > term.start]
            until = min([until, *(day - timedelta(days=1) for day in later)])
            if term.start > until:
                continue
            if quote.per != "year":  # empty shares of a yearly price may be left out
                assert any(first <= term.start <= last for first, last in paid)
                assert any(first <= until <= last for first, last in paid) or quote.per == "once"
            if quote.once and term.start <= until:
                billed = [line.text for i in lead.invoices if i.is_valid for line in i.lines if line.once_of]
                assert {item.text for item in quote.once} <= set(billed)

    @invariant()
    def terms_follow_one_another(self) -> None:
        signed = self.life.lead.signed
        assert all(term.start and term.end and term.start <= term.end for term in signed)
        for one, other in pairwise(signed):
            assert one.end
            assert other.start
            assert one.end < other.start
        assert self.life.lead.renewal.signed_on is None

    @invariant()
    def no_hub_is_requested_without_a_signature_or_a_named_exception(self) -> None:
        lead = self.life.lead
        if lead.hub.requested_on and not lead.contract.signed_on:
            assert lead.hub.exception_by
            assert lead.hub.exception_reason
        if not lead.hub.requested_on:
            assert not any(isinstance(item.effect, OpenHubIssue) for item in self.life.aggregate.outbox)
        assert lead.stage is not Stage.HUB or lead.contract.signed_on

    def check_invariants(self, *args: Any) -> None:
        """Pass the deadlines, as a worker does after each message, and check the invariants then."""
        if hasattr(self, "life"):
            self.life._set(pass_deadlines(self.life.aggregate, self.life.now))
        super().check_invariants(*args)

    @invariant()
    def no_deadline_stays_due_in_the_past(self) -> None:
        when = next_due(self.life.lead)
        assert when is None or when > self.life.now

    @invariant()
    def invoices_are_numbered_without_gaps_and_bill_nothing_twice(self) -> None:
        invoices = self.life.lead.invoices
        assert [invoice.number for invoice in invoices] == list(range(1, len(invoices) + 1))
        billed = [month for invoice in invoices for month in invoice.usage_months if invoice.is_valid]
        assert len(billed) == len(set(billed))
        fixed = sorted((i.period_start, i.period_end) for i in invoices if i.index is not None and i.is_valid)
        assert first_double_billing(self.life.lead) is None
        assert all(one[1] < other[0] for one, other in pairwise(fixed))
        assert len({invoice.total.currency for invoice in invoices}) <= 1 + len(self.life.lead.quotes)

    @invariant()
    def effects_have_unique_keys_and_a_summary(self) -> None:
        planned = self.life.planned
        keys = [effect.key for effect in planned]
        assert len(keys) == len(set(keys))
        assert all(Effect.kinds[effect.kind] is type(effect) for effect in planned)
        assert all(effect.summary() and "_" not in effect.summary() for effect in planned)
        aggregate = self.life.aggregate
        outstanding = [item.effect.key for item in (*aggregate.outbox, *aggregate.suspended)]
        assert len(outstanding) == len(set(outstanding))
        assert {item.key for item in aggregate.finished}.isdisjoint(outstanding)

    @invariant()
    def only_effects_of_corrected_decisions_are_suspended(self) -> None:
        aggregate, out = self.life.aggregate, superseded(self.life.aggregate.event_log.events)
        assert all(item.effect.cause in out for item in aggregate.suspended)
        assert not any(i.effect.suspended_with_cause and i.effect.cause in out for i in aggregate.outbox)

    @invariant()
    def a_correction_is_mailed_only_to_people_who_know_the_contrary(self) -> None:
        event_log = self.life.aggregate.event_log
        for event in event_log.events:
            if isinstance(event.fact, MailSent) and event.fact.template == "correction":
                before = EventLog.of(event_log.events[: event.seq - 1], event_log.lead)
                wrong = corrected_decision(before, root(before, event.fact.cause or 0), notified=True)
                correction = next(each for each in wrong.corrections if each.seq == event.fact.cause)
                assert set(event.fact.recipients) == set(wrong.notified_that(counts=not correction.counts))
                assert event.fact.recipients

    @invariant()
    def hub_and_contract_without_each_other_are_concerns(self) -> None:
        lead, today = self.life.lead, self.life.today
        live = any(c.start and c.term_ends and c.start <= today <= c.term_ends for c in lead.signed)
        lines = attention(lead, today)
        assert lead.hub.running <= (live or any(line.startswith("The hub runs") for line in lines))
        if lead.service == "hub" and live and not (lead.hub.running or lead.closed_on):
            assert any(line.startswith("A live contract without a hub") for line in lines)

    @invariant()
    def concerns_change_only_when_the_lead_wakes_up(self) -> None:
        aggregate, now = self.life.aggregate, self.life.now
        wake_up = next_wake_up(aggregate.lead, now) or now + timedelta(days=4000)
        for moment in (now + (wake_up - now) / 2, wake_up - timedelta(seconds=1)):
            assert attention(aggregate.lead, aggregate.lead.today(moment)) == attention(
                aggregate.lead, aggregate.lead.today(now)
            )

    @invariant()
    def its_row_tells_the_agenda_until_the_lead_wakes_up(self) -> None:
        aggregate, now = self.life.aggregate, self.life.now
        row = LeadRow.model_validate_json(row_of(aggregate, now).model_dump_json())
        assert row == row_of(aggregate, now)
        last = (row.right_until or now + timedelta(days=4000)) - timedelta(microseconds=1)
        bounds = {when for item in row.items for when in (item.holds_from, item.holds_until) if when}
        moments = {when + step for when in bounds for step in (timedelta(0), -timedelta(microseconds=1))}
        for moment in {now, now + (last - now) / 2, last, *(when for when in moments if now <= when <= last)}:
            assert row.agenda(moment) == agenda(aggregate, moment)
            assert row.attention == attention(aggregate.lead, aggregate.lead.today(moment))

    @invariant()
    def all_views_can_show_the_lead(self) -> None:
        aggregate, now = self.life.aggregate, self.life.now
        step = next_step(aggregate.lead)
        assert step.text
        assert (step.owner is Role.NOBODY) or not aggregate.lead.ended
        assert all(attention(aggregate.lead, aggregate.lead.today(now)))
        assert all(item.text for item in checklist(aggregate.lead))
        assert all(line.summary for line in timeline(aggregate))
        out = superseded(aggregate.event_log.events)
        assert {line.seq for line in timeline(aggregate) if line.corrected} == set(out)
        json.loads(overview(aggregate, now).model_dump_json())

    @invariant()
    def the_contracts_team_has_been_introduced(self) -> None:
        if self.life.lead.ended:
            return
        aggregate, lead = self.life.aggregate, self.life.lead
        if not any(isinstance(item.effect, SendMail) for item in aggregate.outbox):
            now, had = lead.policy.addresses.get(Role.CONTRACTS, ()), last_reached(lead, Role.CONTRACTS)
            assert not now or not had or set(now) == set(had)

    def teardown(self) -> None:
        """Check that the options predict each decision's answer, and that concerns differ first on the next change."""
        if not hasattr(self, "life"):
            return
        life = self.life
        today = life.today
        change = next_change(life.lead, today)
        days = range(1, (change - today).days if change else 1500)
        assert all(
            concerns(life.lead, today + timedelta(days=day)) == concerns(life.lead, today) for day in days
        )
        assert change is None or concerns(life.lead, change) != concerns(life.lead, today)
        for option in options(life.aggregate, life.now):
            answer = preview_decision(
                life.aggregate, option.kind, (option.example,), life.now, ANYBODY
            ).answer
            if answer.repeat:  # the example equals the newest decision, which took effect then
                continue
            assert option.allowed or not answer.accepted
            assert bool(option.would) == (option.allowed and answer.accepted)
        self.check_redactions()

    def check_redactions(self) -> None:
        """Take a person, and everybody, out of the lead: it stays the same but for its texts."""
        for whom in ALL:
            check_redaction(self.life.aggregate, whom, self.life.now)
