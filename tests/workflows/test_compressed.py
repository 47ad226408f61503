"""Arguments of local activities are compressed: the SDK keeps them as long as the run is in memory."""

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob

from process.views.recording import RecordRequest
from tests.support.activations import LEAD, Activations
from tests.support.workflow_lives import OPENED
from workflows.runtime.compressed import compressed
from workflows.runtime.worker_converter import WorkerPayloadConverter


def sent_at_start() -> Payload:
    """Return the argument of the local activity that a new lead starts."""
    job = WorkflowActivationJob()
    job.initialize_workflow.workflow_type = "LeadWorkflow"
    job.initialize_workflow.workflow_id = LEAD
    job.initialize_workflow.arguments.extend(WorkerPayloadConverter().to_payloads([OPENED]))
    with Activations() as activations:
        commands = activations.activate([job]).successful.commands
    (local,) = [each.schedule_local_activity for each in commands if each.HasField("schedule_local_activity")]
    return local.arguments[0]


def test_what_a_lead_writes_to_the_ledger_is_given_compressed() -> None:
    sent = sent_at_start()
    (request,) = WorkerPayloadConverter().from_payloads([sent], [RecordRequest])
    assert request.events[0].summary.startswith("Example University became a lead")
    assert len(sent.data) < len(request.model_dump_json()) / 3


def test_compressed_arguments_are_read_with_and_without_a_type() -> None:
    (request,) = WorkerPayloadConverter().from_payloads([sent_at_start()], [RecordRequest])
    payloads = WorkerPayloadConverter().to_payloads([compressed(request), 7])
    assert WorkerPayloadConverter().from_payloads(payloads, [RecordRequest, int]) == [request, 7]
    assert WorkerPayloadConverter().from_payloads(payloads) == [request.model_dump(mode="json"), 7]
