"""The week's digest: asks every lead what is to be done, and sends each role and person theirs, once a week.

A week's digest is one workflow with the week in its id, so Temporal starts it once, whoever asks, however often. A schedule
starts `WeeklyDigestWorkflow`, which knows which week it is.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

with workflow.unsafe.imports_passed_through():
    from process.types import Model
    from process.views.agenda import Agenda, Item
    from process.views.digest import DigestMail, Week, letters

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=15))
ONE_ATTEMPT = timedelta(minutes=5)
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""An attempt that is not heard of for so long died with its worker, and is made again."""
BATCH = 50
"""Leads that one activity asks."""
AGAIN = timedelta(hours=1)
"""After this, what a person may have mended is tried again."""
AT_LONGEST = timedelta(days=6)
"""Then the next digest is near, and a letter that could not be sent is given up."""


class Batch(Model):
    """Some leads that are to be asked."""

    leads: tuple[str, ...]


class Asked(Model):
    """What they have to say, and which of them did not answer."""

    items: tuple[Item, ...] = ()
    unasked: tuple[str, ...] = ()


class Sent(Model):
    """What became of a week's digest. Letters are named by their keys: roles, and digests of persons' addresses."""

    week: str
    leads: int = 0
    sent: dict[str, str] = {}
    """Letter -> Message-ID."""
    failed: dict[str, str] = {}
    """Letter -> why it could not be sent."""


def digest_id(week: Week) -> str:
    return f"digest-{week.name}"


@workflow.defn
class DigestWorkflow:
    """The digest of one week."""

    @workflow.init
    def __init__(self, week: Week) -> None:
        self.done = Sent(week=week.name)

    @workflow.run
    async def run(self, week: Week) -> Sent:
        names: list[str] = await workflow.execute_activity(
            "digest_leads",
            result_type=list[str],
            start_to_close_timeout=ONE_ATTEMPT,
            retry_policy=RETRIES,
            summary="Which leads there are",
        )
        self.done = self.done.replaced(leads=len(names))
        found = [await self._ask(names[start : start + BATCH]) for start in range(0, len(names), BATCH)]
        agenda = Agenda.of(
            week.day,
            (item for each in found for item in each.items),
            (lead for each in found for lead in each.unasked),
        )
        await asyncio.gather(*(self._send(letter) for letter in letters(agenda, week)))
        self._show()
        return self.done

    @workflow.query(name="sent", description="What became of each letter so far.")
    def sent(self) -> Sent:
        return self.done

    async def _ask(self, leads: Sequence[str]) -> Asked:
        asked: Asked = await workflow.execute_activity(
            "digest_items",
            Batch(leads=tuple(leads)),
            result_type=Asked,
            start_to_close_timeout=ONE_ATTEMPT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=RETRIES,
            summary=f"What is to be done for {len(leads)} leads",
        )
        return asked

    async def _send(self, letter: DigestMail) -> None:
        """Until it is sent, or the week is over; others do not wait for it."""
        until = workflow.now() + AT_LONGEST
        while True:
            try:
                message_id: str = await workflow.execute_activity(
                    "send_digest",
                    letter,
                    result_type=str,
                    start_to_close_timeout=ONE_ATTEMPT,
                    schedule_to_close_timeout=AT_LONGEST,
                    retry_policy=RETRIES,
                    summary=f"Mail to {letter.key}",
                )
            except ActivityError as error:
                if is_cancelled_exception(error):
                    raise
                cause = error.cause
                why = cause.message if isinstance(cause, ApplicationError) else str(cause or error)
                self.done = self.done.replaced(failed=self.done.failed | {letter.key: why})
                self._show()
                if workflow.now() + AGAIN > until:
                    return
                await workflow.sleep(AGAIN, summary=f"Until {letter.key} is tried again: {why}"[:200])
            else:
                failed = {key: why for key, why in self.done.failed.items() if key != letter.key}
                sent = self.done.sent | {letter.key: message_id}
                self.done = self.done.replaced(sent=sent, failed=failed)
                return

    def _show(self) -> None:
        workflow.set_current_details("\n".join(f"- {line}" for line in lines(self.done)))


@workflow.defn
class WeeklyDigestWorkflow:
    """Starts the digest of the week that it is; one that was started is not started again."""

    @workflow.run
    async def run(self, zone: str) -> str:
        """`zone`: whose calendar says which week it is. Answers with the digest's id."""
        week = Week.at(workflow.now(), zone)
        try:
            await workflow.start_child_workflow(
                DigestWorkflow.run,
                week,
                id=digest_id(week),
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"What is to be done in {week.name}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("the week has its digest already")
        return digest_id(week)


def lines(done: Sent) -> list[str]:
    """What became of it, for a person."""
    said = [f"sent to {key}: {message_id}" for key, message_id in done.sent.items()]
    said += [f"not sent to {key}: {why}" for key, why in done.failed.items()]
    return said or ["there was nothing to say"]
