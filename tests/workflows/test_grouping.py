"""A lead gives the same commands however the SDK groups what arrives, and takes nothing ahead of its task."""

from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion

from process.core import swap
from process.core.checkpoint import unpack
from tests.support.activations import BEGAN, Activations, Message
from workflows.recording import LIMIT
from workflows.runtime import steps
from workflows.runtime.steps import split

RESULT = "result"
MESSAGES: list[Message] = [
    ("questionnaire_sent", {}),
    ("price_quoted", {"amount": "12000", "currency": "USD", "per": "year"}),
    ("price_quoted", {"amount": "15000", "currency": "USD", "per": "year"}),
    ("quote_accepted", {}),
    ("quote_declined", {}),
    ("contract_handed_over", {}),
    ("contract_acknowledged", {}),
    ("contract_signed", {"evidence": "https://drive.example.org/signed.pdf"}),
    ("vendor_setup_not_needed", {}),
    ("hub_requested", {}),
    ("on_hold", {"until": "2026-07-01"}),
    ("details_changed", {"person": "Grace Example"}),
    ("corrected", {"seq": 2, "reason": "Another lead's"}),
    ("lost", {"reason": "budget"}),
    ("no_such_decision", {}),
    ("retry", {}),
    ("check_drift", {"folder": False}),
]
EVENTS = st.lists(st.sampled_from(MESSAGES) | st.just(RESULT), min_size=2, max_size=14)


def lived(events: list[Message | str], cuts: list[bool], queries: list[bool]) -> list[str]:
    """Return the commands of a lead to which this happens, in the groups between the cuts."""
    group: list[WorkflowActivationJob] = []
    with Activations() as lead:
        lead.begin()
        for event, cut, query in zip(events, cuts, queries, strict=True):
            is_result = isinstance(event, str)
            if group and (cut or is_result):  # a result comes before the messages of its group
                lead.task(group)
                group = []
            if isinstance(event, str):
                group += [job] if (job := lead.result()) else []
            else:
                group.append(lead.signal(event))
            if query and not group:
                lead.query()
        if group:
            lead.task(group)
    return lead.commands


@settings(max_examples=60)
@given(st.data())
def test_no_grouping_of_messages_changes_the_commands(data: Any) -> None:
    events = data.draw(EVENTS)
    some = st.lists(st.booleans(), min_size=len(events), max_size=len(events))
    alone = lived(events, [True] * len(events), [False] * len(events))
    assert lived(events, data.draw(some), data.draw(some)) == alone


def test_results_come_first_and_each_message_by_itself() -> None:
    jobs = [WorkflowActivationJob() for _ in range(5)]
    for number, job in enumerate(jobs):
        if number in (0, 3):
            job.signal_workflow.signal_name = str(number)
        else:
            job.resolve_activity.seq = number
    steps = [
        [job.signal_workflow.signal_name or job.resolve_activity.seq for job in step] for step in split(jobs)
    ]
    assert steps == [[1, 2, 4], ["0"], ["3"]]


def test_a_message_ahead_of_its_task_is_left_alone() -> None:
    """A query brings it with the time of the task before. Its task brings it again, to a workflow that is loaded anew."""
    with Activations() as lead:
        lead.begin()
        began = BEGAN + timedelta(seconds=3)  # as of the first task
        early = lead.activate([lead.signal(MESSAGES[1])], at=began, length=5, stored_bytes=300)
        assert early.HasField("successful")
        assert not early.successful.commands
        assert "price_quoted" not in lead.query("timeline")
        late = lead.activate([lead.signal(MESSAGES[1])], length=9)
        assert "loaded again" in late.failed.failure.message


def test_a_result_within_a_task_is_not_ahead_of_it() -> None:
    """The answer of a local activity comes at the time of its task, which has no more events then."""
    with Activations() as lead:
        lead.begin()
        lead.task([lead.signal(MESSAGES[1])])
        assert "price_quoted" in lead.query("timeline")


def test_a_lead_that_is_dropped_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be packed, and opening an old one takes long."""
    monkeypatch.setattr(swap, "MAX_CHARGE", 0)
    with Activations() as lead:
        lead.begin()
        unpacked = Mock(side_effect=unpack)
        monkeypatch.setattr(swap, "unpack", unpacked)
        lead.query()
        assert unpacked.call_count == 1
    assert unpacked.call_count == 1


def test_a_message_that_comes_with_the_last_result_of_a_run_goes_along() -> None:
    """The run would end when the result has come. The message stands in the same task."""
    with Activations() as lead:
        lead.begin()
        lead.task([lead.signal(("adopt", {}))])
        result = lead.result()
        assert result
        lead.task([lead.signal(MESSAGES[1]), result])
        assert [event.kind for event in unpack(lead.next_run).event_log.events][-1] == "price_quoted"


def test_a_result_that_comes_with_the_next_task_is_loaded_again() -> None:
    """A query has ended the task in which the ledger was written. Its history may have the result or not."""
    with Activations() as lead:
        lead.begin()
        (writing,) = local(lead.activate([lead.signal(MESSAGES[1])], length=6))
        lead.query()
        late = lead.activate([lead.written(writing), lead.signal(MESSAGES[3])], length=12)
        assert "loaded again" in late.failed.failure.message


def test_a_result_that_comes_by_itself_in_the_next_task_is_taken() -> None:
    with Activations() as lead:
        lead.begin()
        (writing,) = local(lead.activate([lead.signal(MESSAGES[1])], length=6))
        lead.query()
        assert lead.activate([lead.written(writing)], length=9).HasField("successful")
        assert "price_quoted" in lead.query("timeline")


def test_a_query_drops_a_lead_that_writes_to_the_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dropped once it has written: a worker that drops it before never shuts down."""
    dropped: list[float] = []
    monkeypatch.setattr(steps, "drop", lambda _, after: dropped.append(after))
    with Activations() as lead:
        lead.begin()
        lead.task([lead.signal(MESSAGES[0])])
        lead.query()
        assert not dropped
        lead.activate([lead.signal(MESSAGES[1])])
        lead.query()
        assert dropped
        assert min(dropped) > LIMIT.total_seconds()


@pytest.mark.parametrize("during_replay", [True, False])
def test_a_result_is_taken_in_the_task_that_runs_it(during_replay: bool) -> None:
    """After a replay, a local activity whose task has no result runs in the first new task."""
    with Activations() as lead:
        lead.begin()
        (writing,) = local(lead.activate([lead.signal(MESSAGES[1])], length=6, replaying=during_replay))
        task = 12 if during_replay else 6
        if during_replay:
            lead.activate([lead.signal(MESSAGES[3])], length=task)
        done = lead.activate([lead.written(writing)], length=task)
        assert done.HasField("successful")
        assert "price_quoted" in lead.query("timeline")


def local(completion: WorkflowActivationCompletion) -> list[WorkflowCommand]:
    """Return the commands that schedule local activities."""
    commands = completion.successful.commands
    return [command for command in commands if command.HasField("schedule_local_activity")]
