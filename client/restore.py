"""Begins a lead again whose workflow is lost, although no decision has ended it.

While Temporal has the history of the lost run, the lead is made from that, along the ledger's events, as in a repair: its
outbox is exact, and decisions that waited are taken. Otherwise it is made from the ledger's events alone
(`process.core.restoring`). Numbers, times, receipts and invoices go on; effects find their own traces by their keys.

Starting the run is the only change. It may be repeated, also by several at once: a run is restored once.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.errors import LeadErased, NothingToRestore, NotRestorable
from client.histories import read_history
from client.lost import LostRun, find_lost
from client.new_run import begin_run, rehearse
from client.past import events_of
from ledger.ledger import Ledger
from process.core.aggregate import LeadAggregate
from process.core.rebuild import rebuild
from process.core.restoring import aggregate_from
from process.effects.observations import Restored
from workflows.runtime.codec import open_history


class RestorePlan(NamedTuple):
    """The plan to begin a lead again."""

    lost: LostRun
    aggregate: LeadAggregate
    """The lead with which the new run begins."""
    from_history: bool
    """True if the lost run's history was read, and not only the ledger."""
    waited: int
    """Number of decisions that had waited and are taken now."""
    at: datetime
    """Time for which the lead was made (UTC)."""

    @property
    def effects(self) -> list[str]:
        """Effects that remain to be performed, or are performed again because nothing tells that they were."""
        return [item.effect.summary() for item in self.aggregate.outbox]


async def plan_restore(client: Client, ledger: Ledger, lead_id: str) -> RestorePlan:
    """Return what the restore would do. Nothing is changed.

    Raises NothingToRestore, NotRestorable, LedgerError or RPCError.
    """
    lost = await find_lost(client, lead_id)
    if lost is None:
        raise NothingToRestore(lead_id, archived=False)
    now = datetime.now(UTC)
    found = await _from_history(client, ledger, lost)
    aggregate, waited = found or (_from_ledger(ledger, lead_id), 0)
    if aggregate.lead.archived:
        raise NothingToRestore(lead_id, archived=True)
    restored = aggregate.record(Restored(run_id=lost.run_id, lost_at=lost.at), now)
    try:
        rehearse(restored, now)
    except Exception as error:  # a fault of the process for this lead
        raise NotRestorable(lead_id, f"a new run would fail ({type(error).__name__}: {error})") from error
    return RestorePlan(lost, restored, found is not None, waited, now)


def _from_ledger(ledger: Ledger, lead_id: str) -> LeadAggregate:
    try:
        events = events_of(ledger, lead_id)
    except LeadErased:
        raise NotRestorable(lead_id, "it was erased") from None
    entries = ledger.entries(lead_id)
    if not entries:
        raise NotRestorable(lead_id, "the ledger has no event of it")
    if len(events) < len(entries):
        raise NotRestorable(
            lead_id,
            f"of its {entries[-1].seq} events the ledger has only the first {len(events)} without a gap, "
            "or this code cannot read them",
        )
    try:
        return aggregate_from(events, lead_id)
    except Exception as error:  # a fault of the process for this lead
        raise NotRestorable(lead_id, f"this code fails for it ({type(error).__name__}: {error})") from error


async def _from_history(client: Client, ledger: Ledger, lost: LostRun) -> tuple[LeadAggregate, int] | None:
    """Return the lead as the lost run's history has it, and the number of waiting decisions that are taken.

    None if Temporal has no history of it, or this code cannot read that.
    """
    if not lost.run_id:
        return None
    try:
        history = await client.get_workflow_handle(lost.lead_id, run_id=lost.run_id).fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    await open_history(client, history)
    events = {event.seq: event for event in events_of(ledger, lost.lead_id)}
    try:
        read = read_history(history, events)
        rebuilt = rebuild(read.start, read.journal, events)
    except Exception:  # another release began it: the ledger alone counts
        return None
    return rebuilt.aggregate, len(rebuilt.taken)


async def restore(client: Client, plan: RestorePlan, task_queue: str) -> str:
    """Begin the new run and return its id. Repeated, it returns the same run.

    Raises NothingToRestore if the lead has begun again meanwhile, or RPCError; then nothing has changed.
    """
    lead = plan.aggregate.lead
    try:
        return await begin_run(
            client,
            plan.aggregate,
            plan.at,
            task_queue,
            request_id=f"restore of {plan.lost.run_id or f'{lead.id} after {lead.last_seq}'}",
            after=plan.lost.run_id,
            ends_running=False,
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
        raise NothingToRestore(lead.id, archived=False) from error
