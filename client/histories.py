"""Reads what a lead's workflow took in from its history: messages, results of effects, and the time of each task."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure as TemporalFailure
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes, HistoryEvent
from temporalio.client import WorkflowHistory

from process.behaviour import Behaviour
from process.core.aggregate import LeadAggregate
from process.core.events import Event
from process.core.rebuild import Journal, Results, SentMessage, Task
from process.core.refusal import Refused
from process.effects import RecordEvents
from process.effects.requests import (
    PERFORM_EFFECTS,
    Batch,
    BatchResult,
    BatchResults,
    EffectRequest,
    Failure,
    Outcome,
)
from process.identity import Digests
from process.views.recording import Recorded
from workflows.runtime.converter import LeadPayloadConverter
from workflows.start import read_start
from workflows.turns import MESSAGES, SOON

PATCH = "core_patch"
LOCAL_ACTIVITY = "core_local_activity"
_CONVERTER = LeadPayloadConverter()


class UnreadableHistory(Exception):
    """The history does not begin with a lead that this code can read."""


class LeadHistory(NamedTuple):
    """The history of one run of a lead's workflow, as the process sees it."""

    run_id: str
    start: LeadAggregate
    journal: Journal
    last_event_id: int
    """Number of the newest history event that was read."""


class UnreadMessage(NamedTuple):
    """A message in a history, as it was sent."""

    event_id: int
    name: str
    payloads: Sequence[Payload]
    identity: str
    """The sender, as Temporal has it."""
    source: str
    """`signal` or `update`."""


def read_history(history: WorkflowHistory, ledger: Mapping[int, Event]) -> LeadHistory:
    """Return what a lead's workflow took in. `ledger`: the lead's events there, whose times count.

    Raises UnreadableHistory if this code cannot read the run's input.
    """
    events = history.events
    journal = _Journal(events)
    return LeadHistory(
        history.run_id,
        _start(history.workflow_id, events, journal.began_at, ledger),
        Journal(journal.tasks, journal.waiting, journal.recorded, journal.keys, journal.digests),
        events[-1].event_id,
    )


def messages_after(history: WorkflowHistory, event_id: int) -> Iterator[UnreadMessage]:
    """Yield the messages that came after this event, as they were sent."""
    for event in history.events:
        if event.event_id > event_id and (found := _raw(event)):
            yield UnreadMessage(event.event_id, *found)


def _start(
    lead_id: str, events: Sequence[HistoryEvent], began_at: datetime, ledger: Mapping[int, Event]
) -> LeadAggregate:
    """Return the lead at the beginning of the run, with the changed rules that it adopted there."""
    started = events[0].workflow_execution_started_event_attributes
    args = tuple(_CONVERTER.from_payloads(started.input.payloads))
    try:
        begun = read_start(args, continued=bool(started.continued_execution_run_id))
    except ValueError as error:
        raise UnreadableHistory(str(error)) from None
    if isinstance(begun, Refused):
        raise UnreadableHistory(str(begun))
    adopted = set(_patches(events))
    changes = tuple(rule.name for rule in Behaviour.changed() if rule.name in adopted)
    first = ledger.get(begun.lead.last_seq + 1 if isinstance(begun, LeadAggregate) else 1)
    at = min(first.at, began_at) if first else began_at
    if isinstance(begun, LeadAggregate):
        return begun.adopt(changes, at)
    return LeadAggregate.open(lead_id, begun.replaced(changes=changes), at)


def _patches(events: Sequence[HistoryEvent]) -> Iterator[str]:
    for event in events:
        marker = event.marker_recorded_event_attributes
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED and marker.marker_name == PATCH:
            data = _CONVERTER.from_payloads(marker.details["patch-data"].payloads)[0]
            yield str(data["id"])


class _Journal:
    """The events of a history, sorted into the tasks that took them in."""

    def __init__(self, events: Sequence[HistoryEvent]) -> None:
        self.began_at = _time(events[0])
        self.recorded = 0
        self.keys: tuple[str, ...] | None = None
        self.digests: Digests | None = None
        self.tasks: list[Task] = []
        self._scheduled: dict[int, ActivityTaskScheduledEventAttributes] = {}
        self._untaken: list[HistoryEvent] = []
        self._started: HistoryEvent | None = None
        self._late: deque[SentMessage] = deque()
        """Messages that wait for their turn (`workflows.turns`), because more came than fit into one task."""
        self._turns: set[int] = set()
        """Numbers of the events that started timers for the next turn."""
        for event in events:
            self._read(event)
        self.waiting = [
            *(Task(message.at, messages=(message,)) for message in self._late),
            *(self._task([event], _time(event)) for event in self._untaken),
        ]

    def _read(self, event: HistoryEvent) -> None:
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED:
                self._started = event
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                self._complete()
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                self._scheduled[event.event_id] = event.activity_task_scheduled_event_attributes
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
                if message := _message(event):  # accepted by the task that has just been completed
                    self._take(message._replace(at=self.tasks[-1].at))
            case EventType.EVENT_TYPE_TIMER_STARTED:
                if event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() == SOON:
                    self._turns.add(event.event_id)
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                self._note_recorded(event)
            case _:
                self._untaken.append(event)

    def _complete(self) -> None:
        """The task that was started takes in all that came before it."""
        assert self._started  # noqa: S101 - a task is completed only after it was started
        before = self._started.event_id
        taken = [event for event in self._untaken if event.event_id < before]
        self._untaken = [event for event in self._untaken if event.event_id > before]
        if not self.tasks:
            self.began_at = _time(self._started)
        task = self._task(taken, _time(self._started))
        self.tasks.append(task._replace(messages=()))
        for message in task.messages:
            self._take(message)
        if any(event.timer_fired_event_attributes.started_event_id in self._turns for event in taken):
            late, self._late = self._late, deque()
            for message in late:
                self._take(message)

    def _take(self, message: SentMessage) -> None:
        """Let the newest task take the message, as `Turns` does, unless it has taken its number or others wait."""
        task = self.tasks[-1]
        if self._late or len(task.messages) >= MESSAGES:
            self._late.append(message)
        else:
            self.tasks[-1] = task._replace(messages=(*task.messages, message))

    def _task(self, events: Sequence[HistoryEvent], at: datetime) -> Task:
        results = (self._results(event) for event in events)
        messages = (_message(event) for event in events)
        return Task(at, tuple(filter(None, results)), tuple(filter(None, messages)))

    # ---- results

    def _results(self, event: HistoryEvent) -> Results | None:
        """Return what an effect's activity brought back; None if the event is none, or the effect remains to be done."""
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                completed = event.activity_task_completed_event_attributes
                return self._completed(
                    self._scheduled[completed.scheduled_event_id], completed.result.payloads
                )
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                failed = event.activity_task_failed_event_attributes
                return self._failed(self._scheduled[failed.scheduled_event_id], failed.failure)
        return None

    def _completed(
        self, scheduled: ActivityTaskScheduledEventAttributes, result: Sequence[Payload]
    ) -> Results | None:
        name = scheduled.activity_type.name
        if name == RecordEvents.kind:
            (recorded,) = _CONVERTER.from_payloads(result, [Recorded])
            self._told(recorded)
            return None
        if name == PERFORM_EFFECTS:
            (batch,) = _CONVERTER.from_payloads(scheduled.input.payloads, [Batch])
            (found,) = _CONVERTER.from_payloads(result, [BatchResults])
            return Results(tuple(item.effect for item in batch.items), found.results)
        (request,) = _CONVERTER.from_payloads(scheduled.input.payloads, [EffectRequest])
        (outcome,) = _CONVERTER.from_payloads(result, [Outcome])
        return Results((request.effect,), (BatchResult(key=request.effect.key, outcome=outcome),))

    def _failed(
        self, scheduled: ActivityTaskScheduledEventAttributes, failure: TemporalFailure
    ) -> Results | None:
        """Return the failure of an effect that went on alone. One of a batch is tried again by the rebuilt lead."""
        if scheduled.activity_type.name in (PERFORM_EFFECTS, RecordEvents.kind):
            return None
        (request,) = _CONVERTER.from_payloads(scheduled.input.payloads, [EffectRequest])
        failed = Failure(reason=failure.message, for_good=True)
        return Results((request.effect,), (BatchResult(key=request.effect.key, failure=failed),))

    def _note_recorded(self, event: HistoryEvent) -> None:
        marker = event.marker_recorded_event_attributes
        if marker.marker_name != LOCAL_ACTIVITY:
            return
        if (
            self.keys is None
        ):  # the task's messages waited for it (`Recorder.knows_keys`), so they count from then
            self.tasks[-1] = self.tasks[-1]._replace(at=_time(event))
        result = marker.details["result"].payloads if "result" in marker.details else ()
        if result:
            (recorded,) = _CONVERTER.from_payloads(result, [Recorded])
            self._told(recorded)

    def _told(self, recorded: Recorded) -> None:
        self.recorded = max(self.recorded, recorded.seq)
        self.keys = tuple(dict.fromkeys((*(self.keys or ()), *recorded.keys)))
        self.digests = recorded.digests


def _raw(event: HistoryEvent) -> tuple[str, Sequence[Payload], str, str] | None:
    """Return name, arguments, sender and source of an event's signal or update, or None."""
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            signal = event.workflow_execution_signaled_event_attributes
            return signal.signal_name, signal.input.payloads, signal.identity, "signal"
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
            update = event.workflow_execution_update_accepted_event_attributes.accepted_request
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED:
            update = event.workflow_execution_update_admitted_event_attributes.request
        case _:
            return None
    return update.input.name, update.input.args.payloads, update.meta.identity, "update"


def _message(event: HistoryEvent) -> SentMessage | None:
    found = _raw(event)
    if found is None:
        return None
    name, payloads, _, source = found
    return SentMessage(name, tuple(_CONVERTER.from_payloads(payloads)), source, _time(event))


def _time(event: HistoryEvent) -> datetime:
    """Return the event's time exactly as `workflow.now` rounds it."""
    return datetime.fromtimestamp(event.event_time.ToNanoseconds() / 1e9, UTC)
