"""Rebuilds a lead from what the history of its workflow holds, for a lead that the worker's code can't replay.

A history has everything that came in: the start, the messages, and the results of effects, task by task. Fed to the
process in their order they make the lead again, whatever commands the workflow issued meanwhile. Where the ledger has
the event that a step led to, the step is done at that event's time, so that numbers, times and keys of effects stay.

The ledger's events count where the two differ, because people have seen them: from there on, its events are taken as
they are, and the messages of these tasks are not taken again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from process.core import inbox, intake
from process.core.aggregate import LeadAggregate
from process.core.batches import take_results
from process.core.due import pass_deadlines
from process.core.events import Event
from process.core.receipts import with_recorded
from process.decisions.registry import DECISIONS
from process.effects import Effect
from process.effects.requests import BatchResult
from process.identity import Digests
from process.privacy.message import erase_person

Step = Callable[[LeadAggregate, datetime], LeadAggregate]


class Results(NamedTuple):
    """The results of effects that were performed together, or of one."""

    effects: tuple[Effect, ...]
    results: tuple[BatchResult, ...]


class SentMessage(NamedTuple):
    """A signal or an update that the lead was sent."""

    name: str
    args: tuple[Any, ...]
    source: str
    """`signal` or `update`."""
    at: datetime
    """Time at which it was sent (UTC)."""


class Task(NamedTuple):
    """The messages and results that one task of the workflow took in."""

    at: datetime
    """The lead's time in this task (UTC)."""
    results: tuple[Results, ...] = ()
    messages: tuple[SentMessage, ...] = ()


class Journal(NamedTuple):
    """Everything that one run of the workflow took in."""

    tasks: Sequence[Task]
    """The completed tasks, in order."""
    waiting: Sequence[Task]
    """The messages that came after them, one by one, each at the time at which it came."""
    recorded: int
    """Number of the newest event that a completed task has written to the ledger."""
    keys: tuple[str, ...] | None = None
    """The service's public keys that its workers have told, by which envelopes are verified; None if they told nothing."""
    digests: Digests | None = None
    """The digests of the lead for search attributes, as its workers told them last."""


class RebuiltLead(NamedTuple):
    """A lead that was rebuilt."""

    aggregate: LeadAggregate
    differs_at: int | None
    """Number of the first event that the process would have recorded otherwise than the ledger has it, or None."""
    taken: tuple[SentMessage, ...]
    """Decisions that had waited and are accepted now."""
    refused: tuple[SentMessage, ...]
    """Decisions that had waited and are refused now."""


def rebuild(start: LeadAggregate, journal: Journal, ledger: Mapping[int, Event]) -> RebuiltLead:
    """Return the lead after everything that its history holds. `ledger`: the lead's events there, by number."""
    recorded = {seq: event for seq, event in ledger.items() if seq <= journal.recorded}
    keys = start.keys if journal.keys is None else journal.keys
    replay = _Replay(start.replaced(keys=keys, digests=journal.digests or start.digests), recorded)
    for task in journal.tasks:
        replay.take(task)
    replay.catch_up()
    aggregate = replay.aggregate
    taken, refused = list[SentMessage](), list[SentMessage]()
    for task in journal.waiting:
        for message in task.messages:
            before = aggregate
            aggregate = receive(aggregate, message, task.at)
            if message.name in DECISIONS:
                (taken if aggregate.lead.last_seq > before.lead.last_seq else refused).append(message)
        for results in task.results:
            aggregate = take_results(aggregate, results.effects, results.results, task.at)[0]
        aggregate = pass_deadlines(aggregate, task.at)
    return RebuiltLead(aggregate, replay.differs_at, tuple(taken), tuple(refused))


def receive(aggregate: LeadAggregate, message: SentMessage, now: datetime) -> LeadAggregate:
    """Return the lead after a message of any name, as its workflow takes it. Never raises."""
    args = message.args
    match message.name:
        case "retry":
            return aggregate.retry(str(args[0]) if args and args[0] is not None else None)
        case "check_drift":
            return inbox.check_drift(aggregate, args, now)
        case "revert_edits":
            return inbox.revert_edits(aggregate, args, now)[0]
        case "set_team":
            return inbox.set_team(aggregate, args, now)
        case "flag_duplicates":
            return inbox.flag_duplicates(aggregate, args, now)
        case "receive_relation_notice":
            return inbox.receive_relation_notice(aggregate, args, now)[0]
        case "adopt":
            return aggregate
        case "erase_person":
            return erase_person(aggregate, args, now)[0]
        case name:
            return intake.take(aggregate, name, args, now, source=message.source)[0]


def _receive(message: SentMessage, aggregate: LeadAggregate, now: datetime) -> LeadAggregate:
    return receive(aggregate, message, now)


class _Replay:
    """Feeds the tasks of a history to the process, along the events in the ledger."""

    def __init__(self, start: LeadAggregate, recorded: Mapping[int, Event]) -> None:
        self.aggregate = start
        self.differs_at: int | None = None
        self._recorded = recorded

    def take(self, task: Task) -> None:
        """Take in one task, in the order in which the workflow does."""
        for results in task.results:
            self._take_results(results, task.at)
        self._pass_deadlines(task.at)
        for message in task.messages:
            self._step(partial(_receive, message), task.at)
            self._pass_deadlines(task.at)

    def catch_up(self) -> None:
        """Take the events that the ledger has beyond those that the process made."""
        while event := self._next():
            self.differs_at = self.differs_at or event.seq
            aggregate = self.aggregate.record(event.fact, event.at)
            self.aggregate = aggregate.replaced(receipts=with_recorded(aggregate.receipts, event))

    def _take_results(self, results: Results, at: datetime) -> None:
        if self.differs_at is None:
            self._step(
                lambda aggregate, now: take_results(aggregate, results.effects, results.results, now)[0], at
            )
        if self.differs_at is not None:  # what they brought back is among the ledger's events
            silent = tuple(
                result.replaced(outcome=result.outcome and result.outcome.replaced(observation=None))
                for result in results.results
            )
            self.aggregate = take_results(self.aggregate, results.effects, silent, at)[0]

    def _pass_deadlines(self, at: datetime) -> None:
        """Record the deadlines that have passed, unless the ledger has another event first: then they come after it."""
        event = self._next()
        passed = pass_deadlines(self.aggregate, min(event.at, at) if event else at)
        made = passed.event_log.events[self.aggregate.lead.last_seq :]
        if made and not self._is_other(made[0]):
            self._step(pass_deadlines, at)

    def _step(self, step: Step, at: datetime) -> None:
        if self.differs_at is not None:
            return
        event = self._next()
        after = step(self.aggregate, min(event.at, at) if event else at)
        made = after.event_log.events[self.aggregate.lead.last_seq :]
        if not made and event:
            after = step(self.aggregate, at)
            made = after.event_log.events[self.aggregate.lead.last_seq :]
        different = next((each.seq for each in made if self._is_other(each)), None)
        if different is None:
            self.aggregate = after
        else:
            self.differs_at = different
            self.catch_up()

    def _next(self) -> Event | None:
        return self._recorded.get(self.aggregate.lead.last_seq + 1)

    def _is_other(self, made: Event) -> bool:
        there = self._recorded.get(made.seq)
        return there is not None and (there.kind, there.fact) != (made.kind, made.fact)
