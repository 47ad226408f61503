"""Every activity is heard of while it runs, and leaves one line in the log when it ends."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.errors import resume_time

BEAT = timedelta(seconds=3)

_log = structlog.get_logger("activities")


class HeartbeatInterceptor(Interceptor):
    """One whose worker died is done again in seconds, not minutes; no activity has to know of it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _HeartbeatInbound(next)


class _HeartbeatInbound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's names
        info = activity.info()
        log = _log.bind(lead=info.workflow_id, kind=info.activity_type, attempt=info.attempt)
        beating = asyncio.create_task(_beat())
        try:
            outcome = await super().execute_activity(input)
        except Exception as error:
            delay = getattr(error, "next_retry_delay", None)
            goes_on = {"goes_on": resume_time(delay)} if delay else {}
            log.warning(
                "effect failed", error=getattr(error, "type", None) or type(error).__name__, **goes_on
            )
            raise
        else:
            log.info("effect done")
            return outcome
        finally:
            beating.cancel()


async def _beat() -> None:
    while True:
        await asyncio.to_thread(
            activity.heartbeat
        )  # of an activity in a thread, it would block the event loop
        await asyncio.sleep(BEAT.total_seconds())
