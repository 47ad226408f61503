"""Begins a new run of a lead's workflow with a lead that was made anew: by a repair, or from the ledger."""

from datetime import datetime

from temporalio.api.common.v1 import Memo, Payloads, SearchAttributes, WorkflowType
from temporalio.api.enums.v1 import TaskQueueKind, WorkflowIdConflictPolicy, WorkflowIdReusePolicy
from temporalio.api.sdk.v1 import UserMetadata
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.client import Client
from temporalio.converter import encode_search_attributes

from process.core.aggregate import LeadAggregate
from process.effects.summaries import shortened
from process.views.row import row_of
from workflows import attribute_values, search_attributes
from workflows.details import details
from workflows.names import LEAD_WORKFLOW, REQUEST
from workflows.runtime.codec import converter_for
from workflows.start import memo_of, read_start, run_state


def rehearse(aggregate: LeadAggregate, now: datetime) -> None:
    """Do what the new run does first, so that it does not get stuck at once. Raises what would make it fail."""
    again = read_start(run_state(aggregate, now), continued=True)
    if again != aggregate:
        raise ValueError("it reads back as another one")
    row_of(aggregate, now)
    attribute_values.values(aggregate, now)
    details(aggregate, now)
    aggregate.startable(())


async def begin_run(
    client: Client,
    aggregate: LeadAggregate,
    now: datetime,
    task_queue: str,
    *,
    request_id: str,
    after: str,
    ends_running: bool,
) -> str:
    """Begin the run and return its id. The same request, repeated, returns the same run.

    `after`: the run before, which may have been begun for a request that is remembered; empty if Temporal has none.
    `ends_running`: it takes the place of a run of that lead; otherwise that is an error. Raises RPCError; then nothing
    has changed.
    """
    lead = aggregate.lead
    converter = converter_for(client, lead.id)
    attributes = search_attributes.typed(attribute_values.values(aggregate, now))
    (summary,) = await converter.encode([shortened(lead.heading)])
    memo = {name: (await converter.encode([value]))[0] for name, value in memo_of(lead).items()}
    if after:
        before = await client.get_workflow_handle(lead.id, run_id=after).describe()
        if isinstance(request_key := (await before.memo()).get(REQUEST), str):
            memo[REQUEST] = (await converter.encode([request_key]))[0]
    indexed = SearchAttributes()
    encode_search_attributes(attributes, indexed)
    conflict = (
        WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING
        if ends_running
        else WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL
    )
    request = StartWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_id=lead.id,
        workflow_type=WorkflowType(name=LEAD_WORKFLOW),
        task_queue=TaskQueue(name=task_queue, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL),
        input=Payloads(payloads=await converter.encode(run_state(aggregate, now))),
        identity=client.identity,
        request_id=request_id,
        workflow_id_reuse_policy=WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
        workflow_id_conflict_policy=conflict,
        memo=Memo(fields=memo),
        search_attributes=indexed,
        user_metadata=UserMetadata(summary=summary),
    )
    started = await client.workflow_service.start_workflow_execution(request, retry=True)
    return started.run_id
