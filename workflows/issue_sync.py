"""The desk at one issue: looks there while there is something to look at, one visit after the other.

What is heard, from a webhook or a poll, is only a hint where to look. What counts is what GitHub says at the visit, so
the order of hints, their repeats and their losses do not matter.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import StringConstraints, ValidationError

    from process.types import Line, Model

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5))
ONE_ATTEMPT = timedelta(minutes=2)
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt that is not heard of for so long died with its worker, and is made again."""
AT_LONGEST = timedelta(days=1)
"""A visit that fails so long is given up and shown as that; what is heard after it is looked at."""
AT_ONCE = 25
"""Hints in one visit, so that it is done in time."""
REMEMBERED = 500
"""Deliveries that are known again; lines of the result."""


Repository = Annotated[str, StringConstraints(pattern=r"^[\w.-]{0,100}$")]
"""Its name, without its owner: that is the organization."""


class ChangeNotice(Model):
    """That there may be something to see at an issue. Never what it is: no text of anybody's, and no secret."""

    repo: Repository = ""
    number: int = 0
    """The issue; 0 where only its card is known."""
    comment: int | None = None
    card: Line | None = None
    """Global id of the board's item: its issue is found out at the visit."""
    sender: Line | None = None
    """Login of whoever moved the card, where GitHub's history does not tell."""
    delivery: Line | None = None
    """GitHub's id of the delivery: a redelivery has the same."""

    @property
    def desk(self) -> str:
        """Id of the workflow that looks there."""
        return f"desk-{self.repo}-{self.number}" if self.number else f"desk-card-{self.card}"


class SyncRequest(Model):
    """All that was heard about one issue since the last visit."""

    notices: tuple[ChangeNotice, ...]


class SyncResult(Model):
    """What a visit did, in words; without any, there was nothing to do."""

    done: tuple[str, ...] = ()


class RunState(Model):
    """All that a desk knows, handed from one run of its workflow to the next."""

    waiting: tuple[ChangeNotice, ...] = ()
    deliveries: tuple[str, ...] = ()
    done: tuple[str, ...] = ()


@workflow.defn
class IssueSyncWorkflow:
    """One issue that somebody may have done something at: visits it until nothing new is heard."""

    @workflow.init
    def __init__(self, carried: RunState | None = None) -> None:
        carried = carried or RunState()
        self.waiting = list(carried.waiting)
        self.deliveries = list(carried.deliveries)
        self.done = list(carried.done)

    @workflow.run
    async def run(self, carried: RunState | None = None) -> SyncResult:
        """What was done, oldest first. A visit that failed for good is one line of it, and the next one is made."""
        while self.waiting:
            notices, self.waiting = self.waiting[:AT_ONCE], self.waiting[AT_ONCE:]
            self._note(await self._visit(notices))
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(
                    RunState(
                        waiting=tuple(self.waiting), deliveries=tuple(self.deliveries), done=tuple(self.done)
                    )
                )
        return SyncResult(done=tuple(self.done))

    @workflow.signal(description="Something may have happened at the issue: look there.")
    def heard(self, *notices: Any) -> None:
        """Never fails: what is no hint is dropped with a line in the log."""
        for given in notices:
            try:
                notice = ChangeNotice.model_validate(given)
            except ValidationError:
                workflow.logger.warning("no hint")
                continue
            if notice.delivery in self.deliveries:
                continue
            if notice.delivery:
                self.deliveries = [*self.deliveries, notice.delivery][-REMEMBERED:]
            if not any(_same(notice, known) for known in self.waiting):
                self.waiting.append(notice)

    async def _visit(self, notices: Sequence[ChangeNotice]) -> Sequence[str]:
        try:
            attended: SyncResult = await workflow.execute_activity(
                "attend",
                SyncRequest(notices=tuple(notices)),
                result_type=SyncResult,
                start_to_close_timeout=ONE_ATTEMPT,
                schedule_to_close_timeout=AT_LONGEST,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                summary=f"Look at what {len(notices)} hint{'s' if len(notices) > 1 else ''} may be about",
            )
        except ActivityError as error:
            cause = error.cause
            why = cause.message if isinstance(cause, ApplicationError) else str(cause or error)
            workflow.logger.warning("visit failed for good", extra={"reason": why})
            return (f"Failed: {why}",)
        return attended.done

    def _note(self, lines: Sequence[str]) -> None:
        self.done = [*self.done, *lines][-REMEMBERED:]
        workflow.set_current_details("\n".join(f"- {line}" for line in self.done) or "Nothing to do.")


def _same(one: ChangeNotice, other: ChangeNotice) -> bool:
    """Whether one look answers both."""
    return one.replaced(delivery=None) == other.replaced(delivery=None)
