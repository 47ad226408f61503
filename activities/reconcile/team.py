"""Passes the people of each role in the settings on to the open leads.

It happens when a worker starts, and in each reconciliation. Each lead publishes a digest of the people that it knows, so
only leads with another digest are updated; repeating it is harmless. All workers should have the same settings. If they
differ, the worker that started last wins, so that workers do not overwrite each other in turn.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import AwareDatetime, BaseModel
from temporalio import activity
from temporalio.service import RPCError

from activities.reconcile.cursors import Notifications, first_ten, read_cursor
from client.leads import LeadsClient
from process.policy import Team
from workflows.reconcile import SystemResult

MAX_CONCURRENT = 20
"""Number of leads updated at the same time."""


class TeamCursor(BaseModel):
    """The settings passed on last, and the leads that got them."""

    since: AwareDatetime | None = None
    """Time at which the worker with those settings started."""
    leads: Notifications = Notifications()


class TeamReconciler:
    """Updates leads with the people in this worker's settings, read at `since` (now by default)."""

    def __init__(self, leads: LeadsClient, since: datetime | None = None) -> None:
        self.leads = leads
        self.team = Team.of(leads.policy, since or datetime.now(UTC))

    async def update_leads(self) -> list[str]:
        """Update every lead that knows other people, and return the ids of these leads."""
        outdated = list(await self._outdated())
        await self._update(outdated)
        return outdated

    async def update_at_start(self) -> None:
        """Update all leads as the worker starts. If that fails, the next reconciliation does it."""
        log = structlog.get_logger("worker")
        try:
            updated = await self.update_leads()
        except (RPCError, ExceptionGroup) as error:
            log.warning("the roles' people could not be passed on", error=type(error).__name__)
        else:
            if updated:
                log.info("the roles' people were passed on", leads=len(updated))

    @activity.defn(name="reconcile_team")
    async def reconcile_team(self, cursor: dict[str, Any]) -> SystemResult:
        """Update the leads that know other people. A lead that stays outdated is updated again once a day."""
        before, since = read_cursor(TeamCursor, cursor), self.team.read_at
        if before.since and since and since < before.since:
            return SystemResult(
                cursor=cursor, found=("a worker that started later has other people in its settings",)
            )
        outdated = await self._outdated()
        due, notified = before.leads.due(outdated, datetime.now(UTC))
        updated = [lead_id for lead_id in due if lead_id in outdated]
        await self._update(updated)
        found = (
            [f"{len(updated)} updated with the people of the roles: {first_ten(updated)}"] if updated else []
        )
        after = TeamCursor(since=since, leads=notified)
        return SystemResult(cursor=after.model_dump(mode="json"), found=tuple(found))

    async def _outdated(self) -> dict[str, str]:
        """Return the leads that know other people than these settings, each with the difference."""
        if not (self.team.people or self.team.addresses):
            return {}  # the settings name nobody
        ours = self.team.digest()
        return {
            each.lead_id: f"{each.people}, not {ours}"
            for each in await self.leads.list_policies()
            if each.people not in ("", ours)
        }

    async def _update(self, lead_ids: Iterable[str]) -> None:
        free = asyncio.Semaphore(MAX_CONCURRENT)

        async def update(lead_id: str) -> None:
            async with free:
                await self.leads.set_team(lead_id, self.team)

        async with asyncio.TaskGroup() as group:
            for lead_id in lead_ids:
                group.create_task(update(lead_id))
