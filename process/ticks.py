"""What the calendar does when nobody does anything (process.md, Clocks): a class per clock, and its schedule."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self

from dateutil.relativedelta import relativedelta

from process.billing import BILLED, make_invoice, missing_usage, next_draft, next_usage, settled
from process.changes import RELEASE_0_2
from process.days import add_working_days, day_of, end_of, start_of
from process.decisions.base import folder_effects, mail
from process.decisions.quoting import QuoteExpired, ask_for_approval
from process.decisions.waiting import Resumed
from process.effects import Effect, ReserveInvoice, effect_key
from process.facts import Event, Fact, Tick
from process.lead import Gathering, Invoice, Lead
from process.memo import remembered
from process.model import Role, Stage
from process.quote import QuoteStatus


class Due(NamedTuple):
    """What becomes true at a moment (UTC) unless something else happens before."""

    when: datetime
    fact: Fact


@remembered
def due(lead: Lead) -> tuple[Due, ...]:
    """All that is due in time, earliest first."""
    found = (item for schedule in _SCHEDULES for item in schedule(lead))
    return tuple(sorted(found, key=lambda item: (item.when, item.fact.kind)))


def moved_dates(before: Lead, after: Lead) -> tuple[str, ...]:
    """Which dates are others after something became true, in words and in order."""
    old, new = _days(before), _days(after)
    moved = []
    for what in sorted(old.keys() | new.keys(), key=lambda what: (*new.get(what, old.get(what, ())), what)):
        was, is_ = old.get(what, ()), new.get(what, ())
        if was != is_:
            days = _joined(is_) or "no more"
            moved.append(f"{what}: {days}{f', was {_joined(was)}' if was else ''}")
    return tuple(moved)


def _days(lead: Lead) -> dict[str, tuple[date, ...]]:
    """When what is due, in the lead's own zone."""
    found: dict[str, tuple[date, ...]] = {}
    for item in due(lead):
        what = item.fact.kind.replace("_", " ").capitalize()
        found[what] = (*found.get(what, ()), lead.today(item.when))
    return found


def _joined(days: Iterable[date]) -> str:
    return ", ".join(map(str, days))


def silence(lead: Lead) -> str:
    """Since when nothing was heard from the contracts team."""
    since = lead.pending.heard_on if lead.pending.acknowledged_on else "the hand-over"
    return f"The contracts team has been silent since {since}"


def _waiting_for_us(lead: Lead) -> bool:
    """Before the contract, not on hold, and no probable duplicate: that waits for a decision of its own."""
    return lead.stage in (Stage.LEAD, Stage.QUOTED) and lead.hold is None and not lead.undecided


class QuestionnaireNudged(Tick):
    """A week without an answer: ask again."""

    visible = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        nudged = lead.questionnaire.model_copy(update={"nudged_on": lead.today(event.at)})
        return lead.model_copy(update={"questionnaire": nudged})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "questionnaire_unanswered", Role.SALES)

    def words(self, lead: Lead) -> str:
        return "The questionnaire is still unanswered"


def _questionnaire(lead: Lead) -> Iterator[Due]:
    asked = lead.questionnaire
    if _waiting_for_us(lead) and asked.sent_on and not asked.answered_on:
        week = timedelta(days=lead.policy.clocks.questionnaire_nudge)
        when = end_of(asked.sent_on + week, lead.zone)
        if asked.nudged_on:
            when = start_of(asked.nudged_on + week, lead.zone)  # it was nudged as that day began
        yield Due(when, QuestionnaireNudged())


class GoneStale(Tick):
    """Nobody moved the lead for 30 days, or as long as its stage may take, and it is not on hold."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.model_copy(update={"stale_on": lead.today(event.at)})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "stale", Role.SALES)

    def words(self, lead: Lead) -> str:
        return f"Nothing has moved since {day_of(lead.progressed_at, lead.zone)}"


def _stale(lead: Lead) -> Iterator[Due]:
    contracted = lead.stage is Stage.CONTRACTED and lead.hold is None and RELEASE_0_2 in lead.changes
    if _waiting_for_us(lead) or contracted:
        days = timedelta(days=lead.policy.clocks.stale_after(lead.stage))
        when = end_of(day_of(lead.progressed_at, lead.zone) + days, lead.zone)
        if lead.stale_on:
            when = max(when, start_of(lead.stale_on + days, lead.zone))  # it went stale as that day began
        yield Due(when, GoneStale())


class QuoteRunningOut(Tick):
    """A week before the quote expires."""

    visible = False
    version: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        quotes = tuple(
            quote.model_copy(update={"reminded": True}) if quote.version == self.version else quote
            for quote in lead.quotes
        )
        return lead.model_copy(update={"quotes": quotes})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "quote_running_out", Role.SALES, version=str(self.version))

    def words(self, lead: Lead) -> str:
        return f"Version {self.version} of the quote runs out soon"


def _quote(lead: Lead) -> Iterator[Due]:
    quote = lead.quote
    if lead.ended or quote is None or quote.status is not QuoteStatus.OPEN:
        return
    reminder = quote.valid_until - timedelta(days=lead.policy.clocks.quote_reminder)
    if not quote.reminded and reminder > quote.quoted_on:
        yield Due(end_of(reminder, lead.zone), QuoteRunningOut(version=quote.version))
    expired = QuoteExpired(version=quote.version, by="the calendar", source="clock")
    yield Due(end_of(quote.valid_until, lead.zone), expired)


class ApprovalReminded(Tick):
    """Three working days without a word on a discount that needs an approval: ask again, and then as often."""

    visible = False
    version: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        today = lead.today(event.at)
        quotes = tuple(
            quote.model_copy(update={"discount": quote.discount.model_copy(update={"asked_on": today})})
            if quote.version == self.version and quote.discount
            else quote
            for quote in lead.quotes
        )
        return lead.model_copy(update={"quotes": quotes})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield from ask_for_approval(after, event)

    def words(self, lead: Lead) -> str:
        return f"The approval of the discount in version {self.version} of the quote was asked for again"


def _approval(lead: Lead) -> Iterator[Due]:
    quote = lead.quote
    if lead.ended or lead.hold or quote is None or quote.discount is None or not quote.awaits:
        return
    policy, asked = lead.policy, quote.discount.asked_on
    day = add_working_days(asked or quote.quoted_on, policy.clocks.discount_approval, policy.holidays)
    if day <= quote.valid_until:
        when = start_of(day, lead.zone) if asked else end_of(day, lead.zone)  # it was asked as that day began
        yield Due(when, ApprovalReminded(version=quote.version))


class HandoverReminded(Tick):
    """Three working days without word from the contracts team; or ten, once they have it in hand."""

    visible = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.with_pending(lead.pending.model_copy(update={"reminded": True}))

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "handover_reminder", Role.CONTRACTS)

    def words(self, lead: Lead) -> str:
        if lead.pending.acknowledged_on:
            return "The contracts team was asked for news of the contract"
        return "The contracts team was reminded of the hand-over"


class HandoverEscalated(Tick):
    """Ten working days without word from the contracts team; or twenty, once they have it in hand."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.with_pending(lead.pending.model_copy(update={"reminded": True, "escalated": True}))

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "handover_escalated", Role.CONTRACTS, Role.SALES)

    def words(self, lead: Lead) -> str:
        return silence(lead)


class ContractOverdue(Tick):
    """The day has come by which the contract was to be signed."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.with_pending(lead.pending.model_copy(update={"overdue": True}))

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "contract_overdue", Role.CONTRACTS, Role.SALES)

    def words(self, lead: Lead) -> str:
        return f"The contract was to be signed by {lead.pending.due}"


def _handover(lead: Lead) -> Iterator[Due]:
    contract, clocks = lead.pending, lead.policy.clocks
    if lead.ended or lead.hold or contract.heard_on is None:
        return
    reminder, escalation = clocks.handover_reminder, clocks.handover_escalation
    if contract.acknowledged_on:
        if RELEASE_0_2 not in lead.changes:
            return
        reminder, escalation = clocks.news_reminder, clocks.news_escalation
    if not contract.reminded:
        day = add_working_days(contract.heard_on, reminder, lead.policy.holidays)
        yield Due(end_of(day, lead.zone), HandoverReminded())
    if not contract.escalated:
        day = add_working_days(contract.heard_on, escalation, lead.policy.holidays)
        yield Due(end_of(day, lead.zone), HandoverEscalated())
    if contract.due and not contract.overdue:
        yield Due(end_of(contract.due, lead.zone), ContractOverdue())


def _hold(lead: Lead) -> Iterator[Due]:
    if lead.hold and lead.hold.until:
        yield Due(end_of(lead.hold.until, lead.zone), Resumed(by="the calendar", source="clock"))


class InvoiceDue(Tick):
    """A month's invoice is to be prepared: its fixed fee, and the usage and cloud of the months before."""

    number: int
    invoice: Invoice | None = None

    def resolved(self, lead: Lead, now: datetime) -> Self:
        draft = next_draft(lead)
        return self.model_copy(
            update={"invoice": make_invoice(lead, draft, lead.today(now)) if draft else None}
        )

    def apply(self, lead: Lead, event: Event) -> Lead:
        if self.invoice is None:
            return lead
        months = self.invoice.usage_months
        usage = tuple(
            month.model_copy(update={"billed_on": self.number}) if month.month in months else month
            for month in lead.usage
        )
        return lead.model_copy(update={"invoices": (*lead.invoices, self.invoice), "usage": usage})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield from folder_effects(before, after, event)
        yield ReserveInvoice(
            key=effect_key(after, event, "reserve_invoice"), cause=event.seq, number=self.number
        )

    def words(self, lead: Lead) -> str:
        invoice = self.invoice
        if invoice is None:
            return f"Invoice {self.number} is due"
        missing = (
            f"; usage not reported for {', '.join(invoice.missing_usage)}" if invoice.missing_usage else ""
        )
        return (
            f"Invoice {self.number} is due: {invoice.total} for {invoice.period_start} to "
            f"{invoice.period_end}{missing}"
        )


class InvoiceOverdue(Tick):
    """Sixty days after it was sent, an invoice is unpaid."""

    number: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        invoices = tuple(
            invoice.model_copy(update={"overdue": True}) if invoice.number == self.number else invoice
            for invoice in lead.invoices
        )
        return lead.model_copy(update={"invoices": invoices})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "invoice_overdue", Role.CONTRACTS, number=str(self.number))

    def words(self, lead: Lead) -> str:
        return f"Invoice {self.number} is overdue"


class InvoicesUnsent(Tick):
    """Invoices were prepared two weeks ago and nobody sent them: the contracts team is asked, and then again as often."""

    visible = False
    numbers: tuple[int, ...] = ()

    def resolved(self, lead: Lead, now: datetime) -> Self:
        since = lead.today(now) - timedelta(days=lead.policy.clocks.invoice_unsent)
        unsent = tuple(invoice.number for invoice in lead.unsent if invoice.prepared_on <= since)
        return self.model_copy(update={"numbers": unsent})

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.model_copy(update={"unsent_asked_on": lead.today(event.at)})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "invoices_unsent", Role.CONTRACTS, numbers=self._numbers)

    def words(self, lead: Lead) -> str:
        return f"The contracts team was asked to send invoice {self._numbers}"

    @property
    def _numbers(self) -> str:
        return ", ".join(str(number) for number in self.numbers)


class UsageMissing(Tick):
    """Months are over and nobody has reported their usage: engineering is asked for it, and then weekly."""

    visible = False
    months: tuple[str, ...] = ()

    def resolved(self, lead: Lead, now: datetime) -> Self:
        grace = timedelta(days=lead.policy.clocks.usage_reminder)
        return self.model_copy(update={"months": missing_usage(lead, lead.today(now) - grace)})

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.model_copy(update={"usage_asked_on": lead.today(event.at)})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "usage_missing", Role.ENGINEERING, months=", ".join(self.months))

    def words(self, lead: Lead) -> str:
        return f"Engineering was asked for the usage of {', '.join(self.months)}"


def _usage(lead: Lead) -> Iterator[Due]:
    if RELEASE_0_2 not in lead.changes or lead.archived or lead.stage not in BILLED:
        return
    if month := next_usage(lead):
        day = date.fromisoformat(f"{month}-01") + relativedelta(
            months=1, days=lead.policy.clocks.usage_reminder
        )
        if lead.usage_asked_on:
            day = max(day, lead.usage_asked_on + timedelta(days=7))
        yield Due(start_of(day, lead.zone), UsageMissing())


def _unsent(lead: Lead) -> Iterator[Due]:
    if RELEASE_0_2 not in lead.changes or lead.archived or not lead.unsent:
        return
    days = timedelta(days=lead.policy.clocks.invoice_unsent)
    oldest = min(invoice.prepared_on for invoice in lead.unsent)
    day = max(oldest, lead.unsent_asked_on or oldest) + days
    yield Due(start_of(day, lead.zone), InvoicesUnsent())


def _invoices(lead: Lead) -> Iterator[Due]:
    if (draft := next_draft(lead)) is not None:
        yield Due(start_of(draft.due_on, lead.zone), InvoiceDue(number=draft.number))
    for invoice in lead.invoices:
        if invoice.owed and invoice.sent_on and not invoice.overdue:
            day = invoice.sent_on + timedelta(days=lead.policy.clocks.invoice_overdue)
            yield Due(end_of(day, lead.zone), InvoiceOverdue(number=invoice.number))


class RenewalWindowOpened(Tick):
    """The contract ends in 180, 90 or 30 days."""

    days: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract = lead.contract.model_copy(update={"windows": (*lead.contract.windows, self.days)})
        return lead.model_copy(update={"contract": contract})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "renewal", Role.SALES, days=str(self.days))

    def words(self, lead: Lead) -> str:
        return f"The contract ends in {self.days} days, on {lead.contract.end}"


class RenewalNotBegun(Tick):
    """The contract ends in 60 days, and no price for what follows is quoted."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.model_copy(update={"contract": lead.contract.model_copy(update={"renewal_due": True})})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "renewal_not_begun", Role.SALES)

    def words(self, lead: Lead) -> str:
        return f"The contract ends on {lead.contract.end}, and its renewal has no price yet"


def renewal_start(lead: Lead) -> date | None:
    """The day by whose end the next term is to have a price; None where it has one, or where there is to be none."""
    contract = lead.contract
    if lead.ended or lead.quote or lead.hub.decommission_on or not (contract.signed_on and contract.end):
        return None
    day = contract.end - timedelta(days=lead.policy.clocks.renewal_start)
    return day if day > contract.signed_on else None


def _renewal(lead: Lead) -> Iterator[Due]:
    start = renewal_start(lead)
    if start and not lead.contract.renewal_due and RELEASE_0_2 in lead.changes:
        yield Due(end_of(start, lead.zone), RenewalNotBegun())


class ContractLapsed(Tick):
    """The contract, or its extension, has ended and nobody renewed it."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.model_copy(update={"contract": lead.contract.model_copy(update={"lapsed": True})})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "contract_lapsed", Role.SALES, Role.CONTRACTS)

    def words(self, lead: Lead) -> str:
        running = ", and its hub is running" if lead.hub.running else ""
        return f"The contract has ended on {lead.contract.term_ends}{running}"


class LapseDecisionDue(Tick):
    """Six weeks after the contract's end: renew or decommission."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract = lead.contract.model_copy(update={"decision_due": True})
        return lead.model_copy(update={"contract": contract})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "lapse_decision", Role.SALES)

    def words(self, lead: Lead) -> str:
        return f"The contract ended on {lead.contract.end}; renew it or take the hub down"


def _term(lead: Lead) -> Iterator[Due]:
    contract, clocks = lead.contract, lead.policy.clocks
    if lead.ended or not (contract.signed_on and contract.end and contract.term_ends):
        return
    for days in clocks.renewal_windows:
        day = contract.end - timedelta(days=days)
        if days not in contract.windows and day > contract.signed_on:
            yield Due(end_of(day, lead.zone), RenewalWindowOpened(days=days))
    if not contract.lapsed:
        yield Due(end_of(contract.term_ends, lead.zone), ContractLapsed())
    if not contract.decision_due:
        yield Due(end_of(contract.end + timedelta(days=clocks.lapse_decision), lead.zone), LapseDecisionDue())


class HubInformationMissed(Tick):
    """A week in which something about the hub stayed unknown: ask for that, and for nothing else."""

    visible = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.model_copy(update={"asked_on": lead.today(event.at)})
        return lead.model_copy(update={"hub": hub})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        us = (Role.SALES, Role.ENGINEERING) if after.hub.requested_on else (Role.SALES,)
        yield mail(after, event, "hub_information_missing", *us)

    def words(self, lead: Lead) -> str:
        return f"The hub's information still lacks {', '.join(lead.hub.missing())}"


def _hub_information(lead: Lead) -> Iterator[Due]:
    """Until the hub is live; what is unknown even then is no longer asked for by mail, but still shown."""
    waiting = not (lead.ended or lead.hold or lead.hub.live_on) and RELEASE_0_2 in lead.changes
    since = lead.hub.requested_on or (lead.contracted_on if lead.service == "hub" else None)
    if waiting and since and lead.hub.missing():
        week = timedelta(days=lead.policy.clocks.hub_information)
        asked = lead.hub.asked_on
        when = start_of(asked + week, lead.zone) if asked else end_of(since + week, lead.zone)
        yield Due(when, HubInformationMissed())


class EventNear(Tick):
    """An event of the hub's community begins in 7 days, or tomorrow."""

    event: str
    first: date
    days: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        events = tuple(
            known.model_copy(update={"notices": (*known.notices, self.days)}) if self._is(known) else known
            for known in lead.hub.events
        )
        return lead.model_copy(update={"hub": lead.hub.model_copy(update={"events": events})})

    def _is(self, known: Gathering) -> bool:
        return (known.name, known.first) == (self.event, self.first)

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        known = next((str(known) for known in after.hub.events if self._is(known)), self.event)
        yield mail(after, event, "event_near", Role.ENGINEERING, what=known, days=str(self.days))

    def words(self, lead: Lead) -> str:
        return f"{self.event} begins in {self.days} days, on {self.first}"


def _events(lead: Lead) -> Iterator[Due]:
    if lead.ended:
        return
    for event in lead.hub.events:
        for days in lead.policy.clocks.event_notice:
            day = event.first - timedelta(days=days)
            if days not in event.notices and day > event.announced_on:
                near = EventNear(event=event.name, first=event.first, days=days)
                yield Due(start_of(day, lead.zone), near)


class DecommissionNoticeDue(Tick):
    """The hub is taken down in 14 days (tell the customer) or 2 (confirm what happens to the data)."""

    days: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.model_copy(update={"notices": (*lead.hub.notices, self.days)})
        return lead.model_copy(update={"hub": hub})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        yield mail(after, event, "decommission_notice", Role.SALES, Role.ENGINEERING, days=str(self.days))

    def words(self, lead: Lead) -> str:
        return f"The hub is to be taken down in {self.days} days, on {lead.hub.decommission_on}"


def _decommission(lead: Lead) -> Iterator[Due]:
    on = lead.hub.decommission_on
    if lead.ended or on is None:
        return
    for days in lead.policy.clocks.decommission_notice:
        if days not in lead.hub.notices:
            yield Due(start_of(on - timedelta(days=days), lead.zone), DecommissionNoticeDue(days=days))


class Archived(Tick):
    """A year after its end the lead's workflow completes, if all is billed and paid; the ledger keeps its history."""

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.model_copy(update={"archived": True})

    def words(self, lead: Lead) -> str:
        return "The lead was archived"


def _archive(lead: Lead) -> Iterator[Due]:
    ended: date | None = lead.closed_on or (lead.lost.on if lead.lost else None)
    owed = any(invoice.owed for invoice in lead.invoices)
    if RELEASE_0_2 in lead.changes:
        owed = not settled(lead)
    if ended and not lead.archived and not owed:
        yield Due(end_of(ended + timedelta(days=lead.policy.clocks.archive), lead.zone), Archived())


_SCHEDULES = (
    _questionnaire,
    _stale,
    _quote,
    _approval,
    _handover,
    _hold,
    _usage,
    _unsent,
    _invoices,
    _term,
    _renewal,
    _hub_information,
    _events,
    _decommission,
    _archive,
)

_SCHEDULE_OF: dict[str, Callable[[Lead], Iterator[Due]]] = {
    QuestionnaireNudged.kind: _questionnaire,
    GoneStale.kind: _stale,
    ApprovalReminded.kind: _approval,
    QuoteRunningOut.kind: _quote,
    QuoteExpired.kind: _quote,
    HandoverReminded.kind: _handover,
    HandoverEscalated.kind: _handover,
    ContractOverdue.kind: _handover,
    Resumed.kind: _hold,
    UsageMissing.kind: _usage,
    InvoicesUnsent.kind: _unsent,
    InvoiceDue.kind: _invoices,
    InvoiceOverdue.kind: _invoices,
    RenewalWindowOpened.kind: _term,
    ContractLapsed.kind: _term,
    LapseDecisionDue.kind: _term,
    RenewalNotBegun.kind: _renewal,
    HubInformationMissed.kind: _hub_information,
    EventNear.kind: _events,
    DecommissionNoticeDue.kind: _decommission,
    Archived.kind: _archive,
}
"""By which of them a kind comes: where years are gone through, only that one is asked."""


def was_due(lead: Lead, event: Event) -> bool:
    """Whether what the calendar did in this event was due to this lead, just so."""
    schedule = _SCHEDULE_OF.get(event.kind)
    return schedule is not None and any(
        item.fact.kind == event.kind
        and item.when <= event.at
        and item.fact.resolved(lead, event.at) == event.fact
        for item in schedule(lead)
    )
