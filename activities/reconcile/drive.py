"""Compares the folders on Google Drive with the open leads."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from temporalio import activity

from activities.google.drive import DriveActivities
from activities.issue_sync.context import in_thread
from activities.reconcile.cursors import Notifications, read_cursor
from client.directory import OpenLead
from client.leads import LeadsClient
from config.settings import Settings
from process.core.outbox import DriftCheck
from workflows.reconcile import SystemResult


class DriveCursor(BaseModel):
    """The state of the folders at the last reconciliation."""

    leads: Notifications = Notifications()
    names: dict[str, str] = {}
    """Digest of the folder's name by lead, if the name differs from the lead's heading."""


class DriveReconciler:
    """Asks leads to check their folders. `leads` uses the worker's own client."""

    def __init__(self, leads: LeadsClient, settings: Settings) -> None:
        self.leads = leads
        self.settings = settings
        self.drive = DriveActivities(settings)

    @activity.defn(name="reconcile_drive")
    async def reconcile_drive(self, cursor: dict[str, Any]) -> SystemResult:
        """Ask every open lead whose folder was moved, deleted or renamed to check it."""
        if not self.settings.google.leads_folder:
            return SystemResult(found=("no folder for leads is named in the settings",))
        before, now = read_cursor(DriveCursor, cursor), datetime.now(UTC)
        with_folder = [lead for lead in await self.leads.open_leads() if lead.has_folder]
        folders = await in_thread(self.drive.leads_with_folder) if with_folder else {}
        missing = {
            lead.id: "its folder is not where it was" for lead in with_folder if lead.id not in folders
        }
        due, notified = before.leads.due(missing, now)
        names = _changed_names(with_folder, folders)
        renamed = [
            lead_id for lead_id in {*names, *before.names} if names.get(lead_id) != before.names.get(lead_id)
        ]
        for lead_id in dict.fromkeys([*due, *renamed]):
            await self.leads.check_drift(lead_id, DriftCheck(issues=False))
        found = [f"{lead_id}: {missing.get(lead_id, 'its folder is there again')}" for lead_id in due]
        found += [
            f"{lead_id}: its folder may have another name"
            for lead_id in sorted(renamed)
            if lead_id not in due
        ]
        return SystemResult(
            cursor=DriveCursor(leads=notified, names=names).model_dump(mode="json"), found=tuple(found)
        )


def _changed_names(leads: Iterable[OpenLead], folders: Mapping[str, str]) -> dict[str, str]:
    """Return a digest of each folder's name that differs from its lead's heading.

    A digest, because names of people must not enter the workflow's history.
    """
    return {
        lead.id: hashlib.sha256(folders[lead.id].encode()).hexdigest()[:12]
        for lead in leads
        if lead.id in folders and folders[lead.id] != lead.heading
    }
