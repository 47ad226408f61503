"""Names leads whose workflow is lost: terminated or deleted in Temporal, not by a decision. A person restores them."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime
from temporalio import activity
from temporalio.service import RPCError

from activities.errors import again
from activities.reconcile.cursors import RENOTIFY_AFTER, first_ten, read_cursor
from client.errors import LedgerFailed
from client.leads import LeadsClient
from client.lists import LeadLists
from client.lost import list_lost
from config.settings import Settings
from process.types import Base, Words
from workflows.reconcile import SystemResult


class LostCursor(Base):
    """The result of the last search, which has to ask for all leads."""

    missing: int = 0
    """Number of leads in the ledger beyond those that run."""
    searched_at: AwareDatetime | None = None
    found: Words = ""


class LostReconciler:
    """Compares the leads in the ledger with the workflows that run."""

    def __init__(self, leads: LeadsClient, settings: Settings) -> None:
        self.leads = leads
        self._lists = LeadLists.of(settings)

    @activity.defn(name="reconcile_lost")
    async def reconcile_lost(self, cursor: dict[str, Any]) -> SystemResult:
        """Name the lost leads. It costs two counts, unless their difference is new or a day has passed."""
        before = read_cursor(LostCursor, cursor)
        try:
            running = (await self.leads.client.count_workflows(self.leads.running())).count
            after = LostCursor(missing=max(await asyncio.to_thread(self._lists.count) - running, 0))
            if after.missing:
                after = await self._searched(before, after)
        except (LedgerFailed, RPCError) as error:
            raise again(str(error)) from None
        return SystemResult(cursor=after.model_dump(mode="json"), found=(after.found,) if after.found else ())

    async def _searched(self, before: LostCursor, after: LostCursor) -> LostCursor:
        """Return the cursor with what a search finds, or what the last one found if nothing has changed since."""
        now, last = datetime.now(UTC), before.searched_at
        if before.missing == after.missing and last and now - last < RENOTIFY_AFTER:
            return before
        lost = [each.lead_id async for each in list_lost(self.leads, self._lists)]
        found = f"{len(lost)} whose workflow is lost, to be restored from the ledger: {first_ten(lost)}"
        return after.model_copy(update={"searched_at": now, "found": found if lost else ""})
