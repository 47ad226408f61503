"""Tells why a lead does not answer: it is stuck, no worker polls its task queue, or a worker is busy."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, TaskQueueType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey

from client.errors import LeadStuck, NoWorker, StuckCause, Unavailable, WorkerBusy
from client.running import REPORTED, REPORTED_PROBLEMS, on_queue, running
from workflows.runtime.codec import open_failure

_PROBLEMS = SearchAttributeKey.for_keyword_list(REPORTED_PROBLEMS)

POLLED = timedelta(seconds=90)
"""A worker polls at least once a minute. One that has not done so for this long is gone."""

NEWEST = 20
"""Number of events that are read, newest first, to find the failure."""

_DECIDING = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    }
)


class Stuck(NamedTuple):
    """A lead that cannot continue: its workflow task fails at each attempt."""

    lead_id: str
    cause: StuckCause
    reason: str
    """The failure in Temporal's own words; empty if only visibility was asked."""
    since: datetime | None = None
    """Time of the first failure (UTC); None if only visibility was asked."""


async def find_stuck(client: Client, lead_id: str) -> Stuck | None:
    """Return why the lead is stuck, or None if its tasks do not fail. It needs no worker. Raises RPCError."""
    known = await client.get_workflow_handle(lead_id).describe()
    raw = known.raw_description
    if not raw.HasField("pending_workflow_task"):
        return None
    # The number of its attempt tells nothing: the server counts anew when a message arrives.
    failed = await _newest_failure(client, lead_id, known.run_id)
    if failed is None:
        reported = known.typed_search_attributes.get(_PROBLEMS)
        since = raw.pending_workflow_task.original_scheduled_time.ToDatetime(UTC)
        return Stuck(lead_id, cause_of(" ".join(reported)), "", since) if reported else None
    attributes = failed.workflow_task_failed_event_attributes
    await open_failure(client, lead_id, attributes.failure)
    name = WorkflowTaskFailedCause.Name(attributes.cause)
    reason = " ".join(attributes.failure.message.split()) or name
    return Stuck(lead_id, cause_of(f"{name} {reason}"), reason, failed.event_time.ToDatetime(UTC))


async def list_stuck(client: Client, task_queue: str | None = None) -> AsyncIterator[Stuck]:
    """Yield the leads whose tasks failed several times in a row, from visibility alone. `task_queue`: only on it."""
    ours = () if task_queue is None else (on_queue(task_queue),)
    async for each in client.list_workflows(running(REPORTED, *ours)):
        reported = each.typed_search_attributes.get(_PROBLEMS)
        yield Stuck(each.id, cause_of(" ".join(reported or ())), "")


async def why_silent(client: Client, lead_id: str, task_queue: str) -> Unavailable:
    """Return the error for a lead that did not answer. Raises RPCError."""
    if stuck := await find_stuck(client, lead_id):
        return LeadStuck(lead_id, stuck.cause, stuck.reason)
    polled = await last_poll(client, task_queue)
    if polled is None or datetime.now(UTC) - polled > POLLED:
        return NoWorker(task_queue)
    return WorkerBusy(task_queue)


async def last_poll(client: Client, task_queue: str) -> datetime | None:
    """Return the time at which a worker last polled for workflow tasks (UTC), or None if the server knows none."""
    described = await describe_queue(client, task_queue)
    return max((poller.last_access_time.ToDatetime(UTC) for poller in described.pollers), default=None)


async def describe_queue(client: Client, task_queue: str) -> DescribeTaskQueueResponse:
    """Return what the server knows of those who poll for workflow tasks of this queue. Raises RPCError."""
    return await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
    )


async def _newest_failure(client: Client, lead_id: str, run_id: str) -> HistoryEvent | None:
    """Return the event of the failed task, or None if the newest task that ended did not fail."""
    found = await client.workflow_service.get_workflow_execution_history_reverse(
        GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace,
            execution=WorkflowExecution(workflow_id=lead_id, run_id=run_id),
            maximum_page_size=NEWEST,
        )
    )
    newest = next((each for each in found.history.events if each.event_type in _DECIDING), None)
    failed = newest is not None and newest.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    return newest if failed else None


_CAUSES = (
    (StuckCause.HISTORY, ("NON_DETERMINISTIC", "NonDeterministic", "TMPRL1100")),
    (StuckCause.TOO_LARGE, ("TOO_LARGE", "TooLarge", "TMPRL1103")),
)
"""Marks by which the server and the SDK name a cause."""


def cause_of(text: str) -> StuckCause:
    """Return the cause that Temporal's words name: a task's failure, or a reported problem."""
    return next((cause for cause, marks in _CAUSES if any(mark in text for mark in marks)), StuckCause.FAULT)
