"""What a lead's single writer keeps: its history, what is still to be done outside, and what was answered to whom.

All of it survives a restart and a new run of the workflow (`model_dump_json`). Each method is pure and gives a new record.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from process.calendar import start_of
from process.core import outbox
from process.core.decide import decide
from process.core.events import Change, Event, EventLog, Fact
from process.core.evolve import begin, evolve
from process.core.fold import fold, superseded
from process.core.outbox import DriftCheck, Finished, Outstanding
from process.core.plan import plan
from process.core.receipts import Answer, Receipt, Refusal, content_of, one_line, said
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.corrections import compensation as compensation
from process.corrections.corrected_decision import CorrectedDecision, CorrectionImpact
from process.deadlines.schedule import due, moved_dates
from process.decisions.base import Decision
from process.decisions.correcting import Corrected
from process.decisions.opening import LeadOpened
from process.decisions.parsing import complaints, parse
from process.duplicates.notices import (
    DuplicateCandidates,
    DuplicatesFlagged,
    RelationNotice,
    as_fact,
    unknown,
    unmergeable,
)
from process.effects import (
    Effect,
    PostCorrection,
    PrepareInvoice,
    RecordEvents,
    SendCorrection,
    SendMail,
    revert_effects,
)
from process.effects.observations import ChangesAdopted, TeamChanged, prepared
from process.effects.requests import EffectRequest, Outcome
from process.github.edits import RevertEdits
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.lead import Lead
from process.policy import TEAMS, People, Policy
from process.types import Model, Role
from process.views.attention import attention, next_look

RECEIPTS = 500
REFUSALS = 100
FINISHED = 100
"""How many answers, refusals and finished effects a lead remembers; the workflow's history and the ledger have the rest."""

DOUBLE_CLICK = timedelta(minutes=10)

MAX_EVENT_BYTES = 1_200_000
"""Bytes that events may take. Temporal hands at most 2 MiB to a new run, and the lead that they add up to goes along."""

MAX_SHARE = 20
"""A decision takes at most this part of the room that is left, so that there is always some for the next."""


class Preview(NamedTuple):
    """What a decision would do, if it were taken now."""

    answer: Answer
    stage: str
    effects: tuple[str, ...]
    dates: tuple[str, ...] = ()
    """Which dates of the calendar would be others."""
    attention: tuple[str, ...] = ()
    """What must not be overlooked in the lead then."""
    correction_impact: CorrectionImpact | None = None
    """Of a correction: what it undoes, and what becomes of that outside."""


class LeadAggregate(Model):
    """Everything about one lead that must never be lost."""

    event_log: EventLog
    outbox: tuple[Outstanding, ...] = ()
    suspended: tuple[Outstanding, ...] = ()
    """What a corrected decision had asked for and was not done yet. Where it counts again, this is to be done again."""
    finished: tuple[Finished, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    refused_total: int = 0
    in_ledger: int = 0
    """Events up to this number are in the ledger."""
    heard: dict[str, int] = {}
    """Another lead -> the number of its event up to which it was heard."""
    stored_bytes: int
    """Size of its events, in bytes."""

    @classmethod
    def open(cls, lead_id: str, opened: LeadOpened, now: datetime) -> Self:
        event_log = begin(opened, lead_id, now)
        effects = plan(Change(event_log, event_log))
        outbox = tuple(Outstanding(effect=effect) for effect in effects)
        return cls.of(event_log).replaced(outbox=outbox)

    @classmethod
    def of(cls, event_log: EventLog) -> Self:
        """Return a record of this history with nothing left to do outside."""
        return cls(event_log=event_log, stored_bytes=_stored_bytes(event_log.events))

    @property
    def lead(self) -> Lead:
        return self.event_log.lead

    def under(self, changes: tuple[str, ...], now: datetime) -> Self:
        """The lead under these changes of the process, which a new run takes up."""
        if set(changes) <= set(self.lead.changes):
            return self
        return self._became(ChangesAdopted(changes=changes), now)

    # ---- decisions from outside

    def take(
        self, kind: str, args: tuple[Any, ...], now: datetime, *, source: str = "signal"
    ) -> tuple[Self, Answer]:
        """A decision as it came, by `source` if it names none: taken, refused or recognised as a repeat. Total."""
        decision = parse(kind, args, source=source)
        if isinstance(decision, Refused):
            by, source = said(args, "by", "someone"), said(args, "source", source)
            aggregate = self.refused(kind, decision, now, by=by, source=source)
            return aggregate, aggregate.refusals[-1].answer()
        return self.decided(decision, now)

    def decided(self, decision: Decision, now: datetime) -> tuple[Self, Answer]:
        content = content_of(decision)
        known = self._receipt(decision.key) if decision.key else self._double_click(content, now)
        if known and known.content == content:
            return self._repeated(decision, known.answer, now), self._again(known.answer)
        if known:
            return self._no(
                decision,
                refuse(f"The key {decision.key!r} already stands for another decision", "Give each its own"),
                now,
            )
        fact = self._too_much(decision) or decide(self.event_log, decision, now)
        if isinstance(fact, Refused):
            aggregate, answer = self._no(decision, fact, now)
            return (aggregate._answered(decision, content, answer) if decision.key else aggregate), answer
        aggregate = self._became(fact, now)
        event = aggregate.event_log.events[-1]
        answer = Answer(accepted=True, message=event.summary, seq=event.seq)
        return aggregate._answered(decision, content, answer), answer

    def preview(self, kind: str, args: tuple[Any, ...], now: datetime) -> Preview:
        """The answer, and the stage and all else that the decision would lead to; nothing changes."""
        after, answer = self.take(kind, args, now)
        if not answer.accepted or answer.repeat:
            return Preview(answer, self.lead.stage, ())
        before = {item.effect.key for item in self.outbox}
        effects = (item.effect.summary() for item in after.outbox if item.effect.key not in before)
        fallen = (f"Not any more: {i.effect.summary()}" for i in after.suspended if i.effect.key in before)
        taken = after.event_log.events[-1].fact
        return Preview(
            answer,
            after.lead.stage,
            (*effects, *fallen),
            moved_dates(self.lead, after.lead),
            attention(after.lead, after.lead.today(now)),
            compensation.correction_impact(self.event_log, taken.seq, taken.compensate)
            if isinstance(taken, Corrected)
            else None,
        )

    def _receipt(self, key: str) -> Receipt | None:
        return next((receipt for receipt in self.receipts if receipt.key == key), None)

    def _double_click(self, content: str, now: datetime) -> Receipt | None:
        """The answer to the newest decision, if that is this one, just before: the same content is the same click."""
        newest = self.receipts[-1] if self.receipts else None
        last = next(event for event in reversed(self.event_log.events) if isinstance(event.fact, Decision))
        same = newest and newest.content == content and newest.answer.seq == last.seq
        return newest if same and now - last.at < DOUBLE_CLICK else None

    def _again(self, first: Answer) -> Answer:
        """The first answer to what came again."""
        event = self.event_log.find(first.seq) if first.seq and not first.message else None
        return first.replaced(repeat=True, message=event.summary if event else first.message)

    def _too_much(self, decision: Decision) -> Refused | None:
        """Why a lead that people wrote too much into does not take so long a text, or None: it must be handed on whole."""
        left = max(MAX_EVENT_BYTES - self.stored_bytes, 0)
        if len(decision.model_dump_json().encode()) <= left // MAX_SHARE:
            return None
        return refuse(
            f"The lead has become so long that its record has room for {left // 1000} kB only",
            "Write it shorter, and put long texts into its folder"
            if left > MAX_EVENT_BYTES // 100
            else Suggestion(kind=SuggestionKind.START, text="Start a new lead"),
        )

    def _repeated(self, decision: Decision, first: Answer, now: datetime) -> Self:
        """A repeat of what was taken is recorded, once: whoever sent it as a signal hears nothing else."""
        again = refuse(f"It came again and was already taken as {first.seq}", "Nothing was done twice")
        if not first.accepted or any(refusal.reason == again.reason for refusal in self.refusals):
            return self
        return self.refused(decision.kind, again, now, by=decision.by, source=decision.source)

    def _no(self, decision: Decision, refusal: Refused, now: datetime) -> tuple[Self, Answer]:
        aggregate = self.refused(decision.kind, refusal, now, by=decision.by, source=decision.source)
        return aggregate, aggregate.refusals[-1].answer()

    def refused(
        self, kind: str, why: Refused, now: datetime, *, by: str = "someone", source: str = "signal"
    ) -> Self:
        """With one more refusal on record, and nothing else changed."""
        refusal = Refusal(
            at=now,
            kind=one_line(kind),
            by=one_line(by),
            source=one_line(source),
            reason=one_line(why.reason, 500),
            suggestions=tuple(
                each.replaced(text=one_line(each.text, 500) if each.text else "") for each in why.suggestions
            ),
        )
        return self.replaced(
            refusals=(*self.refusals, refusal)[-REFUSALS:], refused_total=self.refused_total + 1
        )

    def _answered(self, decision: Decision, content: str, answer: Answer) -> Self:
        kept = answer.replaced(message="") if answer.accepted else answer  # the event has them
        receipt = Receipt(key=decision.key, content=content, answer=kept)
        return self.replaced(receipts=(*self.receipts, receipt)[-RECEIPTS:])

    # ---- what people moved on GitHub

    def revert_edits(self, args: tuple[Any, ...], now: datetime) -> tuple[Self, tuple[str, ...]]:
        """What was judged and can't stand is to be undone outside; with the keys of the effects that do it. Total."""
        try:
            asked = RevertEdits.model_validate(*args[:1] or ({},))
        except ValidationError as error:
            return self.refused("revert_edits", refuse(complaints(error)), now), ()
        aggregate = self
        for no in asked.declined:
            known = {(refusal.kind, refusal.by, refusal.source) for refusal in aggregate.refusals}
            if (one_line(no.kind), one_line(no.by), one_line(no.source)) not in known:
                aggregate = aggregate.refused(
                    no.kind,
                    Refused(reason=no.reason, suggestions=no.suggestions),
                    now,
                    by=no.by,
                    source=no.source,
                )
        effects = revert_effects(aggregate.lead, asked.edits)
        queued = {item.effect.key for item in aggregate.outbox}
        new = tuple(Outstanding(effect=effect) for effect in effects if effect.key not in queued)
        outbox = (*aggregate.outbox, *new)
        return aggregate.replaced(outbox=outbox), tuple(effect.key for effect in effects)

    # ---- who is behind the roles

    def set_team(self, args: tuple[Any, ...], now: datetime) -> Self:
        """What a worker knows of them. What is known already is no news, nor what was read before that. Total.

        A role for which it names no address keeps the one that it has.
        """
        try:
            told = People.model_validate(args[0] if args else {})
        except ValidationError as error:
            return self.refused("set_team", refuse(complaints(error)), now)
        lead, since = self.lead, told.since or now
        known = lead.policy.addresses | {role: named for role, named in told.addresses.items() if named}
        told = told.replaced(addresses=known)
        roles = tuple(role for role in sorted(TEAMS) if _behind(told, role) != _behind(lead.policy, role))
        if not roles or (lead.team_since and since < lead.team_since):
            return self
        fact = TeamChanged(people=told.people, addresses=known, since=since, roles=roles)
        return self._became(fact, now)._mended(roles)

    def _mended(self, roles: Collection[Role]) -> Self:
        """With mails to these roles tried again that had failed for good: their addresses may have been why."""
        aggregate = self
        for item in self.parked:
            if isinstance(item.effect, SendMail) and set(roles) & {*item.effect.to}:
                aggregate = aggregate.retry(item.effect.key)
        return aggregate

    # ---- other leads

    def flag_duplicates(self, args: tuple[Any, ...], now: datetime) -> Self:
        """Held for a person, where it looks like other leads and nobody has judged that yet. Total.

        Told again, nothing changes.
        """
        try:
            found = DuplicateCandidates.model_validate(*args[:1] or ({},))
        except ValidationError as error:
            return self.refused("flag_duplicates", refuse(complaints(error)), now)
        new = unknown(self.event_log, found.originals)
        return self._became(DuplicatesFlagged(originals=new), now) if new else self

    def told(self, args: tuple[Any, ...], now: datetime) -> tuple[Self, DuplicateLink | Refused]:
        """Another lead says what it is to this one, and hears what this one is called. Total.

        Told again, nothing changes.
        """
        try:
            told = RelationNotice.model_validate(*args[:1] or ({},))
        except ValidationError as error:
            wrong = refuse(complaints(error))
            return self.refused("receive_relation_notice", wrong, now), wrong
        other, lead = told.me.lead, self.lead
        answer = DuplicateLink(lead=lead.id, heading=lead.heading, url=lead.issue.url if lead.issue else "")
        if told.seq <= self.heard.get(other, 0):
            return self, answer
        if no := _unheard(lead, told):
            known = any((refusal.by, refusal.reason) == (other, no.reason) for refusal in self.refusals)
            return self if known else self.refused("merged", no, now, by=other, source="lead"), no
        aggregate = self.replaced(heard=self.heard | {other: told.seq})
        fact = as_fact(self.event_log, told)
        return (aggregate._became(fact, now) if fact else aggregate), answer

    # ---- the calendar

    def next_due(self) -> datetime | None:
        """When the calendar moves next."""
        return next((item.when for item in due(self.lead)), None)

    def next_look(self, now: datetime) -> datetime | None:
        """When the lead is to be looked at again: the calendar moves, or other things begin to need attention."""
        lead, edits = self.lead, self.next_due()
        day = next_look(lead, lead.today(now))
        looks = start_of(day, lead.zone) if day else None
        return min((when for when in (edits, looks) if when), default=None)

    def next_summary(self, when: datetime) -> str:
        """What happens then, if nothing else happens before."""
        edits = (item.fact.kind for item in due(self.lead) if item.when == when)
        return f"Until then: {next(edits, 'something else may need attention').replace('_', ' ')}"

    def tick(self, now: datetime) -> Self:
        """With all that has become due by now, in order."""
        aggregate = self
        while (items := due(aggregate.lead)) and items[0].when <= now:
            fact = decide(aggregate.event_log, items[0].fact, now)
            if isinstance(fact, Refused):  # can't be: what is due may happen
                break
            aggregate = aggregate._became(fact, now)
        return aggregate

    # ---- effects

    def startable(self, busy: Collection[str]) -> tuple[Effect, ...]:
        """Effects that can start now: the first ready one of each lane that is not busy."""
        return outbox.startable(self.outbox, self.lead, busy)

    def request(self, effect: Effect, now: datetime) -> EffectRequest:
        """What the activity of an effect that starts now is given."""
        corrected_decisions: tuple[CorrectedDecision, ...] = ()
        noticed: tuple[str, ...] = ()
        match effect:
            case SendCorrection(seq=seq):
                corrected_decisions = (compensation.corrected_decision(self.event_log, seq, notified=True),)
            case PostCorrection(seq=seq):
                corrected_decisions = (compensation.corrected_decision(self.event_log, seq),)
            case _ if effect.shows_corrections:
                corrected_decisions = compensation.corrected_decisions(self.event_log)
                noticed = attention(self.lead, self.lead.today(now))
        events = self.unrecorded() if isinstance(effect, RecordEvents) else ()
        lead = self._as_billed(effect.number) if isinstance(effect, PrepareInvoice) else self.lead
        brief = lead.brief(effect.invoice_number)
        return EffectRequest(
            effect=effect,
            lead=brief,
            events=events,
            corrected_decisions=corrected_decisions,
            attention=noticed,
        )

    def _as_billed(self, number: int) -> Lead:
        """The lead as it was when the invoice was prepared, so that made again it says the same; where it is now."""
        first = prepared(self.event_log, number)
        if first is None:
            return self.lead
        then = fold(self.event_log.events[: first.seq - 1], self.lead.id)
        return then.replaced(folder=self.lead.folder)

    def done(self, effect: Effect, outcome: Outcome, now: datetime) -> Self:
        """The effect is done; what it reports becomes true."""
        done = Finished(key=effect.key, summary=effect.summary(), at=now)
        aggregate = self.replaced(
            outbox=outbox.without(self.outbox, effect.key),
            suspended=outbox.without(self.suspended, effect.key),
            finished=(*self.finished, done)[-FINISHED:],
        )
        if outcome.recorded is not None:
            aggregate = aggregate.replaced(in_ledger=max(aggregate.in_ledger, outcome.recorded))
        return aggregate._became(outcome.observation, now) if outcome.observation else aggregate

    def park(self, effect: Effect, reason: str, now: datetime) -> Self:
        """The effect failed for good: it waits for a person, and nothing else waits for it."""
        parked = Outstanding(effect=effect, status="parked", reason=reason, since=now)
        pending = tuple(parked if item.effect.key == effect.key else item for item in self.outbox)
        return self.replaced(outbox=pending)

    def retry(self, key: str | None = None) -> Self:
        """Parked effects (all, or the one with this key) are to be tried again."""
        return self.replaced(outbox=outbox.retried(self.outbox, key))

    def check_drift(self, check: DriftCheck) -> Self:
        """What it has outside is to be looked at."""
        return self.replaced(outbox=outbox.looked(self.outbox, check, self.lead))

    def is_off(self, effect: Effect) -> bool:
        """Whether this, which was begun, is not to be done any more: its decision was corrected, or nobody needs it."""
        return effect.suspended_with_cause and all(item.effect.key != effect.key for item in self.outbox)

    @property
    def parked(self) -> tuple[Outstanding, ...]:
        return outbox.parked(self.outbox)

    def unrecorded(self) -> tuple[Event, ...]:
        """Events that the ledger has not confirmed yet."""
        return tuple(event for event in self.event_log.events if event.seq > self.in_ledger)

    def corrected(self) -> frozenset[int]:
        return superseded(self.event_log.events)

    def _became(self, fact: Fact, now: datetime) -> Self:
        """The fact is true: one more event, and its effects in the outbox."""
        event_log = evolve(self.event_log, fact, now)
        effects = plan(Change(self.event_log, event_log))
        pending, suspended = self.outbox, self.suspended
        if fact.supersedes is not None:
            pending, suspended = outbox.sorted_out(pending, suspended, superseded(event_log.events))
        stored_bytes = self.stored_bytes + _stored_bytes(event_log.events[-1:])
        return self.replaced(
            event_log=event_log,
            outbox=outbox.planned(pending, effects, event_log.lead),
            suspended=suspended,
            stored_bytes=stored_bytes,
        )


def _unheard(lead: Lead, told: RelationNotice) -> Refused | None:
    """Why the lead does not take what it is told, or None."""
    if told.me.lead == lead.id:
        return refuse("A lead has nothing to tell itself")
    return unmergeable(lead, told.me.lead) if told.me.relation is Relation.MERGED else None


def _behind(named: People | Policy, role: Role) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return named.people.get(role, ()), named.addresses.get(role, ())


def _stored_bytes(events: Iterable[Event]) -> int:
    """Bytes that they take where they are stored."""
    return sum(len(event.model_dump_json().encode()) for event in events)
