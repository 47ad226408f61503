"""Every activity is heard of while it runs, so that one whose worker died is done again in seconds, not minutes."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

BEAT = timedelta(seconds=3)


class Heartbeats(Interceptor):
    """Beats for activities that know nothing of it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _Beating(next)


class _Beating(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's names
        beating = asyncio.create_task(_beat())
        try:
            return await super().execute_activity(input)
        finally:
            beating.cancel()


async def _beat() -> None:
    while True:
        await asyncio.to_thread(activity.heartbeat)  # of an activity in a thread, it would block the event loop
        await asyncio.sleep(BEAT.total_seconds())
