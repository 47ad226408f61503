"""Reads why an activity failed for good."""

from temporalio.exceptions import ActivityError, ApplicationError

from process.effects.requests import MAX_REASON


def reason_of(error: ActivityError) -> str:
    """Return the reason of the failure, in the activity's own words if it gave any, as far as it is kept."""
    cause = error.cause
    reason = cause.message if isinstance(cause, ApplicationError) else str(cause or error)
    return reason if len(reason) <= MAX_REASON else f"{reason[: MAX_REASON - 1]}…"


def failed_as(error: ActivityError, type_: str) -> bool:
    """Return True if the activity failed with an ApplicationError of this type, perhaps until its time was over."""
    cause: BaseException | None = error
    while cause and not (isinstance(cause, ApplicationError) and cause.type == type_):
        cause = cause.__cause__
    return cause is not None
