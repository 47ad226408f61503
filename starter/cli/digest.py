"""The week's digest: what a worker does for it, its schedule, and `leads digest`."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from cyclopts import Parameter
from temporalio import activity
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
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.digest_mail import DigestActivities, text
from client.errors import NoWorker
from client.leads import LeadsClient
from client.schedules import keep
from config.settings import Settings
from process.types import Stage
from process.views.digest import DigestMail, Week, letters
from starter.cli.agenda import asked, collected
from starter.cli.errors import CommandError, ExitCode
from starter.cli.options import Json, flag
from starter.cli.output import Output
from starter.cli.session import leads_of, read_settings
from workflows.digest import Asked, Batch, DigestWorkflow, Sent, WeeklyDigestWorkflow, digest_id, lines

SCHEDULE = "weekly-digest"
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
LATE = timedelta(days=2)
"""So long after its hour it is still written, if no server was there then."""


class Digests:
    """What a worker does for a digest. `leads`: over the worker's own client."""

    def __init__(self, leads: LeadsClient) -> None:
        self.leads = leads

    @activity.defn(name="digest_leads")
    async def digest_leads(self) -> list[str]:
        """All leads that are not archived."""
        return [row.lead async for row in self.leads.list_leads(Stage, ours=True)]

    @activity.defn(name="digest_items")
    async def digest_items(self, batch: Batch) -> Asked:
        """What these have to say."""
        rows = [row async for row in self.leads.list_leads(Stage, ours=True, among=batch.leads)]
        items, unasked = await asked(self.leads, rows, datetime.now(UTC), activity.heartbeat)
        return Asked(items=tuple(items), unasked=tuple(unasked))


def digest_activities(leads: LeadsClient, settings: Settings) -> list[Callable[..., Awaitable[Any] | Any]]:
    """The activities of a digest."""
    digests, mail = Digests(leads), DigestActivities(settings, leads.policy)
    return [digests.digest_leads, digests.digest_items, mail.send_digest]


def zone_of(settings: Settings) -> str:
    """Whose week it is."""
    return settings.digest.zone or settings.zone


async def keep_digest(client: Client, settings: Settings) -> None:
    """A digest on its day of each week; on `never`, none. Whatever was set before is changed."""
    await keep(client, SCHEDULE, None if settings.digest.day == "never" else _schedule(settings))


def _schedule(settings: Settings) -> Schedule:
    zone, day = zone_of(settings), DAYS.index(settings.digest.day)
    calendar = ScheduleCalendarSpec(
        day_of_week=[ScheduleRange(day)],
        hour=[ScheduleRange(settings.digest.hour)],
        comment="the week's digest",
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            WeeklyDigestWorkflow.run,
            zone,
            id=SCHEDULE,
            task_queue=settings.task_queue,
            static_summary="Have the week's digest written",
        ),
        spec=ScheduleSpec(calendars=[calendar], time_zone_name=zone),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=LATE, pause_on_failure=False
        ),
    )


async def send_now(client: Client, task_queue: str, week: Week) -> tuple[Sent, bool]:
    """The week's digest, written now if it was not yet, and whether it had been. What fails is not waited for."""
    name, before = digest_id(week), False
    try:
        await client.start_workflow(
            DigestWorkflow.run,
            week,
            id=name,
            task_queue=task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary=f"What is to be done in {week.name}",
        )
    except WorkflowAlreadyStartedError:
        before = True
    handle: WorkflowHandle[DigestWorkflow, Sent] = client.get_workflow_handle(name, result_type=Sent)
    result = asyncio.ensure_future(handle.result())
    try:
        while not (await asyncio.wait([result], timeout=0.5))[0]:
            known = await handle.query(DigestWorkflow.sent)
            if known.failed:
                return known, before
        return result.result(), before
    except RPCError as error:
        if error.status in (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION):
            raise NoWorker(task_queue) from error
        raise
    finally:
        result.cancel()


async def digest(
    *,
    send: Annotated[
        bool, flag("Send this week's now, instead of on its day. It is sent once: not again on that day.")
    ] = False,
    timeout: Annotated[float, Parameter("--timeout", help="With --send: seconds to wait for it.")] = 120.0,
    json: Json = False,
) -> None:
    """Print this week's digest as it would be sent now: a mail to each role, and to each person who has one by name."""
    settings, leads = read_settings(), await leads_of()
    week = Week.at(datetime.now(UTC), zone_of(settings))
    out = Output(as_json=json)
    if send:
        await _send(leads, week, timeout, out)
        return
    found = letters(await collected(leads, datetime.now(UTC)), week)
    mail = DigestActivities(settings, leads.policy)
    if out.value([each.model_dump(mode="json") | {"to": _to(mail, each)} for each in found]):
        return
    if not found:
        out.line("There is nothing to say, so no mail.", "green")
    for letter in found:
        out.heading(f"To {', '.join(_to(mail, letter))}: {letter.subject}")
        for line in text(letter).text.splitlines():
            out.line(line)


async def _send(leads: LeadsClient, week: Week, timeout: float, out: Output) -> None:
    try:
        async with asyncio.timeout(timeout):
            done, before = await send_now(leads.client, leads.task_queue, week)
    except TimeoutError:
        raise NoWorker(leads.task_queue) from None
    if not out.value(done.model_dump(mode="json") | {"already": before}):
        out.line(f"The digest of {done.week}{' was sent before:' if before else ':'}")
        out.items(lines(done))
    if done.failed:
        raise CommandError(
            ExitCode.UNAVAILABLE,
            f"{len(done.failed)} letters could not be sent; {digest_id(week)} tries again every hour.",
            printed=True,
        )


def _to(mail: DigestActivities, letter: DigestMail) -> tuple[str, ...]:
    try:
        return mail.recipients(letter)
    except ApplicationError as error:
        return (f"nobody ({error.message})",)
