"""Compares the folders on Google Drive with what the open leads know of them.

Drive's log of changes tells in one request what happened since the last reconciliation. Beside that, every folder is
looked at once in a turn, for what the log does not tell: a folder around it that went into the trash, or a lost position.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.google.folders import Folders, LeadsFolder, SeenFolder
from activities.issue_sync.context import in_thread
from activities.reconcile.cursors import Notifications, Sweep
from activities.reconcile.progress import Progress
from activities.reconcile.rows import LeadRows
from client.leads import LeadsClient
from config.settings import Settings
from process.core.outbox import DriftCheck
from process.types import MAX_NAME, Base, Id
from process.views.lead_row import LeadRow
from workflows.reconcile import SystemResult

BATCH = 20
"""Number of leads that are read at once; after each batch the position is kept."""
MAX_CONCURRENT = 4
"""Number of folders that are asked for at the same time."""
AT_LEAST = 20
"""Number of leads whose folders a reconciliation looks at, if there are as many. The log of changes tells the rest."""


class DriveCursor(Base):
    """Position in Drive's log of changes, and of the walk over all folders."""

    position: Id = ""
    """Token of Drive; empty before the first reconciliation."""
    trashed: bool = False
    """True if the folder for leads was in the trash at the last look."""
    sweep: Sweep = Sweep()
    leads: Notifications = Notifications()


class DriveReconciler:
    """Asks leads to check their folders. `leads` uses the worker's own client."""

    def __init__(self, leads: LeadsClient, rows: LeadRows, settings: Settings) -> None:
        self.leads = leads
        self.rows = rows
        self.settings = settings
        self.folders = Folders(settings.google)

    @activity.defn(name="reconcile_drive")
    async def reconcile_drive(self, cursor: dict[str, Any]) -> SystemResult:
        """Ask every open lead whose folder was moved, deleted or renamed to check it."""
        if not self.settings.google.leads_folder:
            return SystemResult(found=("no folder for leads is named in the settings",))
        progress = Progress(DriveCursor, cursor)
        try:
            root = await in_thread(self.folders.leads_folder)
            await self._begin(progress, root)
            done = await self._changes(progress, root) and await self._look(progress)
        except ApplicationError as error:
            if not error.non_retryable:
                raise
            progress.fail(error.message)
            done = True
        if not done:
            return progress.result(more=True)
        progress.cursor.sweep.end()
        return progress.result()

    async def _begin(self, progress: Progress[DriveCursor], root: LeadsFolder) -> None:
        """Set the size of the slice: all folders, if the log of changes can't tell what happened to them."""
        cursor, github = progress.cursor, self.settings.github
        open_leads = await self.rows.count()
        if not cursor.position or cursor.trashed != root.trashed:
            cursor.sweep = Sweep(left=open_leads)
        cursor.sweep.begin(open_leads, github.reconcile_minutes, github.sweep_hours, AT_LEAST)
        if not cursor.position:  # before any folder is looked at, so that nothing falls in between
            cursor.position = await in_thread(self.folders.position, root.drive_id)
        cursor.trashed = root.trashed
        progress.spend({"requests": 1})
        progress.save()

    async def _changes(self, progress: Progress[DriveCursor], root: LeadsFolder) -> bool:
        """Read the changes since the last position. Returns False if another activity has to go on."""
        cursor, last = progress.cursor, False
        while not last:
            page = await in_thread(self.folders.changes, root.drive_id, cursor.position)
            progress.spend({"requests": 1})
            if page is None:
                progress.find("Drive forgot up to where its changes were read, so all folders are looked at")
                cursor.position, cursor.sweep = "", Sweep()
                await self._begin(progress, root)
                return True
            rows = await self.rows.named(folder.lead_id for folder in page.folders)
            rows |= await self.rows.with_folders(page.gone)
            seen = {folder.id: folder for folder in page.folders}
            changed = {*seen, *page.gone}
            concerned = [row for row in rows.values() if row.folder_id in changed]
            await self._compare(progress, concerned, seen)
            cursor.position, last = page.position, page.last
            progress.save()
            if progress.is_over and not last:
                return False
        return True

    async def _look(self, progress: Progress[DriveCursor]) -> bool:
        """Look at a slice of all folders. Returns False if another activity has to go on."""
        sweep, slots = progress.cursor.sweep, asyncio.Semaphore(MAX_CONCURRENT)

        async def find(folder_id: str) -> SeenFolder | None:
            async with slots:
                return await in_thread(self.folders.find, folder_id)

        while sweep.left:
            rows, more = await self.rows.after(sweep.after, min(BATCH, sweep.left))
            with_folder = [row for row in rows if row.folder_id]
            found = await asyncio.gather(*(find(row.folder_id or "") for row in with_folder))
            await self._compare(progress, with_folder, {folder.id: folder for folder in found if folder})
            sweep.advance([row.lead_id for row in rows], more=more)
            progress.spend({"requests": len(with_folder)})
            progress.save()
            if progress.is_over and sweep.left:
                return False
        return True

    async def _compare(
        self, progress: Progress[DriveCursor], rows: Sequence[LeadRow], seen: Mapping[str, SeenFolder]
    ) -> None:
        """Notify the leads whose folder differs from what they know."""
        now, notifications = datetime.now(UTC), progress.cursor.leads
        problems = {
            row.lead_id: problem for row in rows if (problem := _problem(row, seen.get(row.folder_id or "")))
        }
        for lead_id in notifications.due(problems, now):
            await self.leads.check_drift(lead_id, DriftCheck(issues=False))
            progress.find(f"{lead_id}: {problems[lead_id]}")
        notifications.note(problems, [row.lead_id for row in rows], now)


def _problem(row: LeadRow, folder: SeenFolder | None) -> str:
    """Return what differs between the folder and what the lead knows of it; empty if nothing does."""
    known_as_gone = "folder" in row.drift
    if folder is None or folder.trashed:
        return "" if known_as_gone else "its folder is not where it was"
    if known_as_gone:
        return "its folder is there again"
    if (folder.name[:MAX_NAME], folder.home) != (row.folder_name, row.folder_home):
        return "its folder may have another name or place"
    return ""
