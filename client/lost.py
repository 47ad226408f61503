"""Finds leads whose workflow is lost: terminated or deleted in Temporal, or gone with its database, not by a decision."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from client.connection import lacks_namespace
from client.directory import Directory, LeadHandle
from client.errors import LeadLost, NoWorker, WorkflowHasEnded
from client.stuck import POLLED, last_poll

if TYPE_CHECKING:  # the ledger takes a moment to load, and a command about one lead does without
    from client.lists import LeadLists


class LostRun(NamedTuple):
    """A lead that is in the ledger, is not archived, and has no running workflow."""

    lead_id: str
    how: str
    """The status that Temporal has of it, in lower case; empty if Temporal does not know the lead."""
    at: datetime | None = None
    """Time at which its workflow ended (UTC)."""
    run_id: str = ""

    def __str__(self) -> str:
        if not self.how:
            return "not in Temporal, though no decision has ended it"
        return f"{self.how} in Temporal{f' at {self.at:%Y-%m-%d %H:%M} UTC' if self.at else ''}, not by a decision"


_BY_DECISION = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
"""A lead's workflow completes only when the lead is archived."""


async def find_lost(client: Client, lead_id: str) -> LostRun | None:
    """Return how the lead's workflow was lost; None if it runs or has completed. Raises RPCError."""
    try:
        known = await client.get_workflow_handle(lead_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND or lacks_namespace(error):
            raise
        return LostRun(lead_id, "")
    if known.status is None or known.status in _BY_DECISION:
        return None
    how = known.status.name.replace("_", " ").lower()
    return LostRun(lead_id, how, known.close_time and known.close_time.astimezone(UTC), known.run_id)


async def error_of_ended(client: Client, lead_id: str) -> LeadLost | WorkflowHasEnded:
    """Return the error for a lead whose workflow has ended: it is lost or archived. Raises RPCError."""
    lost = await find_lost(client, lead_id)
    return LeadLost(lead_id, str(lost)) if lost else WorkflowHasEnded(lead_id)


async def running(leads: Directory, name: str) -> LeadHandle:
    """Return the lead with this name, if it takes decisions. Raises LeadMissing, or RPCError."""
    handle = await leads.find(name)
    if await leads.ended_at(handle):
        raise await error_of_ended(leads.client, handle.id)
    return handle


async def living(leads: Directory, name: str) -> LeadHandle:
    """Return the lead with this name, if a worker may answer for it.

    Raises LeadMissing; LeadLost if its workflow is lost; NoWorker if no worker has polled for a while, so that waiting for
    an answer does not help.
    """
    handle = await leads.find(name)
    lost, polled = await asyncio.gather(
        find_lost(leads.client, handle.id), last_poll(leads.client, leads.task_queue)
    )
    if lost:
        raise LeadLost(handle.id, str(lost))
    if polled is None or datetime.now(UTC) - polled > POLLED:
        raise NoWorker(leads.task_queue)
    return handle


async def list_lost(directory: Directory, rows: "LeadLists") -> AsyncIterator[LostRun]:
    """Yield the lost leads in the order of their ids. Raises RPCError or LedgerFailed.

    Visibility, which lags by a moment, names the running ones; each of the others is asked for itself.
    """
    query = directory.running()
    running = {execution.id async for execution in directory.client.list_workflows(query)}
    for lead_id in sorted(row.lead_id for row in rows.each() if row.lead_id not in running):
        if lost := await find_lost(directory.client, lead_id):
            yield lost


async def any_lost(directory: Directory, rows: "LeadLists") -> list[LostRun]:
    """Return the lost leads. It costs two counts where there are none."""
    if (await directory.client.count_workflows(directory.running())).count >= rows.count():
        return []
    return [each async for each in list_lost(directory, rows)]
