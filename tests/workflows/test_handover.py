"""A lead hands its writing to the ledger over within the process: nothing of it becomes JSON, or stays behind."""

from functools import partial

import pytest
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from process.views.recording import RecordRequest
from tests.support.activations import LEAD, Activations
from tests.support.workflow_lives import OPENED
from workflows.runtime.handover import hand_over
from workflows.runtime.worker_converter import WorkerPayloadConverter


def opened(activations: Activations) -> WorkflowCommand:
    """Open a lead, and return the command for the local activity that it starts."""
    job = WorkflowActivationJob()
    job.initialize_workflow.workflow_type = "LeadWorkflow"
    job.initialize_workflow.workflow_id = LEAD
    job.initialize_workflow.arguments.extend(WorkerPayloadConverter().to_payloads([OPENED]))
    commands = activations.activate([job]).successful.commands
    (local,) = [each for each in commands if each.HasField("schedule_local_activity")]
    return local


def given(local: WorkflowCommand) -> RecordRequest:
    """Return what the activity is given."""
    arguments = local.schedule_local_activity.arguments
    (request,) = WorkerPayloadConverter().from_payloads(arguments, [RecordRequest])
    assert isinstance(request, RecordRequest)
    return request


def test_a_local_activity_is_given_what_its_lead_wants_to_write() -> None:
    with Activations() as activations:
        local = opened(activations)
        request = given(local)
        assert [event.seq for event in request.events] == [1]
        assert request.row.org == "Example University"
        assert local.schedule_local_activity.arguments[0].ByteSize() < 50


def test_what_was_handed_over_is_gone_when_its_lead_no_longer_waits() -> None:
    with Activations() as activations:
        local = opened(activations)
        activations.activate([activations.written(local)])
        with pytest.raises(RuntimeError) as raised:
            given(local)
        assert "will ask again" in str(raised.value.__cause__)


def test_nothing_is_made_before_it_is_asked_for() -> None:
    made: list[int] = []
    make = partial(made.append, 1)
    sent = hand_over(make).payload
    assert not made
    WorkerPayloadConverter().from_payloads([sent])
    assert made == [1]
