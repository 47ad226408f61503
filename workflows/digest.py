"""The workflows of the weekly digest: they ask every lead what is to be done, and mail each role and person their part.

The week stands in the id of its digest, so Temporal starts it only once. A schedule starts `WeeklyDigestWorkflow`, which
starts the digest of the present week.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import (
    ActivityError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from process.types import Model
    from process.views.agenda import Agenda, AgendaItem
    from process.views.digest import DigestMail, Week, digest_mails
    from workflows.activity_errors import reason_of

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONE_ATTEMPT = timedelta(minutes=5)
"""Timeout of one attempt."""
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""An attempt without a heartbeat for this long died with its worker, and is made again."""
BATCH = 50
"""Number of leads that one activity asks."""
RETRY_AFTER = timedelta(hours=1)
"""A mail that failed for good is tried again after this time, because a person may have mended the cause."""
AT_LONGEST = timedelta(days=6)
"""A mail that could not be sent in this time is given up: the next digest is near."""


class Batch(Model):
    """Leads that one activity asks."""

    leads: tuple[str, ...]


class AgendaAnswers(Model):
    """The agenda items of some leads, and the leads that did not answer."""

    items: tuple[AgendaItem, ...] = ()
    unreachable: tuple[str, ...] = ()


class DigestResult(Model):
    """The result of a week's digest. A mail's key is a role, or a digest of a person's address."""

    week: str
    leads: int = 0
    sent: dict[str, str] = {}
    """Message-ID of each mail, by its key."""
    failed: dict[str, str] = {}
    """Reason why each mail could not be sent, by its key."""


def digest_id(week: Week) -> str:
    """Return the id of the workflow that sends this week's digest."""
    return f"digest-{week.name}"


@workflow.defn
class DigestWorkflow:
    """The digest of one week."""

    @workflow.init
    def __init__(self, week: Week) -> None:
        self.done = DigestResult(week=week.name)

    @workflow.run
    async def run(self, week: Week) -> DigestResult:
        """Ask all leads, send all mails, and return the result."""
        names: list[str] = await workflow.execute_activity(
            "digest_leads",
            result_type=list[str],
            start_to_close_timeout=ONE_ATTEMPT,
            retry_policy=RETRIES,
            summary="List the leads",
        )
        self.done = self.done.replaced(leads=len(names))
        found = [await self._ask(names[start : start + BATCH]) for start in range(0, len(names), BATCH)]
        agenda = Agenda.of(
            week.day,
            (item for each in found for item in each.items),
            (lead_id for each in found for lead_id in each.unreachable),
        )
        await asyncio.gather(*(self._send(mail) for mail in digest_mails(agenda, week)))
        self._show()
        return self.done

    @workflow.query(name="sent", description="The mails that were sent, and those that failed, so far.")
    def sent(self) -> DigestResult:
        """Return the result so far."""
        return self.done

    async def _ask(self, leads: Sequence[str]) -> AgendaAnswers:
        asked: AgendaAnswers = await workflow.execute_activity(
            "digest_items",
            Batch(leads=tuple(leads)),
            result_type=AgendaAnswers,
            start_to_close_timeout=ONE_ATTEMPT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=RETRIES,
            summary=f"Ask {len(leads)} leads what is to be done",
        )
        return asked

    async def _send(self, mail: DigestMail) -> None:
        """Send a mail, trying again until the week is over. Others do not wait for it."""
        until = workflow.now() + AT_LONGEST
        while True:
            try:
                message_id: str = await workflow.execute_activity(
                    "send_digest",
                    mail,
                    result_type=str,
                    start_to_close_timeout=ONE_ATTEMPT,
                    schedule_to_close_timeout=AT_LONGEST,
                    retry_policy=RETRIES,
                    summary=f"Mail to {mail.key}",
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                reason = reason_of(error)
                self.done = self.done.replaced(failed=self.done.failed | {mail.key: reason})
                self._show()
                if workflow.now() + RETRY_AFTER > until:
                    return
                await workflow.sleep(RETRY_AFTER, summary=f"Until {mail.key} is tried again: {reason}"[:200])
            else:
                failed = {key: reason for key, reason in self.done.failed.items() if key != mail.key}
                sent = self.done.sent | {mail.key: message_id}
                self.done = self.done.replaced(sent=sent, failed=failed)
                return

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
                week,
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
    found = [f"sent to {key}: {message_id}" for key, message_id in done.sent.items()]
    found += [f"not sent to {key}: {reason}" for key, reason in done.failed.items()]
    return found or ["there was nothing to say"]
