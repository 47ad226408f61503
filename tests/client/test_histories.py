"""The messages that a lead's workflow took in, as they are read from Temporal's history."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from client.histories import LeadHistory, read_history
from tests.support.lives import MONDAY
from workflows.runtime.converter import LeadPayloadConverter
from workflows.turns import MESSAGES, SOON

OPENED = {"org": "Example University", "person": "Ada Example", "title": "A hub"}
_CONVERTER = LeadPayloadConverter()


class Writer:
    """Writes a history as a server does."""

    def __init__(self) -> None:
        self.events: list[HistoryEvent] = []
        self._ids = count(1)
        started = self.add("WORKFLOW_EXECUTION_STARTED").workflow_execution_started_event_attributes
        started.input.payloads.extend(_CONVERTER.to_payloads([OPENED]))

    def add(self, name: str, at: datetime = MONDAY) -> HistoryEvent:
        time = Timestamp()
        time.FromDatetime(at)
        kind = EventType.Value(f"EVENT_TYPE_{name}")
        self.events.append(HistoryEvent(event_id=next(self._ids), event_type=kind, event_time=time))
        return self.events[-1]

    def task(self, at: datetime) -> None:
        self.add("WORKFLOW_TASK_STARTED", at)
        self.add("WORKFLOW_TASK_COMPLETED", at)

    def turn(self) -> None:
        """Let a timer end after which the messages that wait are taken."""
        timer = self.add("TIMER_STARTED")
        timer.timer_started_event_attributes.start_to_fire_timeout.FromTimedelta(SOON)
        self.add("TIMER_FIRED").timer_fired_event_attributes.started_event_id = timer.event_id

    def signals(self, names: Iterator[int], number: int) -> None:
        for _ in range(number):
            signal = self.add("WORKFLOW_EXECUTION_SIGNALED").workflow_execution_signaled_event_attributes
            signal.signal_name = f"signal {next(names)}"

    def read(self) -> LeadHistory:
        return read_history(WorkflowHistory("lead-example", self.events), {})


def test_a_crowd_of_messages_is_taken_by_the_tasks_in_which_they_had_their_turn() -> None:
    later = [MONDAY + timedelta(seconds=n) for n in range(4)]
    history, names = Writer(), count()
    history.signals(names, 2 * MESSAGES + 10)
    history.task(later[0])
    history.signals(names, 1)
    history.task(later[1])  # a task for this signal alone, which waits behind the others
    history.turn()
    history.task(later[2])
    unfinished = history.read().journal
    history.turn()
    history.task(later[3])
    journal = history.read().journal
    assert [task.at for task in journal.tasks] == later
    assert [len(task.messages) for task in journal.tasks] == [MESSAGES, 0, MESSAGES, 11]
    taken = [message.name for task in journal.tasks for message in task.messages]
    assert taken == [f"signal {n}" for n in range(2 * MESSAGES + 11)]
    assert not journal.waiting
    assert [task.messages[0].name for task in unfinished.waiting] == taken[2 * MESSAGES :]


def test_messages_that_fit_into_their_task_are_taken_by_it() -> None:
    history, names = Writer(), count()
    for _ in range(2):
        history.signals(names, MESSAGES)
        history.task(MONDAY)
    assert [len(task.messages) for task in history.read().journal.tasks] == [MESSAGES, MESSAGES]
