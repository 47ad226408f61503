"""One signal to many leads: as a batch operation of the Temporal server, which sends at a limited rate.

The server goes on by itself, so nobody has to wait for it. A server without batch operations is replaced by signals of
our own, a few at the same time. A batch operation says nothing but the signal's name: its payloads would be the same for
all leads, sealed under no lead's key, and stay in the server's own history of the operation. What names people goes out by
signals of our own (`signal_each`), each sealed under the key of its lead.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from temporalio.api.batch.v1 import BatchOperationSignal
from temporalio.api.enums.v1 import BatchOperationState
from temporalio.api.workflowservice.v1 import DescribeBatchOperationRequest, StartBatchOperationRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.errors import BroadcastBusy, TemporalFailed

RATE = 20.0
"""Signals a second by default. Each wakes a lead, which writes to GitHub; a server limits it to 50 by default."""
MAX_CONCURRENT = 10
"""Number of signals under way at the same time where the server has no batch operations."""
POLL = 1.0
"""Seconds between two looks at the progress of a batch operation."""
APPEARS_WITHIN = 30
"""Number of looks after which an operation that the server has accepted must be there."""

_HAS_NONE = frozenset({RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED})
"""Answers of a server that has no batch operations, or keeps them from us."""


class Broadcast(NamedTuple):
    """A signal to all leads that a query finds. `job_id`: the same one is sent once only."""

    job_id: str
    query: str
    signal: str
    reason: str
    """Sentence for the list of batch operations in the Temporal UI."""
    per_second: float = RATE


class Sent(NamedTuple):
    """The progress of a broadcast."""

    job_id: str
    state: Literal["running", "completed", "failed"]
    leads: int
    """Number of leads that the query found; 0 while it has not been evaluated."""
    done: int
    failed: int
    """Number of leads that could not be signalled, because they ended meanwhile."""


Progress = Callable[[Sent], None]


async def broadcast(client: Client, message: Broadcast, progress: Progress = lambda _: None) -> Sent:
    """Send the signal to all leads that the query finds, wait for the end, and return the result.

    Raises BroadcastBusy if the server is still sending another one.
    """
    if not await start_broadcast(client, message):
        ids = [execution.id async for execution in client.list_workflows(message.query)]
        rate = message.per_second
        each = await signal_each(client, message.signal, ids, per_second=rate, progress=progress)
        return each._replace(job_id=message.job_id)
    for _ in range(APPEARS_WITHIN):
        while sent := await progress_of(client, message.job_id):
            progress(sent)
            if sent.state != "running":
                return sent
            await asyncio.sleep(POLL)
        await asyncio.sleep(POLL)
    raise TemporalFailed("it has accepted a batch operation and does not know it")


async def start_broadcast(client: Client, message: Broadcast) -> bool:
    """Let the server send the signal, unless it does so already. Return False if it has no batch operations.

    Raises BroadcastBusy if it still sends another one.
    """
    request = StartBatchOperationRequest(
        namespace=client.namespace,
        visibility_query=message.query,
        job_id=message.job_id,
        reason=message.reason,
        max_operations_per_second=message.per_second,
        signal_operation=BatchOperationSignal(signal=message.signal, identity=client.identity),
    )
    try:
        await client.workflow_service.start_batch_operation(request)
    except RPCError as error:
        if error.status in _HAS_NONE:
            return False
        if error.status not in (RPCStatusCode.RESOURCE_EXHAUSTED, RPCStatusCode.ALREADY_EXISTS):
            raise
        if not await progress_of(client, message.job_id):  # another one is under way
            raise BroadcastBusy(message.reason) from error
    return True


async def progress_of(client: Client, job_id: str) -> Sent | None:
    """Return the progress of a broadcast, or None if the server does not know it."""
    request = DescribeBatchOperationRequest(namespace=client.namespace, job_id=job_id)
    try:
        found = await client.workflow_service.describe_batch_operation(request)
    except RPCError as error:
        if error.status in (RPCStatusCode.NOT_FOUND, *_HAS_NONE):
            return None
        raise
    return Sent(
        job_id,
        _STATES.get(found.state, "running"),
        found.total_operation_count,
        found.complete_operation_count,
        found.failure_operation_count,
    )


_STATES: dict[int, Literal["completed", "failed"]] = {
    BatchOperationState.BATCH_OPERATION_STATE_COMPLETED: "completed",
    BatchOperationState.BATCH_OPERATION_STATE_FAILED: "failed",
}


async def signal_each(
    client: Client,
    signal: str,
    lead_ids: Sequence[str],
    arguments: Sequence[Any] = (),
    *,
    per_second: float = RATE,
    progress: Progress = lambda _: None,
) -> Sent:
    """Signal each of these leads ourselves, at most MAX_CONCURRENT at the same time and at this rate."""
    sent = Sent("", "running", len(lead_ids), 0, 0)

    async def send(lead_id: str) -> bool:
        try:
            await client.get_workflow_handle(lead_id).signal(signal, args=list(arguments))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False  # it has ended meanwhile
        return True

    for start in range(0, len(lead_ids), MAX_CONCURRENT):
        if start:
            await asyncio.sleep(MAX_CONCURRENT / per_second)
        answers = await asyncio.gather(*map(send, lead_ids[start : start + MAX_CONCURRENT]))
        done = sum(answers)
        sent = sent._replace(done=sent.done + done, failed=sent.failed + len(answers) - done)
        progress(sent)
    return sent._replace(state="completed")
