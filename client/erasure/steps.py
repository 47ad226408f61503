"""The steps of an erasure for one lead. Each may be ended at any moment and repeated: the end is the same.

The order keeps what is being erased out of reach of every backup. The lead is told under its present epoch, so that the
message is unreadable like all else once that is destroyed. Only then does the next epoch begin; the lead goes on under it in
a new run, redacted, and what is left of earlier ones is deleted, and shredded.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from client.connection import has_ended, refused_by
from client.erasure.errors import ErasureUnfinished
from client.erasure.message import erase_in
from client.erasure.runs import PAUSE, delete_runs, is_running, renew
from client.leads import KEY_PAUSES, LeadsClient
from client.past import events_of
from keys.data_key import KeyId
from keys.journal import ErasureJournal
from keys.ring import KeyRing
from keys.sealing import seal
from ledger.ledger import Ledger
from process.core.stored_events import write_events
from process.privacy.message import ErasePerson
from process.privacy.person import Person, Whom
from process.privacy.redaction import redact_events
from process.privacy.requests import STEPS, ErasureRequest, LeadErasure, Step

EVENTS_CONTEXT = b"erased events"
"""Bound to the redacted events that the journal keeps."""


@dataclass(frozen=True)
class Stores:
    """Everything that an erasure reaches."""

    leads: LeadsClient
    ledger: Ledger
    ring: KeyRing
    journal: ErasureJournal
    seconds: float = 120
    """Seconds to wait for a lead's new run, and for deletions in Temporal."""


class LeadEraser:
    """Erases from one lead after the other, for one request."""

    def __init__(self, stores: Stores, entry: ErasureRequest, whom: Whom) -> None:
        self._stores = stores
        self._entry = entry
        self._whom = whom
        self._perform: dict[Step, Callable[[LeadErasure], Awaitable[None]]] = {
            Step.REDACT: self._redact,
            Step.EPOCH: self._advance,
            Step.RENEW: self._renew,
            Step.LEDGER: self._ledger,
            Step.RUNS: self._runs,
            Step.KEYS: self._keys,
        }

    async def prepare(self, lead_id: str) -> LeadErasure:
        """Do the steps after which every process has to forget earlier keys: for all leads first, so that all wait once.

        Raises as `erase`.
        """
        return await self._until(lead_id, Step.EPOCH)

    async def erase(self, lead_id: str) -> LeadErasure:
        """Do all steps that are not done, and note each. Raises ErasureUnfinished, LeadsError, LedgerError or RPCError."""
        return await self._until(lead_id, STEPS[-1])

    async def _until(self, lead_id: str, last: Step) -> LeadErasure:
        erasure = self._note(lead_id, lambda each: each)
        while last not in erasure.done and (step := erasure.next_step) is not None:
            await self._perform[step](erasure)
            erasure = self._note(lead_id, lambda each, step=step: each.after(step))  # type: ignore[misc]
        return erasure

    def _note(self, lead_id: str, change: Callable[[LeadErasure], LeadErasure]) -> LeadErasure:
        return self._stores.journal.change_lead(self._entry.id, lead_id, change)

    # ---- the steps

    async def _redact(self, erasure: LeadErasure) -> None:
        lead_id, client = erasure.lead_id, self._stores.leads.client
        if not await is_running(client, lead_id):
            return
        name = erasure.name_of(self._entry.id)
        seq = await self._told(lead_id, _message(name, self._whom))
        self._note(lead_id, lambda each: each.replaced(redacted_to=seq))

    async def _told(self, lead_id: str, request: ErasePerson) -> int | None:
        """Tell the lead, and return the number of its newest event then; None if it has ended meanwhile.

        A lead that does not know our key yet has asked its worker for it.
        """
        leads = self._stores.leads
        for pause in (*KEY_PAUSES, None):
            try:
                return (await erase_in(leads, leads.client.get_workflow_handle(lead_id), request)).last_seq
            except WorkflowUpdateFailedError as error:
                if pause is None:
                    raise ErasureUnfinished(lead_id, str(refused_by(error.cause))) from error
                await asyncio.sleep(pause)
            except RPCError as error:
                if not has_ended(error) and error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return None
        raise AssertionError

    async def _advance(self, erasure: LeadErasure) -> None:
        """Begin the next epoch, once: the journal says first which one it is."""
        ring, owner = self._stores.ring, erasure.lead_id
        before = await asyncio.to_thread(self._newest, owner)
        wanted = self._note(owner, lambda each: each.replaced(epoch=each.epoch or before + 1)).epoch or 0
        while await asyncio.to_thread(self._newest, owner) < wanted:
            await asyncio.to_thread(ring.advance, owner)
        self._note(owner, lambda each: each.replaced(since=each.since or datetime.now(UTC)))

    def _newest(self, owner: str) -> int:
        """Return the number of the owner's newest epoch, which is begun if there is none."""
        epochs = self._stores.ring.epochs(owner)
        return epochs[-1].number if epochs else self._stores.ring.newest(owner).id.epoch

    async def _renew(self, erasure: LeadErasure) -> None:
        ready_at = self._ready_at(erasure)
        await asyncio.sleep(max(0.0, (ready_at - datetime.now(UTC)).total_seconds()))
        await renew(
            self._stores.leads.client,
            erasure.lead_id,
            epoch=erasure.epoch or 1,
            ready_at=ready_at,
            seconds=self._stores.seconds,
        )

    def _ready_at(self, erasure: LeadErasure) -> datetime:
        """Return the moment from which no process uses the earlier epochs any more."""
        cache = timedelta(seconds=self._stores.ring.cache_seconds)
        return erasure.ready_at(cache) or datetime.now(UTC)

    async def _ledger(self, erasure: LeadErasure) -> None:
        """Redact what the ledger has, once it has the event of the redaction, and keep that for a restore."""
        if erasure.redacted_to:
            await self._until_recorded(erasure.lead_id, erasure.redacted_to)
        await asyncio.to_thread(self._redact_ledger, erasure)

    def _redact_ledger(self, erasure: LeadErasure) -> None:
        lead_id, epoch = erasure.lead_id, erasure.epoch or 1
        events = events_of(self._stores.ledger, lead_id)
        if not events:
            raise ErasureUnfinished(lead_id, "this code cannot read its events in the ledger")
        erased = redact_events(events, self._whom, lead_id)
        self._stores.ledger.redact(lead_id, epoch, erased, erasure.name_of(self._entry.id))
        sealed = seal(self._stores.ring.get(KeyId(lead_id, epoch)), write_events(erased), EVENTS_CONTEXT)
        self._stores.journal.keep_events(self._entry.id, lead_id, sealed)

    async def _until_recorded(self, lead_id: str, seq: int) -> None:
        try:
            async with asyncio.timeout(self._stores.seconds):
                while await asyncio.to_thread(self._stores.ledger.last_seq, lead_id) < seq:  # noqa: ASYNC110 - another process writes
                    await asyncio.sleep(PAUSE)
        except TimeoutError:
            raise ErasureUnfinished(
                lead_id, "the ledger lacks its newest events; a worker writes them"
            ) from None

    async def _runs(self, erasure: LeadErasure) -> None:
        await delete_runs(self._stores.leads.client, erasure.lead_id, seconds=self._stores.seconds)

    async def _keys(self, erasure: LeadErasure) -> None:
        await asyncio.to_thread(self._stores.ring.erase, erasure.lead_id, erasure.epoch)


def _message(name: str, whom: Whom) -> ErasePerson:
    if isinstance(whom, Person):
        return ErasePerson(request_id=name, person=whom)
    return ErasePerson(request_id=name, everybody=True)
