"""Erases by the times of the policy: names of leads that ended long ago, and chores."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from temporalio.service import RPCError

from client.chores import Chores
from client.erasure.requests import Requests
from client.erasure.runs import delete_run, delete_runs, is_running
from client.erasure.steps import LeadEraser, Stores
from client.errors import LeadsError
from client.key_rings import key_ring
from config.settings import Settings
from keys.errors import KeysError
from keys.journal import ErasureJournal
from ledger.errors import LedgerError
from ledger.reader import LedgerReader
from ledger.rows import equals
from process.policy import Retention
from process.privacy.person import EVERYBODY
from process.privacy.requests import ErasureRequest, LeadErasure, RequestKind
from process.privacy.retention import (
    SERVICE_KEYS,
    chores_end_before,
    held_leads,
    is_over,
    money_is_due,
    names_are_due,
    newest_erasures,
)
from workflows.names import LEAD_WORKFLOW

LEADS_AT_ONCE = 20
"""Number of leads that are erased in one go. A lead that still runs takes more than a minute."""


class Applied(NamedTuple):
    """The result of one go."""

    request: ErasureRequest | None
    """The entry in the journal; None if there was nothing to do."""
    leads: int = 0
    removed: int = 0
    chores: int = 0
    failed: int = 0
    more: bool = False
    """True if further leads are due."""


@dataclass(frozen=True)
class Retaining:
    """Applies the retention of a policy."""

    stores: Stores
    chores: Chores
    requests: Requests
    retention: Retention

    def due(self, today: date) -> list[str]:
        """Return the leads whose personal data is to be erased now. Raises LedgerError or KeysError."""
        return due_leads(self.stores.ledger, self.stores.journal.requests(), self.retention, today)

    def due_whole(self, today: date) -> list[str]:
        """Return the leads for whose money the time is over as well. Raises LedgerError or KeysError."""
        held = held_leads(self.stores.journal.requests(), today)
        rows = self.stores.ledger.each_row(equals("ended", True))
        return sorted(
            row.lead_id
            for row in rows
            if row.lead_id not in held and money_is_due(row, self.retention, today)
        )

    async def apply(self, now: datetime, note: Callable[[str], None] = lambda _: None) -> Applied:
        """Erase what is due, some leads at a time, and note it in the journal. Whatever fails is due again.

        Raises LedgerError, KeysError or RPCError if nothing can be done at all.
        """
        today = now.date()
        removed, failed = await self._remove(today, note)
        due = await asyncio.to_thread(self.due, today)
        chores = await self._delete_chores(now, note)
        keys = await self._destroy_keys(now) if chores_end_before(self.retention, now) else 0
        if not (due or removed or failed or chores or keys):
            return Applied(None)
        request = self._request(today, now)
        part = due[:LEADS_AT_ONCE]
        self.stores.journal.add_leads(request.id, part)
        eraser = LeadEraser(self.stores, request, EVERYBODY)
        left = set[str]()
        for work in (eraser.prepare, eraser.erase):
            for lead_id in part:
                note(lead_id)
                try:
                    if lead_id in failed:
                        continue
                    if self._is_held(lead_id, today):
                        left.add(lead_id)
                        continue
                    await work(lead_id)
                except (LeadsError, LedgerError, KeysError, RPCError):
                    failed.append(lead_id)
        done = len([each for each in part if each not in failed and each not in left])
        more = len(due) > len(part) and done > 0
        after = self.stores.journal.change(
            request.id,
            lambda each: each.replaced(
                removed=tuple(dict.fromkeys((*each.removed, *removed))),
                chores=each.chores + chores,
                keys=each.keys + keys,
                failed=tuple(failed),
                ended_at=None if failed or more else now,
            ),
        )
        return Applied(after, done, len(removed), chores, len(failed), more)

    async def _remove(self, today: date, note: Callable[[str], None]) -> tuple[list[str], list[str]]:
        """Destroy all keys of leads for whose money the time is over, and return these leads, and those that failed.

        Their rows go, too. A lead that still runs is left for later: without a key it could not go on.
        """
        stores, removed, failed = self.stores, list[str](), list[str]()
        for lead_id in await asyncio.to_thread(self.due_whole, today):
            note(lead_id)
            try:
                if self._is_held(lead_id, today) or await is_running(stores.leads.client, lead_id):
                    continue
                await delete_runs(stores.leads.client, lead_id, seconds=stores.seconds)
                await asyncio.to_thread(stores.ring.erase, lead_id)
                await asyncio.to_thread(stores.ledger.rebuild, lead_id)
            except (LeadsError, LedgerError, KeysError, RPCError):
                failed.append(lead_id)
            else:
                removed.append(lead_id)
        return removed, failed

    def _is_held(self, lead_id: str, today: date) -> bool:
        """Return True if a legal hold keeps the lead, perhaps one that began while other leads were erased."""
        return lead_id in held_leads(self.stores.journal.requests(), today)

    def _request(self, today: date, now: datetime) -> ErasureRequest:
        """Return the entry of this day in the journal, made at its first part."""
        name = f"retention-{today}"
        if known := self.stores.journal.find(name):
            return known
        new = ErasureRequest(id=name, kind=RequestKind.RETENTION, asked_at=now, confirmed_at=now)
        self.stores.journal.add(new, None)
        return new

    async def _delete_chores(self, now: datetime, note: Callable[[str], None]) -> int:
        """Delete the runs of chores that ended before the policy's time, and return how many."""
        before = chores_end_before(self.retention, now)
        if before is None:
            return 0
        number, client = 0, self.chores.client
        over = f"CloseTime < '{before.isoformat()}' AND WorkflowType != '{LEAD_WORKFLOW}'"
        async for each in client.list_workflows(over):
            note(each.id)
            number += await delete_run(client, each.id, each.run_id)
        return number

    async def _destroy_keys(self, now: datetime) -> int:
        """Destroy the keys of chores of months that are over, unless a chore of that time still runs."""
        before = chores_end_before(self.retention, now)
        running = [each async for each in self.chores.client.list_workflows(_RUNNING_CHORES)]
        oldest = min((each.start_time for each in running), default=now)
        if before is None or not (over := await self._keys_over(min(before, oldest))):
            return 0
        return sum([await asyncio.to_thread(self.stores.ring.erase, owner) for owner in over])

    async def _keys_over(self, before: datetime) -> list[str]:
        owners = await asyncio.to_thread(self.stores.ring.owners, SERVICE_KEYS)
        return [owner for owner in owners if is_over(owner, before)]


_RUNNING_CHORES = f"ExecutionStatus = 'Running' AND WorkflowType != '{LEAD_WORKFLOW}'"


def due_leads(
    ledger: LedgerReader, requests: list[ErasureRequest], retention: Retention, today: date
) -> list[str]:
    """Return the leads whose personal data is to be erased on this day, longest ended first. Raises LedgerError."""
    erased: dict[str, LeadErasure] = newest_erasures(
        request for request in requests if request.kind is RequestKind.RETENTION
    )
    held = held_leads(requests, today)
    rows = [
        row
        for row in ledger.each_row(equals("ended", True))
        if row.lead_id not in held and names_are_due(row, retention, today, erased)
    ]
    return [row.lead_id for row in sorted(rows, key=lambda row: (row.ended_on or today, row.lead_id))]


def erased_since(settings: Settings, moment: datetime) -> int:
    """Return the number of leads that retention has erased since a moment. Raises KeysError."""
    if key_ring(settings) is None:
        return 0
    with closing(ErasureJournal(settings.keys.store_url.get_secret_value())) as journal:
        days = [
            each
            for each in journal.requests()
            if each.kind is RequestKind.RETENTION and each.asked_at >= moment
        ]
    return sum(erasure.next_step is None for day in days for erasure in day.leads)
