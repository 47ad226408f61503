"""Passes the people of each role in the settings on to the open leads.

It happens when a worker starts, and in each reconciliation. Each lead publishes a checksum of the team that it
has taken over, so only leads with another checksum get it; repeating it is harmless. A few leads get it at once, many by
a batch operation of the Temporal server. All workers should have the same settings. If they differ, the worker that
started last wins, so that workers do not overwrite each other in turn.
"""

from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import AwareDatetime
from temporalio import activity
from temporalio.service import RPCError

from activities.reconcile.cursors import RENOTIFY_AFTER, Notifications, first_ten, read_cursor
from client.broadcast import Broadcast, progress_of, signal_each, start_broadcast
from client.errors import BroadcastBusy
from client.leads import LeadsClient
from process.policy import Team
from process.types import Base, Id
from workflows.reconcile import SystemResult

FEW = 100
"""Number of leads that get it at once."""
SAME_START = 600
"""Seconds within which workers that start with the same settings have the server tell the leads once."""


class TeamCursor(Base):
    """The settings passed on last, and the leads that got them."""

    since: AwareDatetime | None = None
    """Time at which the worker with those settings started."""
    leads: Notifications = Notifications()
    """The leads that got it one by one."""
    checksum: Id = ""
    """Checksum of the team that the server was last asked to send to many leads."""
    job_id: Id = ""
    sent_at: AwareDatetime | None = None


class TeamReconciler:
    """Updates leads with the people in this worker's settings, read at `since` (now by default)."""

    def __init__(self, leads: LeadsClient, since: datetime | None = None) -> None:
        self.leads = leads
        self.team = Team.of(leads.policy, since or datetime.now(UTC))
        self.checksum = self.team.checksum()

    async def update_leads(self) -> int:
        """Let every lead that knows another team get this one, and return their number."""
        count = await self._count()
        if count:
            message = self._message(
                f"start-{int((self.team.read_at or datetime.now(UTC)).timestamp()) // SAME_START}"
            )
            if count <= FEW or not await start_broadcast(self.leads.client, message):
                await signal_each(self.leads.client, message, await self._outdated())
        return count

    async def update_at_start(self) -> None:
        """Update all leads as the worker starts. If that fails, the next reconciliation does it."""
        log = structlog.get_logger("worker")
        try:
            count = await self.update_leads()
        except (RPCError, BroadcastBusy) as error:
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
        await signal_each(
            self.leads.client, self._message("few"), [lead for lead in updated if lead not in again]
        )
        await signal_each(self.leads.client, self._message("again", now), again)
        notified.note(problems, list(notified.sent), now)
        after = before.model_copy(update={"leads": notified})
        summary = f"{len(updated)} updated with the people of the roles: {first_ten(updated)}"
        return after, [summary] if updated else []

    async def _tell_many(self, before: TeamCursor, count: int) -> tuple[TeamCursor, list[str]]:
        """Let the server tell the leads, unless it did so within a day. Each reconciliation reports the progress."""
        if before.checksum == self.checksum and before.sent_at and (job_id := before.job_id):
            sent = await progress_of(self.leads.client, job_id)
            if sent and sent.state == "running":
                return before, [
                    f"{sent.done} of {sent.leads} are updated with the people of the roles so far"
                ]
            if not (sent and sent.state == "failed") and datetime.now(UTC) - before.sent_at < RENOTIFY_AFTER:
                return before, [f"{count} have not followed the change of the people of the roles yet"]
        again = before.checksum == self.checksum
        message = self._message(activity.info().workflow_run_id or "", datetime.now(UTC) if again else None)
        try:
            if not await start_broadcast(self.leads.client, message):
                await signal_each(self.leads.client, message, await self._outdated(), activity.heartbeat)
        except BroadcastBusy:
            return before, [
                f"{count} wait for another batch operation of the server to learn the people of the roles"
            ]
        sent_now = {"checksum": self.checksum, "job_id": message.job_id, "sent_at": datetime.now(UTC)}
        return before.model_copy(update=sent_now), [f"{count} are being updated with the people of the roles"]

    def _message(self, name: str, read_at: datetime | None = None) -> Broadcast:
        """Return the message to the leads. `read_at`: time from which it counts, if not the time of the worker's start.

        A lead that does not follow for a day was told otherwise, by a worker with other settings or, where no key signs
        the news, by anybody. This worker is the one that started last, so what it says now counts.
        """
        return Broadcast(
            job_id=f"leads-team-{self.checksum}-{name}",
            query=self.leads.knowing_another_team(self.checksum),
            signal="set_team",
            reason="The people or addresses of the roles have changed in the settings",
            arguments=self.leads.signed_team(self.team.replaced(read_at=read_at) if read_at else self.team),
        )

    async def _count(self) -> int:
        """Return the number of leads that know another team; none if the settings name nobody."""
        if not (self.team.people or self.team.addresses):
            return 0
        query = self.leads.knowing_another_team(self.checksum)
        return (await self.leads.client.count_workflows(query)).count

    async def _outdated(self) -> list[str]:
        query = self.leads.knowing_another_team(self.checksum)
        return [execution.id async for execution in self.leads.client.list_workflows(query)]
