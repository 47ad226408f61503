"""Wakes a lead up on the days that matter to it."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

from workflows.shell import Shell


class Alarm:
    """The timers under way.

    A timer that rings too early does no harm, so none is replaced only because the next date has moved to a later day.
    """

    def __init__(self, lead: Shell, rang: datetime | None = None) -> None:
        self._lead = lead
        self._timers: dict[datetime, asyncio.Task[None]] = {}
        self.rang = rang
        """The moment for which the newest timer that rang was set. With other time-zone data, it may lie ahead of now."""

    def set(self, when: datetime | None, reason: str) -> None:
        """Let the lead wake up at `when`, unless it does so before."""
        if when is not None and not any(moment <= when for moment in self._timers):
            self._timers[when] = asyncio.create_task(self._ring(when, reason))

    async def _ring(self, when: datetime, reason: str) -> None:
        await workflow.sleep(max(when - workflow.now(), timedelta(seconds=1)), summary=reason)
        del self._timers[when]
        self.rang = max(self.rang or when, when)
        self._lead.wake()
