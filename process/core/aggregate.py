"""Everything that one lead's single writer keeps: event log, outbox, receipts and refusals.

All of it survives a restart and a new run of the workflow (`model_dump_json`). Each method is pure and returns a new
aggregate. Messages change it through `intake` (decisions), `inbox` (other messages) and `due` (deadlines).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from process.core import outbox
from process.core.answer_room import (
    MAX_ANSWER_BYTES,
    answer_bytes,
    by_strangers,
    stored_bytes,
    with_newest_answers,
)
from process.core.answers import Refusal
from process.core.events import Change, Event, EventLog, Fact
from process.core.evolve import begin, evolve
from process.core.fold import without_effects
from process.core.outbox import DriftCheck, Finished, FinishedEffects, Outbox, Outstanding
from process.core.plan import plan
from process.core.receipts import Receipts
from process.core.trail import Trail
from process.decisions.opening import LeadOpened
from process.effects import Effect, RecordEvents
from process.effects.observations import ChangesAdopted
from process.effects.requests import Outcome
from process.identity import Digests
from process.lead.lead import Lead
from process.personal import Impersonal
from process.types import Code, Id, Model

REFUSALS = 100
FINISHED = 100
"""Number of newest refusals and finished effects that a lead keeps at least. Temporal's history and the ledger have the
rest."""


class LeadAggregate(Model):
    """Everything about one lead that must never be lost."""

    event_log: EventLog
    outbox: Outbox = ()
    """Effects that are still to be performed, in order."""
    suspended: Outbox = ()
    """Effects whose decision is corrected. If it counts again, they return to the outbox."""
    finished: FinishedEffects = FinishedEffects()
    receipts: Receipts = Receipts()
    refusals: tuple[Refusal, ...] = ()
    refused_total: int = 0
    in_ledger: int = 0
    """Number of the newest event that the ledger has confirmed."""
    team: Id = ""
    """Checksum of the newest team that it has taken over; empty if it knows only those that it was opened with."""
    last_seen: dict[Id, int] = {}
    """Newest event number that each other lead has sent a notice with, by that lead's id."""
    tried: tuple[Code, ...] = ()
    """Kinds of searched effects that were tried, so that what they create may be there."""
    keys: tuple[Id, ...] | None = None
    """The service's public keys, as the workers said last (`process.envelope`): empty if they have none, None as long as
    the lead has not heard from them."""
    digests: Digests | None = None
    """The digests by which the lead is found in visibility, as the workers said last."""
    event_bytes: int
    """Size of the events as JSON, in bytes, without those of strangers."""
    answer_bytes: int = 0
    """Size of the events that strangers caused, who answered the questionnaire."""
    trail: Annotated[Trail, Impersonal("leads that are never stored")] = Field(default=Trail(), exclude=True)
    """The leads after the events that the ledger has not confirmed, as far as they are in memory."""

    @classmethod
    def open(cls, lead_id: str, opened: LeadOpened, now: datetime) -> Self:
        """Return the aggregate of a lead that starts now."""
        event_log = begin(opened, lead_id, now)
        effects = plan(Change(event_log, event_log))
        return cls.of(event_log).replaced(outbox=tuple(Outstanding(effect=effect) for effect in effects))

    @classmethod
    def of(cls, event_log: EventLog) -> Self:
        """Return an aggregate of this event log with an empty outbox."""
        trail = Trail((event_log.lead,)) if len(event_log.events) == 1 else Trail()
        theirs = answer_bytes(event_log)
        weight = {"event_bytes": stored_bytes(event_log.events) - theirs, "answer_bytes": theirs}
        return cls(event_log=event_log.packed(), trail=trail, **weight)._with_newest_answers()

    @property
    def lead(self) -> Lead:
        """The lead as its events make it."""
        return self.event_log.lead

    @property
    def parked(self) -> Outbox:
        """Effects that failed for good and wait for a retry."""
        return outbox.parked(self.outbox)

    def record(self, fact: Fact, now: datetime) -> Self:
        """Record a fact that has become true, and plan its effects."""
        event_log = evolve(self.event_log, fact, now)
        effects = plan(Change(self.event_log, event_log))
        pending, suspended = self.outbox, self.suspended
        if fact.supersedes is not None:
            pending, suspended = outbox.partitioned(
                pending, suspended, without_effects(event_log.corrections)
            )
        return self.replaced(
            event_log=event_log.packed(),
            outbox=outbox.planned(pending, effects, event_log.lead),
            suspended=suspended,
            trail=self.trail.plus(event_log.lead),
            **self._weight(event_log.events[-1]),
        )._with_newest_answers()

    def _weight(self, event: Event) -> dict[str, int]:
        """Return the sizes with one more event."""
        size = stored_bytes((event,))
        if by_strangers(event):
            return {"answer_bytes": self.answer_bytes + size}
        return {"event_bytes": self.event_bytes + size}

    def _with_newest_answers(self) -> Self:
        if self.answer_bytes <= MAX_ANSWER_BYTES:
            return self
        event_log = with_newest_answers(self.event_log)
        return self.replaced(event_log=event_log, answer_bytes=answer_bytes(event_log))

    def refuse(self, refusal: Refusal) -> Self:
        """Record a refusal. Nothing else changes."""
        return self.replaced(
            refusals=(*self.refusals, refusal)[-REFUSALS:], refused_total=self.refused_total + 1
        )

    def with_newest_refusal_answered(self) -> Self:
        """Note that the sender of the newest refused message was told."""
        *others, newest = self.refusals
        return self.replaced(refusals=(*others, newest.replaced(for_team=False)))

    def adopt(self, changes: tuple[str, ...], now: datetime) -> Self:
        """Adopt these changes of the process, unless the lead follows all of them already. None is ever given up."""
        if set(changes) <= set(self.lead.changes):
            return self
        return self.record(ChangesAdopted(changes=tuple(dict.fromkeys((*self.lead.changes, *changes)))), now)

    def startable(self, busy: Collection[str]) -> tuple[Effect, ...]:
        """Return the effects that can start together now: those of each queue that is not busy."""
        return outbox.startable(self.outbox, self.lead, busy)

    def done(self, effect: Effect, outcome: Outcome, now: datetime) -> Self:
        """Take the effect off the outbox and record its observation."""
        finished = Finished(key=effect.key, summary=effect.summary(), at=now)
        aggregate = self.replaced(
            outbox=outbox.without(self.outbox, effect.key),
            suspended=outbox.without(self.suspended, effect.key),
            finished=self.finished.plus(finished).packed(at_most=FINISHED),
        )
        return aggregate.record(outcome.observation, now) if outcome.observation else aggregate

    def trying(self, effects: Iterable[Effect]) -> Self:
        """Note that attempts at these effects begin."""
        effects = tuple(effects)
        kinds = [effect.kind for effect in effects if effect.is_searched and effect.kind not in self.tried]
        pending = outbox.tried(self.outbox, {effect.key for effect in effects})
        if not kinds and pending is self.outbox:
            return self
        return self.replaced(tried=(*self.tried, *kinds), outbox=pending)

    def postpone(self, effect: Effect, reason: str, until: datetime) -> Self:
        """Note why an effect is tried again only then: the outside named the time."""
        return self.replaced(outbox=outbox.postponed(self.outbox, effect.key, reason, until))

    def park(self, effect: Effect, reason: str, now: datetime) -> Self:
        """Park an effect that failed for good, until it is retried. Other queues go on."""
        parked = Outstanding(effect=effect, status="parked", reason=reason, since=now)
        pending = tuple(parked if item.effect.key == effect.key else item for item in self.outbox)
        return self.replaced(outbox=pending)

    def retry(self, key: str | None = None) -> Self:
        """Let parked effects start again: all of them, or the one with this key."""
        return self.replaced(outbox=outbox.retried(self.outbox, key))

    def recorded(self, seq: int, after: int = 0) -> Self:
        """Note that the ledger has the events up to this number, in answer to those after the number `after`.

        If it has fewer than it was believed to have, it is another ledger or lost some: they are written again.
        """
        in_ledger = seq if seq < after else max(self.in_ledger, seq)
        return self.replaced(in_ledger=in_ledger, trail=self.trail.after(in_ledger))

    @property
    def unrecorded(self) -> bool:
        """True if the ledger has not confirmed all events."""
        return self.in_ledger < self.lead.last_seq

    def record_later(self) -> Self:
        """Let an effect write the events to the ledger, because it was away when they became true."""
        seq = self.lead.last_seq
        effect = RecordEvents(key=f"{self.lead.id}/{seq}/record_events", cause=seq)
        return self.replaced(outbox=outbox.planned(self.outbox, (effect,), self.lead))

    def check_drift(self, check: DriftCheck) -> Self:
        """Queue the requested drift checks."""
        return self.replaced(outbox=outbox.checking(self.outbox, check, self.lead))
