"""Passes the people of each role in the settings on to the open leads.

It happens when a worker starts, and in each reconciliation. Each lead publishes a checksum of the team that it
has taken over, so only leads with another checksum get it; repeating it is harmless. A few leads get it at once, many by
one reconciliation after the other, in parts. Each message is sealed under the key of its lead, so that whom it names can be
erased with the lead's. All workers should have the same settings. If they differ, the worker that started last wins, so
that workers do not overwrite each other in turn.
"""

from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import AwareDatetime
from temporalio import activity
from temporalio.client import WorkflowExecution
from temporalio.service import RPCError

from activities.reconcile.cursors import RENOTIFY_AFTER, Notifications, first_ten, read_cursor
from client.broadcast import Progress, signal_each
from client.leads import LeadsClient
from process.policy import Team
from process.types import Base, Id
from workflows.reconcile import SystemResult

FEW = 100
"""Number of leads that get it at once."""
PART = 3_000
"""Number of leads that one reconciliation updates: in some three minutes, so that the next one is not late."""


class TeamCursor(Base):
    """The settings passed on last, and the leads that got them."""

    since: AwareDatetime | None = None
    """Time at which the worker with those settings started."""
    leads: Notifications = Notifications()
    """The leads that got it one by one."""
    checksum: Id = ""
    """Checksum of the team that many leads were last updated with, in parts."""
    reached: AwareDatetime | None = None
    """Start of the run of the last lead that was updated with it: the newest runs come first. None if all were."""
    again: bool = False
    """True if they were updated with the same before, and have not followed for a day."""
    sent_at: AwareDatetime | None = None
    """Time of the last part."""


class TeamReconciler:
    """Updates leads with the people in this worker's settings, read at `since` (now by default)."""

    def __init__(self, leads: LeadsClient, since: datetime | None = None) -> None:
        self.leads = leads
        self.team = Team.of(leads.policy, since or datetime.now(UTC))
        self.checksum = self.team.checksum()

    async def update_leads(self) -> int:
        """Let a few leads that know another team get this one, and return their number; none if they are many.

        Several workers may start at the same time, so many are left to the reconciliations, of which one runs at a time.
        """
        outdated = await self._outdated() if 0 < await self._count() <= FEW else []
        await self._tell(outdated)
        return len(outdated)

    async def update_at_start(self) -> None:
        """Update all leads as the worker starts. If that fails, the next reconciliation does it."""
        log = structlog.get_logger("worker")
        try:
            count = await self.update_leads()
        except RPCError as error:
            log.warning("the roles' people could not be passed on", error=type(error).__name__)
        else:
            if count:
                log.info("the roles' people are passed on", leads=count)

    @activity.defn(name="reconcile_team")
    async def reconcile_team(self, cursor: dict[str, Any]) -> SystemResult:
        """Update the leads that know another team. A lead that stays outdated is updated again once a day."""
        before, since = read_cursor(TeamCursor, cursor), self.team.read_at
        if before.since and since and since < before.since:
            return SystemResult(
                cursor=cursor, found=("a worker that started later has other people in its settings",)
            )
        count = await self._count()
        tell = self._tell_few if count <= FEW else self._tell_many
        after, found = await tell(before.model_copy(update={"since": since}), count)
        return SystemResult(cursor=after.model_dump(mode="json"), found=tuple(found))

    async def _tell_few(self, before: TeamCursor, count: int) -> tuple[TeamCursor, list[str]]:
        outdated = await self._outdated() if count else []
        problems, now = dict.fromkeys(outdated, self.checksum), datetime.now(UTC)
        notified = before.leads.model_copy(deep=True)
        updated = notified.due(problems, now)
        again = [
            lead
            for lead in updated
            if (last := before.leads.sent.get(lead)) and last.problem == self.checksum
        ]
        await self._tell([lead for lead in updated if lead not in again])
        await self._tell(again, read_at=now)
        notified.note(problems, list(notified.sent), now)
        after = before.model_copy(update={"leads": notified})
        summary = f"{len(updated)} updated with the people of the roles: {first_ten(updated)}"
        return after, [summary] if updated else []

    async def _tell_many(self, before: TeamCursor, count: int) -> tuple[TeamCursor, list[str]]:
        """Update the next part of the leads, unless all were updated within a day."""
        now, is_same = datetime.now(UTC), before.checksum == self.checksum
        goes_on = is_same and before.reached is not None
        if is_same and not goes_on and before.sent_at and now - before.sent_at < RENOTIFY_AFTER:
            return before, [f"{count} have not followed the change of the people of the roles yet"]
        again = before.again if goes_on else is_same
        part = await self._next_part(before.reached if goes_on else None)
        await self._tell(
            [each.id for each in part], read_at=now if again else None, progress=activity.heartbeat
        )
        after = before.model_copy(
            update={
                "checksum": self.checksum,
                "reached": part[-1].start_time if len(part) == PART else None,
                "again": again,
                "sent_at": now,
            }
        )
        return after, [f"{len(part)} of {count} are updated with the people of the roles"] if part else []

    async def _tell(
        self, lead_ids: list[str], read_at: datetime | None = None, progress: Progress = lambda _: None
    ) -> None:
        """Send the team to these leads. `read_at`: time from which it counts, if not the time of the worker's start.

        A lead that does not follow for a day was told otherwise, by a worker with other settings or, where no key signs
        the news, by anybody. This worker is the one that started last, so what it says now counts.
        """
        team = self.team.replaced(read_at=read_at) if read_at else self.team
        given = self.leads.signed_team(team)
        await signal_each(self.leads.client, "set_team", lead_ids, given, progress=progress)

    async def _count(self) -> int:
        """Return the number of leads that know another team; none if the settings name nobody."""
        if not (self.team.people or self.team.addresses):
            return 0
        query = self.leads.knowing_another_team(self.checksum)
        return (await self.leads.client.count_workflows(query)).count

    async def _next_part(self, reached: datetime | None) -> list[WorkflowExecution]:
        """Return the outdated leads whose runs began before that of the last one, the newest first."""
        query = self.leads.knowing_another_team(self.checksum)
        if reached:
            query += f" AND StartTime < '{reached.isoformat()}'"
        return [each async for each in self.leads.client.list_workflows(query, limit=PART)]

    async def _outdated(self) -> list[str]:
        query = self.leads.knowing_another_team(self.checksum)
        return [execution.id async for execution in self.leads.client.list_workflows(query)]
