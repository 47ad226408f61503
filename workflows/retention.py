"""The workflow of retention: what has been kept for long enough is erased, by a schedule.

One activity after the other does a part of it. What failed is tried again the next time.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from process.types import Id, Model, Words
    from workflows.activity_errors import reason_of

RETRIES = RetryPolicy(
    initial_interval=timedelta(seconds=10), maximum_interval=timedelta(minutes=10), maximum_attempts=5
)
ONE_ATTEMPT = timedelta(minutes=30)
"""Timeout of one attempt."""
HEARTBEAT_TIMEOUT = timedelta(minutes=5)
"""An attempt without a heartbeat for this long died with its worker: a lead takes some minutes at most."""
MAX_PARTS = 48
"""Maximum number of activities, one after the other. The next day goes on from there."""


class RetentionResult(Model):
    """The result of one day's retention."""

    request: Id = ""
    """Name of the entry in the journal of erasures that tells the details."""
    leads: int = 0
    """Number of leads whose personal data was erased."""
    removed: int = 0
    """Number of leads of which nothing can be read any more: the time for money is over, too."""
    chores: int = 0
    """Number of runs of chores that were deleted."""
    failed: int = 0
    """Number of leads that are left for the next day."""
    more: bool = False
    """True if another activity has to go on."""
    problem: Words = ""
    """Reason why it could not be done, or empty."""

    def followed_by(self, later: "RetentionResult") -> "RetentionResult":
        """Return the result of this part and a later one."""
        return later.replaced(
            leads=self.leads + later.leads,
            removed=self.removed + later.removed,
            chores=self.chores + later.chores,
        )


@workflow.defn
class RetentionWorkflow:
    """Erases what the policy's times are over for."""

    @workflow.run
    async def run(self) -> RetentionResult:
        """Do it in parts, and return what was done."""
        done = RetentionResult(more=True)
        for _ in range(MAX_PARTS):
            if not done.more:
                break
            try:
                part: RetentionResult = await workflow.execute_activity(
                    "apply_retention",
                    result_type=RetentionResult,
                    start_to_close_timeout=ONE_ATTEMPT,
                    heartbeat_timeout=HEARTBEAT_TIMEOUT,
                    retry_policy=RETRIES,
                    summary="Erase what has been kept for long enough",
                )
            except ActivityError as error:
                return done.replaced(problem=reason_of(error)[:1_000], more=False)
            done = done.followed_by(part)
        return done
