"""What a lead's single writer keeps: its history, what is still to be done outside, and what was answered to whom.

All of it survives a restart and a new run of the workflow (`model_dump_json`). Each method is pure and gives a new record.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from pydantic import ValidationError

from process.calendar import start_of
from process.core import outbox
from process.core.event_log import Change, History
from process.core.events import Event, Fact, Refused
from process.core.fold import fold, superseded
from process.core.functions import begin, decide, due, evolve, plan
from process.core.outbox import Finished, Look, Outstanding
from process.core.receipts import Answer, Receipt, Refusal, content_of, one_line, said
from process.corrections import compensation as outward
from process.corrections.corrected_decision import Mistake, Undoing
from process.deadlines import moved_dates
from process.decisions import Decision, LeadOpened, complaints, parse
from process.decisions.correcting import Corrected
from process.duplicates.notices import Likenesses, LikenessFound, Told, as_fact, unknown, unmergeable
from process.effects.base import (
    Effect,
    Outcome,
    PrepareInvoice,
    RecordEvents,
    SayCorrection,
    SendCorrection,
    SendMail,
    Task,
    back,
)
from process.effects.observations import ChangesAdopted, PeopleChanged, prepared
from process.github.edits import PutBack
from process.lead.duplicate_links import Relation, Relative
from process.lead.lead import Lead
from process.policy import TEAMS, People, Policy
from process.types import Model, Role
from process.views.attention import attention, next_look

RECEIPTS = 500
REFUSALS = 100
FINISHED = 100
"""How many answers, refusals and finished effects a lead remembers; the workflow's history and the ledger have the rest."""

DOUBLE_CLICK = timedelta(minutes=10)

ROOM = 1_200_000
"""Bytes that events may take. Temporal hands at most 2 MiB to a new run, and the lead that they add up to goes along."""

SHARE = 20
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
    undoing: Undoing | None = None
    """Of a correction: what it undoes, and what becomes of that outside."""


class Record(Model):
    """Everything about one lead that must never be lost."""

    history: History
    outbox: tuple[Outstanding, ...] = ()
    aside: tuple[Outstanding, ...] = ()
    """What a corrected decision had asked for and was not done yet. Where it counts again, this is to be done again."""
    finished: tuple[Finished, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    refused_total: int = 0
    in_ledger: int = 0
    """Events up to this number are in the ledger."""
    heard: dict[str, int] = {}
    """Another lead -> the number of its event up to which it was heard."""
    weight: int
    """Size of its events, in bytes."""

    @classmethod
    def open(cls, lead_id: str, opened: LeadOpened, now: datetime) -> Self:
        history = begin(opened, lead_id, now)
        effects = plan(Change(history, history))
        outbox = tuple(Outstanding(effect=effect) for effect in effects)
        return cls.of(history).model_copy(update={"outbox": outbox})

    @classmethod
    def of(cls, history: History) -> Self:
        """Return a record of this history with nothing left to do outside."""
        return cls(history=history, weight=_weight(history.events))

    @property
    def lead(self) -> Lead:
        return self.history.lead

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
            record = self.refused(kind, str(decision), now, by=by, source=source)
            return record, Answer(accepted=False, words=record.refusals[-1].reason)
        return self.decided(decision, now)

    def decided(self, decision: Decision, now: datetime) -> tuple[Self, Answer]:
        content = content_of(decision)
        known = self._receipt(decision.key) if decision.key else self._double_click(content, now)
        if known and known.content == content:
            return self._repeated(decision, known.answer, now), self._again(known.answer)
        if known:
            return self._no(
                decision,
                f"The key {decision.key!r} already stands for another decision. Give each its own.",
                now,
            )
        fact = self._too_much(decision) or decide(self.history, decision, now)
        if isinstance(fact, Refused):
            record, answer = self._no(decision, str(fact), now)
            return (record._answered(decision, content, answer) if decision.key else record), answer
        record = self._became(fact, now)
        event = record.history.events[-1]
        answer = Answer(accepted=True, words=event.words, seq=event.seq)
        return record._answered(decision, content, answer), answer

    def preview(self, kind: str, args: tuple[Any, ...], now: datetime) -> Preview:
        """The answer, and the stage and all else that the decision would lead to; nothing changes."""
        after, answer = self.take(kind, args, now)
        if not answer.accepted or answer.repeat:
            return Preview(answer, self.lead.stage, ())
        before = {item.effect.key for item in self.outbox}
        effects = (item.effect.words() for item in after.outbox if item.effect.key not in before)
        fallen = (f"Not any more: {i.effect.words()}" for i in after.aside if i.effect.key in before)
        taken = after.history.events[-1].fact
        return Preview(
            answer,
            after.lead.stage,
            (*effects, *fallen),
            moved_dates(self.lead, after.lead),
            attention(after.lead, after.lead.today(now)),
            outward.undoing(self.history, taken.seq, taken.compensate)
            if isinstance(taken, Corrected)
            else None,
        )

    def _receipt(self, key: str) -> Receipt | None:
        return next((receipt for receipt in self.receipts if receipt.key == key), None)

    def _double_click(self, content: str, now: datetime) -> Receipt | None:
        """The answer to the newest decision, if that is this one, just before: the same content is the same click."""
        newest = self.receipts[-1] if self.receipts else None
        last = next(event for event in reversed(self.history.events) if isinstance(event.fact, Decision))
        same = newest and newest.content == content and newest.answer.seq == last.seq
        return newest if same and now - last.at < DOUBLE_CLICK else None

    def _again(self, first: Answer) -> Answer:
        """The first answer to what came again."""
        event = self.history.find(first.seq) if first.seq and not first.words else None
        return first.model_copy(update={"repeat": True, "words": event.words if event else first.words})

    def _too_much(self, decision: Decision) -> Refused | None:
        """Why a lead that people wrote too much into does not take so long a text, or None: it must be handed on whole."""
        left = max(ROOM - self.weight, 0)
        if len(decision.model_dump_json().encode()) <= left // SHARE:
            return None
        return Refused(
            reason=f"The lead has become so long that its record has room for {left // 1000} kB only",
            instead="Write it shorter, and put long texts into its folder"
            if left > ROOM // 100
            else "Start a new lead",
        )

    def _repeated(self, decision: Decision, first: Answer, now: datetime) -> Self:
        """A repeat of what was taken is recorded, once: whoever sent it as a signal hears nothing else."""
        reason = f"It came again and was already taken as {first.seq}. Nothing was done twice."
        if not first.accepted or any(refusal.reason == reason for refusal in self.refusals):
            return self
        return self.refused(decision.kind, reason, now, by=decision.by, source=decision.source)

    def _no(self, decision: Decision, reason: str, now: datetime) -> tuple[Self, Answer]:
        record = self.refused(decision.kind, reason, now, by=decision.by, source=decision.source)
        return record, Answer(accepted=False, words=record.refusals[-1].reason)

    def refused(
        self, kind: str, reason: str, now: datetime, *, by: str = "someone", source: str = "signal"
    ) -> Self:
        """With one more refusal on record, and nothing else changed."""
        refusal = Refusal(
            at=now,
            kind=one_line(kind),
            by=one_line(by),
            source=one_line(source),
            reason=one_line(reason, 500),
        )
        return self.model_copy(
            update={
                "refusals": (*self.refusals, refusal)[-REFUSALS:],
                "refused_total": self.refused_total + 1,
            }
        )

    def _answered(self, decision: Decision, content: str, answer: Answer) -> Self:
        kept = answer.model_copy(update={"words": ""}) if answer.accepted else answer  # the event has them
        receipt = Receipt(key=decision.key, content=content, answer=kept)
        return self.model_copy(update={"receipts": (*self.receipts, receipt)[-RECEIPTS:]})

    # ---- what people moved on GitHub

    def put_back(self, args: tuple[Any, ...], now: datetime) -> tuple[Self, tuple[str, ...]]:
        """What was judged and can't stand is to be undone outside; with the keys of the effects that do it. Total."""
        try:
            asked = PutBack.model_validate(*args[:1] or ({},))
        except ValidationError as error:
            return self.refused("put_back", complaints(error), now), ()
        record = self
        for no in asked.declined:
            known = {(refusal.kind, refusal.by, refusal.source) for refusal in record.refusals}
            if (one_line(no.kind), one_line(no.by), one_line(no.source)) not in known:
                record = record.refused(no.kind, no.reason, now, by=no.by, source=no.source)
        effects = back(record.lead, asked.moves)
        queued = {item.effect.key for item in record.outbox}
        new = tuple(Outstanding(effect=effect) for effect in effects if effect.key not in queued)
        outbox = (*record.outbox, *new)
        return record.model_copy(update={"outbox": outbox}), tuple(effect.key for effect in effects)

    # ---- who is behind the roles

    def know_people(self, args: tuple[Any, ...], now: datetime) -> Self:
        """What a worker knows of them. What is known already is no news, nor what was read before that. Total.

        A role for which it names no address keeps the one that it has.
        """
        try:
            told = People.model_validate(args[0] if args else {})
        except ValidationError as error:
            return self.refused("know_people", complaints(error), now)
        lead, since = self.lead, told.since or now
        known = lead.policy.addresses | {role: named for role, named in told.addresses.items() if named}
        told = told.model_copy(update={"addresses": known})
        roles = tuple(role for role in sorted(TEAMS) if _behind(told, role) != _behind(lead.policy, role))
        if not roles or (lead.people_since and since < lead.people_since):
            return self
        fact = PeopleChanged(people=told.people, addresses=known, since=since, roles=roles)
        return self._became(fact, now)._mended(roles)

    def _mended(self, roles: Collection[Role]) -> Self:
        """With mails to these roles tried again that had failed for good: their addresses may have been why."""
        record = self
        for item in self.parked:
            if isinstance(item.effect, SendMail) and set(roles) & {*item.effect.to}:
                record = record.retry(item.effect.key)
        return record

    # ---- other leads

    def resembles(self, args: tuple[Any, ...], now: datetime) -> Self:
        """Held for a person, where it looks like other leads and nobody has judged that yet. Total.

        Told again, nothing changes.
        """
        try:
            found = Likenesses.model_validate(*args[:1] or ({},))
        except ValidationError as error:
            return self.refused("resembles", complaints(error), now)
        new = unknown(self.history, found.originals)
        return self._became(LikenessFound(originals=new), now) if new else self

    def told(self, args: tuple[Any, ...], now: datetime) -> tuple[Self, Relative | Refused]:
        """Another lead says what it is to this one, and hears what this one is called. Total.

        Told again, nothing changes.
        """
        try:
            told = Told.model_validate(*args[:1] or ({},))
        except ValidationError as error:
            wrong = Refused(reason=complaints(error))
            return self.refused("told", str(wrong), now), wrong
        other, lead = told.me.lead, self.lead
        answer = Relative(lead=lead.id, heading=lead.heading, url=lead.issue.url if lead.issue else "")
        if told.seq <= self.heard.get(other, 0):
            return self, answer
        if no := _unheard(lead, told):
            known = any((refusal.by, refusal.reason) == (other, str(no)) for refusal in self.refusals)
            return self if known else self.refused("merged", str(no), now, by=other, source="lead"), no
        record = self.model_copy(update={"heard": self.heard | {other: told.seq}})
        fact = as_fact(self.history, told)
        return (record._became(fact, now) if fact else record), answer

    # ---- the calendar

    def next_due(self) -> datetime | None:
        """When the calendar moves next."""
        return next((item.when for item in due(self.lead)), None)

    def next_look(self, now: datetime) -> datetime | None:
        """When the lead is to be looked at again: the calendar moves, or other things begin to need attention."""
        lead, moves = self.lead, self.next_due()
        day = next_look(lead, lead.today(now))
        looks = start_of(day, lead.zone) if day else None
        return min((when for when in (moves, looks) if when), default=None)

    def next_words(self, when: datetime) -> str:
        """What happens then, if nothing else happens before."""
        moves = (item.fact.kind for item in due(self.lead) if item.when == when)
        return f"Until then: {next(moves, 'something else may need attention').replace('_', ' ')}"

    def tick(self, now: datetime) -> Self:
        """With all that has become due by now, in order."""
        record = self
        while (items := due(record.lead)) and items[0].when <= now:
            fact = decide(record.history, items[0].fact, now)
            if isinstance(fact, Refused):  # can't be: what is due may happen
                break
            record = record._became(fact, now)
        return record

    # ---- effects

    def startable(self, busy: Collection[str]) -> tuple[Effect, ...]:
        """Effects that can start now: the first ready one of each lane that is not busy."""
        return outbox.startable(self.outbox, self.lead, busy)

    def task(self, effect: Effect, now: datetime) -> Task:
        """What the activity of an effect that starts now is given."""
        mistakes: tuple[Mistake, ...] = ()
        noticed: tuple[str, ...] = ()
        match effect:
            case SendCorrection(seq=seq):
                mistakes = (outward.mistake(self.history, seq, told=True),)
            case SayCorrection(seq=seq):
                mistakes = (outward.mistake(self.history, seq),)
            case _ if effect.shows_mistakes:
                mistakes = outward.mistakes(self.history)
                noticed = attention(self.lead, self.lead.today(now))
        events = self.unrecorded() if isinstance(effect, RecordEvents) else ()
        lead = self._as_billed(effect.number) if isinstance(effect, PrepareInvoice) else self.lead
        brief = lead.brief(effect.about)
        return Task(effect=effect, lead=brief, events=events, mistakes=mistakes, attention=noticed)

    def _as_billed(self, number: int) -> Lead:
        """The lead as it was when the invoice was prepared, so that made again it says the same; where it is now."""
        first = prepared(self.history, number)
        if first is None:
            return self.lead
        then = fold(self.history.events[: first.seq - 1], self.lead.id)
        return then.model_copy(update={"folder": self.lead.folder})

    def done(self, effect: Effect, outcome: Outcome, now: datetime) -> Self:
        """The effect is done; what it reports becomes true."""
        done = Finished(key=effect.key, words=effect.words(), at=now)
        record = self.model_copy(
            update={
                "outbox": outbox.without(self.outbox, effect.key),
                "aside": outbox.without(self.aside, effect.key),
                "finished": (*self.finished, done)[-FINISHED:],
            }
        )
        if outcome.recorded is not None:
            record = record.model_copy(update={"in_ledger": max(record.in_ledger, outcome.recorded)})
        return record._became(outcome.report, now) if outcome.report else record

    def park(self, effect: Effect, reason: str, now: datetime) -> Self:
        """The effect failed for good: it waits for a person, and nothing else waits for it."""
        parked = Outstanding(effect=effect, status="parked", reason=reason, since=now)
        queue = tuple(parked if item.effect.key == effect.key else item for item in self.outbox)
        return self.model_copy(update={"outbox": queue})

    def retry(self, key: str | None = None) -> Self:
        """Parked effects (all, or the one with this key) are to be tried again."""
        return self.model_copy(update={"outbox": outbox.retried(self.outbox, key)})

    def look_outside(self, look: Look) -> Self:
        """What it has outside is to be looked at."""
        return self.model_copy(update={"outbox": outbox.looked(self.outbox, look, self.lead)})

    def is_off(self, effect: Effect) -> bool:
        """Whether this, which was begun, is not to be done any more: its decision was corrected, or nobody needs it."""
        return effect.falls_with_its_cause and all(item.effect.key != effect.key for item in self.outbox)

    @property
    def parked(self) -> tuple[Outstanding, ...]:
        return outbox.parked(self.outbox)

    def unrecorded(self) -> tuple[Event, ...]:
        """Events that the ledger has not confirmed yet."""
        return tuple(event for event in self.history.events if event.seq > self.in_ledger)

    def corrected(self) -> frozenset[int]:
        return superseded(self.history.events)

    def _became(self, fact: Fact, now: datetime) -> Self:
        """The fact is true: one more event, and its effects in the outbox."""
        history = evolve(self.history, fact, now)
        effects = plan(Change(self.history, history))
        queue, aside = self.outbox, self.aside
        if fact.supersedes is not None:
            queue, aside = outbox.sorted_out(queue, aside, superseded(history.events))
        weight = self.weight + _weight(history.events[-1:])
        return self.model_copy(
            update={
                "history": history,
                "outbox": outbox.planned(queue, effects, history.lead),
                "aside": aside,
                "weight": weight,
            }
        )


def _unheard(lead: Lead, told: Told) -> Refused | None:
    """Why the lead does not take what it is told, or None."""
    if told.me.lead == lead.id:
        return Refused(reason="A lead has nothing to tell itself")
    return unmergeable(lead, told.me.lead) if told.me.relation is Relation.MERGED else None


def _behind(named: People | Policy, role: Role) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return named.people.get(role, ()), named.addresses.get(role, ())


def _weight(events: Iterable[Event]) -> int:
    """Bytes that they take where they are stored."""
    return sum(len(event.model_dump_json().encode()) for event in events)
