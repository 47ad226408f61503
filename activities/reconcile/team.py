"""Leads in flight hear who is behind the roles: when a worker starts, and in each round.

Each lead says by a digest whom it knows, so only those are told that know others; to tell them again is harmless. Workers
are to have the same settings. Where they have not, the one that started last has the say, and the others keep still:
else each round would take back what the one before told.
"""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel
from temporalio import activity

from activities.reconcile.cursors import Memory, few, read_cursor
from client.leads import LeadsClient
from process.policy import People
from workflows.reconcile import SystemResult

AT_ONCE = 20
"""Leads that are told at the same time."""


class TeamCursor(BaseModel):
    """Whose word was told last, and to whom."""

    since: AwareDatetime | None = None
    leads: Memory = Memory()


class Team:
    """`since`: when this worker read its settings, by default now."""

    def __init__(self, leads: LeadsClient, since: datetime | None = None) -> None:
        self.leads = leads
        self.people = People.of(leads.policy, since or datetime.now(UTC))

    async def tell(self) -> list[str]:
        """Tells every lead that knows others; these are the leads."""
        wrong = list(await self._strangers())
        await self._tell(wrong)
        return wrong

    @activity.defn(name="reconcile_team")
    async def reconcile_team(self, cursor: dict[str, Any]) -> SystemResult:
        """Whether every lead knows who is behind the roles. One that was told and knows others still is told once a day."""
        before, since = read_cursor(TeamCursor, cursor), self.people.since
        if before.since and since and since < before.since:
            return SystemResult(
                cursor=cursor, found=("a worker that started later says who is behind the roles",)
            )
        strangers = await self._strangers()
        due, told = before.leads.news(strangers, datetime.now(UTC))
        wrong = [lead for lead in due if lead in strangers]
        await self._tell(wrong)
        found = [f"{len(wrong)} hear who is behind the roles: {few(wrong)}"] if wrong else []
        after = TeamCursor(since=since, leads=told)
        return SystemResult(cursor=after.model_dump(mode="json"), found=tuple(found))

    async def _strangers(self) -> dict[str, str]:
        """Return the leads that know other people than these settings, each with the difference."""
        if not (self.people.people or self.people.addresses):
            return {}  # these settings name nobody
        ours = self.people.digest()
        return {
            each.lead: f"{each.people}, not {ours}"
            for each in await self.leads.list_policies()
            if each.people not in ("", ours)
        }

    async def _tell(self, leads: Iterable[str]) -> None:
        ready = asyncio.Semaphore(AT_ONCE)

        async def tell(lead: str) -> None:
            async with ready:
                await self.leads.set_team(lead, self.people)

        async with asyncio.TaskGroup() as group:
            for lead in leads:
                group.create_task(tell(lead))
