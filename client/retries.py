"""What a workflow is waiting to try again, and until when, as Temporal tells it: the lead itself does not know."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError


class PendingRetry(BaseModel):
    """Something that failed for now."""

    kind: str
    why: str
    attempt: int
    """The one that is waited for, or under way."""
    next_attempt_at: datetime | None
    """When it is made; None where it is under way."""

    def __str__(self) -> str:
        when = (
            f"again at {self.next_attempt_at:%H:%M:%S} UTC"
            if self.next_attempt_at
            else "again at this moment"
        )
        return f"{self.kind.replace('_', ' ')}: {self.why} ({when}, attempt {self.attempt})"


async def pending_retries(workflow: WorkflowHandle[Any, Any]) -> list[PendingRetry]:
    """Everything of this workflow that has failed and is tried again, the soonest first. Raises RPCError."""
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
                why=failure.message if isinstance(failure, ApplicationError) else str(failure),
                attempt=pending.attempt,
                next_attempt_at=pending.next_attempt_schedule_time.ToDatetime(UTC) if due else None,
            )
        )
    return sorted(found, key=lambda each: each.next_attempt_at or datetime.min.replace(tzinfo=UTC))
