"""Writes to the ledger the events that a lead has recorded and the ledger lacks, from the history of its workflow."""

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from client.directory import Directory
from client.histories import read_history
from ledger.conversion import entry_of, event_of
from ledger.entry import Entry
from ledger.errors import LedgerConflict
from ledger.ledger import Ledger
from process.core.events import Event
from process.core.rebuild import rebuild
from workflows.runtime.codec import open_history


class Filled(NamedTuple):
    """The result for one lead."""

    lead_id: str
    added: int
    """Number of events that the ledger lacked and has now."""
    problem: str = ""
    """The reason for which the ledger could not be compared with the lead; empty if it could."""


async def fill(directory: Directory, ledger: Ledger) -> AsyncIterator[Filled]:
    """Fill the ledger for all running leads, and for those with a gap, in the order of their ids.

    Leads and workers may go on meanwhile. Raises LedgerError or RPCError.
    """
    ids = {execution.id async for execution in directory.client.list_workflows(directory.running())}
    ids |= {head.lead_id for head in ledger.heads() if not head.complete}
    for lead_id in sorted(ids):
        yield await fill_lead(directory.client, ledger, lead_id)


async def fill_lead(client: Client, ledger: Ledger, lead_id: str) -> Filled:
    """Fill the ledger for one lead. What it has already stays as it is. Raises LedgerError or RPCError."""
    known = {entry.seq: entry for entry in ledger.entries(lead_id)}
    try:
        events = await _events(client, lead_id, known.values())
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Filled(lead_id, 0, "Temporal has no history of it")
    except Exception as error:  # another release began its run, or its history does not fit this code
        return Filled(lead_id, 0, f"this code can't read its history ({type(error).__name__})")
    missing = [event for event in events if event.seq not in known]
    if not missing:
        return Filled(lead_id, 0)
    entries = [known.get(event.seq) or entry_of(lead_id, event) for event in events]
    try:
        ledger.append(lead_id, entries, after=0, committed=True)
        ledger.rebuild(lead_id)
    except LedgerConflict as error:
        return Filled(lead_id, 0, str(error))
    return Filled(lead_id, len(missing))


async def _events(client: Client, lead_id: str, known: Iterable[Entry]) -> tuple[Event, ...]:
    """Return the events that the completed tasks of the lead's newest run know, from the first one on.

    `known`: those in the ledger, whose times count.
    """
    handle = client.get_workflow_handle(lead_id)
    described = await handle.describe()
    if described.status is WorkflowExecutionStatus.FAILED:
        return ()  # it never was a lead
    history = await client.get_workflow_handle(lead_id, run_id=described.run_id).fetch_history()
    await open_history(client, history)
    in_ledger = {entry.seq: event_of(entry) for entry in known}
    read = read_history(history, in_ledger)
    made = rebuild(read.start, read.journal._replace(waiting=()), in_ledger)
    return tuple(made.aggregate.event_log.events)
