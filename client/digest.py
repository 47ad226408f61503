"""The weekly digest: its schedule in Temporal, and sending it now."""

import asyncio
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    WorkflowHandle,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from client.connection import NO_WORKER_ANSWERED
from client.errors import NoWorker
from client.schedules import keep
from config.settings import Settings
from process.views.digest import Week
from workflows.digest import DigestResult, DigestRun, DigestWorkflow, WeeklyDigestWorkflow, digest_id

SCHEDULE = "weekly-digest"
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
ANSWER_WITHIN = timedelta(seconds=5)
"""Time that the workflow has to tell how far it is."""
CATCH_UP = timedelta(days=2)
"""A digest that was missed because the server was down is still written within this time."""


def digest_zone(settings: Settings) -> str:
    """Return the time zone that decides which week and hour it is."""
    return settings.digest.zone or settings.zone


async def keep_digest(client: Client, settings: Settings) -> None:
    """Create or change the weekly schedule to what the settings say; delete it if the day is `never`."""
    await keep(client, SCHEDULE, None if settings.digest.day == "never" else _schedule(settings))


def _schedule(settings: Settings) -> Schedule:
    zone, day = digest_zone(settings), DAYS.index(settings.digest.day)
    calendar = ScheduleCalendarSpec(
        day_of_week=[ScheduleRange(day)],
        hour=[ScheduleRange(settings.digest.hour)],
        comment="weekly digest",
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WeeklyDigestWorkflow.run,
            zone,
            id=SCHEDULE,
            task_queue=settings.chores_queue,
            static_summary="Start this week's digest",
        ),
        spec=ScheduleSpec(calendars=[calendar], time_zone_name=zone),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP, pause_on_failure=False
        ),
    )


async def send_now(client: Client, task_queue: str, week: Week) -> tuple[DigestResult, bool]:
    """Send the week's digest unless it was sent already.

    Returns the result, and True if it had been sent before. Returns at the first mail that fails, without
    waiting for its retries.
    """
    name, before = digest_id(week), False
    try:
        await client.start_workflow(
            DigestWorkflow.run,
            DigestRun(week=week),
            id=name,
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"Digest of {week.name}",
        )
    except WorkflowAlreadyStartedError:
        before = True
    handle: WorkflowHandle[DigestWorkflow, DigestResult] = client.get_workflow_handle(
        name, result_type=DigestResult
    )
    result = asyncio.ensure_future(handle.result())
    try:
        while not (await asyncio.wait([result], timeout=0.5))[0]:
            known = await _known(handle, task_queue)
            if known and known.failed:
                return known, before
        return result.result(), before
    finally:
        result.cancel()


async def _known(
    handle: WorkflowHandle[DigestWorkflow, DigestResult], task_queue: str
) -> DigestResult | None:
    """Return the result so far, or None if the worker is too busy to answer. Raises NoWorker."""
    try:
        return await handle.query(DigestWorkflow.sent, rpc_timeout=ANSWER_WITHIN)
    except RPCError as error:
        if error.status is RPCStatusCode.FAILED_PRECONDITION:
            raise NoWorker(task_queue) from error
        if error.status not in NO_WORKER_ANSWERED:
            raise
        return None
