"""The workflow that syncs one issue with its lead, while there are notices of changes.

A notice from a webhook or a poll only says where something may have changed. What counts is what GitHub says at the sync,
so the order of notices, their repeats and their losses do not matter.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from pydantic import Field, StringConstraints, ValidationError

    from process.identity import full_id
    from process.types import Coded, Given, Id, Model, Words
    from workflows.activity_errors import failed_as, reason_of
    from workflows.runtime.steps import messages_follow

RETRIES = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(minutes=5))
ONE_ATTEMPT = timedelta(minutes=2)
"""Timeout of one attempt."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""An attempt without a heartbeat for this long died with its worker, and is made again."""
AT_LONGEST = timedelta(days=1)
"""A sync that fails for this long is given up and shown as failed. Later notices are synced all the same."""
STUCK = "LeadStuck"
"""Type of the failure of a sync whose lead is stuck. Such a sync is never given up."""
BATCH = 25
"""Number of notices in one sync, so that it ends in time."""
KEPT = 500
"""Number of deliveries that are recognised again, and of lines in the result."""
MAX_WAITING = 2_600
"""Number of notices that wait at most: GitHub allows 2,500 comments on an issue, so more are about nothing that is there.
A new run gets them all as its input, of at most 2 MiB."""


Repository = Annotated[Id, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{0,100}$")]
"""A repository's name, without its owner: that is the organization."""
GlobalId = Annotated[Id, StringConstraints(pattern=r"^[A-Za-z0-9_.:=+/-]{1,100}$")]
"""An id that GitHub gives to a delivery or to an item of a board."""
Number = Annotated[int, Field(ge=0, lt=2**63)]


class ChangeNotice(Given):
    """A notice that something may have changed at an issue. It holds nobody's text and no secret."""

    repo: Repository = ""
    number: Number = 0
    """Number of the issue; 0 if only its card is known."""
    comment: Number | None = None
    card: GlobalId | None = None
    """Global id of the board's item. Its issue is found at the sync."""
    delivery: GlobalId | None = None
    """GitHub's id of the delivery. A redelivery has the same."""

    @property
    def workflow_id(self) -> str:
        """Id of the workflow that syncs the issue."""
        return f"issue-sync-{self.repo}-{self.number}" if self.number else f"issue-sync-card-{self.card}"


class SyncRequest(Given):
    """The notices about one issue since the last sync."""

    notices: tuple[ChangeNotice, ...]


class SyncResult(Model):
    """Sentences about what a sync did. Without any, there was nothing to do."""

    done: tuple[Words, ...] = ()


class SyncState(Model):
    """Everything that one run of the workflow hands to the next (continue-as-new)."""

    waiting: tuple[ChangeNotice, ...] = ()
    deliveries: tuple[Id, ...] = ()
    done: tuple[Words, ...] = ()
    lead_id: Coded | None = None
    """Id that is reserved for the lead that the issue becomes."""


@workflow.defn
class IssueSyncWorkflow:
    """Syncs one issue until there are no more notices."""

    @workflow.init
    def __init__(self, state: SyncState | None = None) -> None:
        state = state or SyncState()
        self._wait(state.waiting)
        self.deliveries = list(state.deliveries)
        self.done = list(state.done)
        self.lead_id = state.lead_id

    @workflow.run
    async def run(self, state: SyncState | None = None) -> SyncResult:
        """Return what was done, oldest first. A sync that failed for good is one line of it."""
        while await self._has_notices():
            notices = self.waiting[:BATCH]
            self._wait(self.waiting[BATCH:])
            self._note(await self._sync(notices))
            if workflow.info().is_continue_as_new_suggested() and not messages_follow():
                workflow.continue_as_new(
                    SyncState(
                        waiting=tuple(self.waiting),
                        deliveries=tuple(self.deliveries),
                        done=tuple(self.done),
                        lead_id=self.lead_id,
                    )
                )
        return SyncResult(done=tuple(self.done))

    @workflow.signal(description="Something may have changed at the issue: sync it.")
    def change_noticed(self, *notices: Any) -> None:
        """Queue notices for the next sync.

        An invalid one, and one too many, is dropped with a line in the log, so the signal never fails.
        """
        for given in notices:
            try:
                notice = ChangeNotice.model_validate(given)
            except ValidationError:
                workflow.logger.warning("invalid change notice")
                continue
            if notice.delivery in self.deliveries:
                continue
            if (subject := _subject(notice)) not in self.subjects:
                if (
                    len(self.waiting) >= MAX_WAITING
                ):  # its delivery is not noted, so that it may be sent again
                    workflow.logger.warning(
                        "a change notice too many: the sync of this issue has fallen behind"
                    )
                    continue
                self.waiting.append(notice)
                self.subjects.add(subject)
            if notice.delivery:
                self.deliveries = [*self.deliveries, notice.delivery][-KEPT:]

    @workflow.signal(description="Reserve this id for the lead that the issue becomes. The first one counts.")
    def reserve_lead_id(self, *ids: Any) -> None:
        """Keep the id with which a lead is about to start, for an attempt that does not know of it.

        It is made from an organisation's name, which people may edit before Temporal lists the lead. Anything else is
        dropped, so the signal never fails.
        """
        if self.lead_id or not ids or not isinstance(ids[0], str):
            return
        with suppress(ValueError):
            self.lead_id = full_id(ids[0])

    @workflow.query(description="The id that is reserved for the lead that the issue becomes.")
    def reserved_lead_id(self) -> str | None:
        """Return the reserved id, or None."""
        return self.lead_id

    def _wait(self, notices: Sequence[ChangeNotice]) -> None:
        """Let these notices wait, and no others."""
        self.waiting = list(notices)
        self.subjects = {_subject(notice) for notice in self.waiting}

    async def _has_notices(self) -> bool:
        """Return True once there are notices, or False if none is waiting and none comes with the present task."""
        await workflow.wait_condition(lambda: bool(self.waiting) or not messages_follow())
        return bool(self.waiting)

    async def _sync(self, notices: Sequence[ChangeNotice]) -> Sequence[str]:
        try:
            result: SyncResult = await workflow.execute_activity(
                "sync_issue",
                SyncRequest(notices=tuple(notices)),
                result_type=SyncResult,
                start_to_close_timeout=ONE_ATTEMPT,
                schedule_to_close_timeout=AT_LONGEST,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=RETRIES,
                summary=f"Sync the issue after {len(notices)} notice{'s' if len(notices) > 1 else ''}",
            )
        except ActivityError as error:
            reason = reason_of(error)
            if failed_as(error, STUCK):
                self._wait([*notices, *self.waiting])
                return (f"Waits: {reason}",)
            workflow.logger.warning("sync failed for good", extra={"reason": reason})
            return (f"Failed: {reason}",)
        return result.done

    def _note(self, lines: Sequence[str]) -> None:
        """Keep and show what a sync did."""
        self.done = [*self.done, *lines][-KEPT:]
        workflow.set_current_details("\n".join(f"- {line}" for line in self.done) or "Nothing to do.")


def _subject(notice: ChangeNotice) -> tuple[object, ...]:
    """Return the values that are equal for notices that differ at most in their delivery."""
    return notice.repo, notice.number, notice.comment, notice.card
