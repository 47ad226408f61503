"""An interceptor that sends heartbeats for every running activity, and logs one line when an effect ends."""

import asyncio
import contextvars
import inspect
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from temporalio import activity
from temporalio.worker import (
    ActivityInboundInterceptor,
    ActivityOutboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from activities.counting import count_effect, outcome_of
from activities.errors import resume_time

HEARTBEAT_INTERVAL = timedelta(seconds=3)
"""Time between heartbeats, and before the first. An activity that ends sooner sends none."""

LOGS_EACH = "perform_effects"
"""The activity that logs each of its effects by itself."""

_log = structlog.get_logger("activities")


class HeartbeatInterceptor(Interceptor):
    """Sends heartbeats, so that an activity is retried within seconds after its worker died.

    They have a thread of their own: calls to outside systems that hang can take all others. Each repeats the details that
    the activity, or its last attempt, gave with its own last heartbeat, since Temporal keeps only those of the newest.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="heartbeat")

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        return _HeartbeatInbound(next, self._thread)


class _HeartbeatInbound(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, thread: ThreadPoolExecutor) -> None:  # noqa: A002
        super().__init__(next)
        self._thread = thread

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        super().init(_HeartbeatOutbound(outbound))

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002 - the SDK's names
        info = activity.info()
        if info.is_local:  # it runs within a workflow task, which has a timeout of its own
            return await super().execute_activity(input)
        log = _log.bind(lead=info.workflow_id, kind=info.activity_type, attempt=info.attempt)
        beating = asyncio.create_task(
            self._beat(in_loop=inspect.iscoroutinefunction(getattr(input, "fn", None)))
        )
        try:
            outcome = await super().execute_activity(input)
        except Exception as error:
            delay = getattr(error, "next_retry_delay", None)
            resumes = {"resumes": resume_time(delay)} if delay else {}
            log.warning(
                "effect failed", error=getattr(error, "type", None) or type(error).__name__, **resumes
            )
            count_effect(info.activity_type, outcome_of(error))
            raise
        else:
            if info.activity_type != LOGS_EACH:
                log.info("effect done")
                count_effect(info.activity_type, "done")
            return outcome
        finally:
            beating.cancel()

    async def _beat(self, *, in_loop: bool) -> None:
        """Send heartbeats. Only an activity that runs in the event loop, `in_loop`, can send them there."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(HEARTBEAT_INTERVAL.total_seconds())
            if in_loop:
                activity.heartbeat()
                continue
            with suppress(TimeoutError):  # the event loop was busy for ten seconds
                # of an activity in a thread, it waits for the event loop, so it cannot be called there
                await loop.run_in_executor(self._thread, contextvars.copy_context().run, activity.heartbeat)


class _HeartbeatOutbound(ActivityOutboundInterceptor):
    """Repeats the last details with a heartbeat that has none."""

    def __init__(self, next: ActivityOutboundInterceptor) -> None:  # noqa: A002
        super().__init__(next)
        self._details: tuple[Any, ...] | None = None

    def heartbeat(self, *details: Any) -> None:
        if details or self._details is None:
            self._details = details or tuple(activity.info().heartbeat_details)
        super().heartbeat(*self._details)
