"""The workflows of the weekly digest: each role and person gets a mail with their part of the agenda.

The week stands in the id of its digest, so Temporal starts it only once. A schedule starts `WeeklyDigestWorkflow`, which
starts the digest of the present week. Neither leads nor mails pass through the workflow, only the keys of the mails, so that
its history stays small however many leads there are.
"""

import asyncio
from datetime import datetime, timedelta

from pydantic import AwareDatetime
from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import (
    ActivityError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from process.types import Code, Id, Model, Words
    from process.views.digest import Week
    from workflows.activity_errors import reason_of

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONE_ATTEMPT = timedelta(minutes=5)
"""Timeout of one attempt."""
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""An attempt without a heartbeat for this long died with its worker, and is made again."""
AT_ONCE = 20
"""Number of mails that are sent at the same time."""
RETRY_AFTER = timedelta(hours=1)
"""A mail that failed is tried again after this time, because a person may have mended the cause."""
AT_LONGEST = timedelta(days=6)
"""A mail that could not be sent in this time is given up: the next digest is near."""
LONG_HISTORY = 2_000
"""Number of events after which the digest goes on in a new run."""


class DigestPlan(Model):
    """The mails to send, by their keys: a role, or a digest of a person's address."""

    read_at: AwareDatetime
    """Moment of which the mails tell."""
    leads: int
    keys: tuple[Id, ...] = ()


class DigestPart(Model):
    """One mail to send."""

    week: Week
    key: Id
    read_at: AwareDatetime


class DigestResult(Model):
    """The result of a week's digest. A mail's key is a role, or a digest of a person's address."""

    week: Code
    leads: int = 0
    sent: dict[Id, Id] = {}
    """Message-ID of each mail, by its key; empty if nothing was left to say in it."""
    failed: dict[Id, Words] = {}
    """Reason why each mail could not be sent, by its key."""


class DigestState(Model):
    """Everything that one run of a digest hands to the next."""

    done: DigestResult
    plan: DigestPlan
    todo: tuple[Id, ...]
    """Keys of the mails that are still to be tried now."""
    until: AwareDatetime


class DigestRun(Model):
    """The input of a digest's run: its week and, if it goes on, what the run before handed over."""

    week: Week
    state: DigestState | None = None


def digest_id(week: Week) -> str:
    """Return the id of the workflow that sends this week's digest."""
    return f"digest-{week.name}"


@workflow.defn
class DigestWorkflow:
    """The digest of one week."""

    @workflow.init
    def __init__(self, start: DigestRun) -> None:
        self.done = start.state.done if start.state else DigestResult(week=start.week.name)

    @workflow.run
    async def run(self, start: DigestRun) -> DigestResult:
        """Send all mails, those that failed again every hour, and return the result."""
        week, state = start.week, start.state
        if state is None:
            plan = await self._plan(week)
            self.done = self.done.replaced(leads=plan.leads)
            todo, until = plan.keys, workflow.now() + AT_LONGEST
        else:
            plan, todo, until = state.plan, state.todo, state.until
        while True:
            while todo:
                if workflow.info().get_current_history_length() > LONG_HISTORY:
                    going_on = DigestState(done=self.done, plan=plan, todo=todo, until=until)
                    workflow.continue_as_new(DigestRun(week=week, state=going_on))
                page, todo = todo[:AT_ONCE], todo[AT_ONCE:]
                await asyncio.gather(*(self._send(week, key, plan.read_at) for key in page))
            self._show()
            if not self.done.failed or workflow.now() + RETRY_AFTER > until:
                return self.done
            some = "; ".join(f"{key}: {reason}" for key, reason in self.done.failed.items())
            await workflow.sleep(RETRY_AFTER, summary=f"Until these are tried again: {some}"[:200])
            todo = tuple(self.done.failed)

    @workflow.query(name="sent", description="The mails that were sent, and those that failed, so far.")
    def sent(self) -> DigestResult:
        """Return the result so far."""
        return self.done

    async def _plan(self, week: Week) -> DigestPlan:
        plan: DigestPlan = await workflow.execute_activity(
            "plan_digest",
            week,
            result_type=DigestPlan,
            start_to_close_timeout=ONE_ATTEMPT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=RETRIES,
            summary="Read the leads' rows in the ledger",
        )
        return plan

    async def _send(self, week: Week, key: str, read_at: datetime) -> None:
        """Send a mail. If it fails for now, it is tried again for a while, and then with those that failed for good."""
        try:
            message_id: str = await workflow.execute_activity(
                "send_digest",
                DigestPart(week=week, key=key, read_at=read_at),
                result_type=str,
                start_to_close_timeout=ONE_ATTEMPT,
                schedule_to_close_timeout=RETRY_AFTER,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                summary=f"Mail to {key}",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            self.done = self.done.replaced(failed=self.done.failed | {key: reason_of(error)})
        else:
            failed = {other: reason for other, reason in self.done.failed.items() if other != key}
            self.done = self.done.replaced(sent=self.done.sent | {key: message_id}, failed=failed)

    def _show(self) -> None:
        workflow.set_current_details("\n".join(f"- {line}" for line in lines(self.done)))


@workflow.defn
class WeeklyDigestWorkflow:
    """Starts the digest of the present week, unless it was started before."""

    @workflow.run
    async def run(self, zone: str) -> str:
        """Start the digest of the present week in this time zone, and return its id."""
        week = Week.at(workflow.now(), zone)
        try:
            await workflow.start_child_workflow(
                DigestWorkflow.run,
                DigestRun(week=week),
                id=digest_id(week),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"Digest of {week.name}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the week has its digest already")
        return digest_id(week)


def lines(done: DigestResult) -> list[str]:
    """Return the result as lines of text."""
    found = [
        f"sent to {key}: {message_id}" if message_id else f"nothing left to say to {key}"
        for key, message_id in done.sent.items()
    ]
    found += [f"not sent to {key}: {reason}" for key, reason in done.failed.items()]
    return found or ["there was nothing to say"]
