"""Erases again what was erased, after older copies of the ledger or of Temporal's database were restored.

What such a copy says of an erased lead is sealed under keys that are destroyed. The journal keeps the redacted events; they
are written over those of the ledger. Runs that nobody can read any more are removed from Temporal, so that their leads can
be restored from the ledger.
"""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from temporalio.client import Client

from client.erasure.runs import delete_runs, end_run, is_running, is_under, runs_of
from client.erasure.steps import EVENTS_CONTEXT
from keys.data_key import KeyId
from keys.errors import KeyErased
from keys.journal import ErasureJournal, KeptEvents
from keys.ring import KeyRing
from keys.sealing import unseal
from ledger.ledger import Ledger
from process.core.events import Event
from process.core.stored_events import read_events


class Reapplied(NamedTuple):
    """The result for one lead."""

    lead_id: str
    changed: int
    """Number of contents that were written over; none if the ledger says nothing that was erased."""


def reapply(journal: ErasureJournal, ring: KeyRing, ledger: Ledger) -> Iterator[Reapplied]:
    """Write the kept events of each erased lead over what the ledger has under earlier keys. It may be repeated.

    Raises LedgerError or KeysError.
    """
    for kept in journal.kept_events():
        lead_id, epoch = kept.erasure.lead_id, kept.erasure.epoch or 1
        older = any(number < epoch for number in ledger.epochs(lead_id))
        events = _events(kept, ring) if older or ledger.last_seq(lead_id) == 0 else None
        changed = (
            ledger.redact(lead_id, epoch, events, kept.erasure.name_of(kept.request_id)) if events else 0
        )
        yield Reapplied(lead_id, changed)


async def remove_unreadable(client: Client, journal: ErasureJournal, seconds: float) -> AsyncIterator[str]:
    """Terminate and delete the runs of erased leads that are sealed under destroyed keys, and yield these leads.

    It may be repeated. Raises ErasureUnfinished or RPCError.
    """
    for kept in [*journal.kept_events()]:
        lead_id, epoch = kept.erasure.lead_id, kept.erasure.epoch or 1
        unreadable = [
            run_id
            for run_id in await runs_of(client, lead_id)
            if not await is_under(client, lead_id, run_id, epoch)
        ]
        if not unreadable:
            continue
        if await is_running(client, lead_id):
            await end_run(client, lead_id, unreadable)
        await delete_runs(client, lead_id, seconds=seconds)
        yield lead_id


def _events(kept: KeptEvents, ring: KeyRing) -> tuple[Event, ...] | None:
    """Return the kept events; None if the lead was erased whole since."""
    try:
        key = ring.get(KeyId(kept.erasure.lead_id, kept.erasure.epoch or 1))
    except KeyErased:
        return None
    return read_events(unseal(key, kept.sealed, EVENTS_CONTEXT))
