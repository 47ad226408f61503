"""Effects that are performed together, and what their results change."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from process.core import outbox
from process.core.aggregate import LeadAggregate
from process.core.events import Event
from process.core.fold import apply
from process.effects import Effect
from process.effects.requests import Batch, BatchItem, BatchResult, BatchResults, Failure


class BatchRun:
    """One run through a batch: which effects are performed, one after the other, and with what lead.

    An effect that failed for now holds up those after it in its queue. They stay in the outbox.
    """

    def __init__(self, batch: Batch) -> None:
        self.lead = batch.lead
        """The lead as the effects before have made it."""
        self._items = batch.items
        self._results: tuple[BatchResult, ...] = ()
        self._held_up: frozenset[str] = frozenset()

    def __iter__(self) -> Iterator[BatchItem]:
        """Yield each effect that can be performed, after the result of the one before was taken."""
        for item in self._items:
            effect = item.effect
            possible = effect.queue not in self._held_up and effect.ready(self.lead)
            if possible and not effect.is_obsolete(self.lead):
                yield item

    def take(self, effect: Effect, result: BatchResult, now: datetime) -> None:
        """Take the result of an effect."""
        self._results = (*self._results, result)
        if result.failure and not result.failure.for_good:
            self._held_up |= {effect.queue}
        if result.outcome and (fact := result.outcome.observation):
            self.lead = apply(self.lead, Event(seq=self.lead.last_seq + 1, at=now, fact=fact))

    def results(self) -> BatchResults:
        """Return all results, in the order of the effects."""
        return BatchResults(results=self._results)


class Again(NamedTuple):
    """An effect of a batch that failed for now."""

    effect: Effect
    failure: Failure


def take_results(
    aggregate: LeadAggregate,
    effects: Sequence[Effect],
    results: Collection[BatchResult],
    now: datetime,
    *,
    busy: Collection[str] = (),
) -> tuple[LeadAggregate, tuple[Again, ...]]:
    """Record what a batch brought back, and return the effects that failed for now as well.

    An effect without a result stays in the outbox. One that brings the outside to the present has also shown what the
    effects before it brought back, so that no second one is needed for that. `busy` are the queues of other effects under
    way.
    """
    found = {result.key: result for result in results}
    outdated = {kind for kind in _coalescing(effects) if _is_newer_planned(aggregate, effects, kind)}
    again = []
    for effect in effects:
        result = found.get(effect.key)
        if result is None:
            continue
        if failure := result.failure:
            if failure.for_good:
                aggregate = aggregate.park(effect, failure.reason, now)
            else:
                again.append(Again(effect, failure))
                if failure.delay:
                    until = now + timedelta(seconds=failure.delay)
                    aggregate = aggregate.postpone(effect, failure.reason, until)
        elif outcome := result.outcome:
            aggregate = aggregate.done(effect, outcome, now)
            if (
                effect.coalesces
                and effect.kind not in outdated
                and not _shows_more(aggregate, effects, effect, busy)
            ):
                waiting = outbox.without_kind(aggregate.outbox, effect.kind)
                if len(waiting) < len(aggregate.outbox):
                    aggregate = aggregate.replaced(outbox=waiting)
    return aggregate, tuple(again)


def _shows_more(
    aggregate: LeadAggregate, effects: Collection[Effect], effect: Effect, busy: Collection[str]
) -> bool:
    """Return True if the effect is needed again anyway: it starts together with others whose results it shows."""
    known = {each.key for each in effects}
    following = outbox.startable(aggregate.outbox, aggregate.lead, busy)
    return effect.comes_last and any(each.is_shown and each.key not in known for each in following)


def _coalescing(effects: Collection[Effect]) -> Iterator[str]:
    return (effect.kind for effect in effects if effect.coalesces)


def _is_newer_planned(aggregate: LeadAggregate, effects: Collection[Effect], kind: str) -> bool:
    """Return True if an effect of this kind was planned after the batch had started."""
    keys = {effect.key for effect in effects}
    return any(item.effect.kind == kind and item.effect.key not in keys for item in aggregate.outbox)
