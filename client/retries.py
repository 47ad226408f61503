"""Reads from Temporal the failed activities that a workflow will retry; the lead itself does not know them."""

from datetime import UTC, datetime
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError

from process.types import Base, Code, Words


class PendingRetry(Base):
    """An activity that failed and is retried."""

    kind: Code
    reason: Words
    attempt: int
    """Number of the next attempt, or of the one under way."""
    next_attempt_at: datetime | None
    """Time of the next attempt (UTC); None while one is under way."""

    def __str__(self) -> str:
        when = f"again at {self.next_attempt_at:%H:%M:%S} UTC" if self.next_attempt_at else "trying now"
        return f"{self.kind.replace('_', ' ')}: {self.reason} ({when}, attempt {self.attempt})"


async def pending_retries(workflow: WorkflowHandle[Any, Any]) -> list[PendingRetry]:
    """Return the workflow's failed activities that are retried, soonest first. Raises RPCError."""
    described = await workflow.describe()
    found = []
    for pending in described.raw_description.pending_activities:
        if not pending.HasField("last_failure"):
            continue
        failure = await described.data_converter.decode_failure(pending.last_failure)
        due = pending.HasField("next_attempt_schedule_time")
        found.append(
            PendingRetry(
                kind=pending.activity_type.name,
                reason=failure.message if isinstance(failure, ApplicationError) else str(failure),
                attempt=pending.attempt,
                next_attempt_at=pending.next_attempt_schedule_time.ToDatetime(UTC) if due else None,
            )
        )
    return sorted(found, key=lambda each: each.next_attempt_at or datetime.min.replace(tzinfo=UTC))
