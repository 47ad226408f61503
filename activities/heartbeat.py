"""An interceptor that sends heartbeats for every running activity, and logs one line when it ends."""

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.errors import resume_time

HEARTBEAT_INTERVAL = timedelta(seconds=3)

_log = structlog.get_logger("activities")


class HeartbeatInterceptor(Interceptor):
    """Sends heartbeats, so that an activity is retried within seconds after its worker died."""

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
            resumes = {"resumes": resume_time(delay)} if delay else {}
            log.warning(
                "effect failed", error=getattr(error, "type", None) or type(error).__name__, **resumes
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
        await asyncio.sleep(HEARTBEAT_INTERVAL.total_seconds())
