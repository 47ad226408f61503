"""Reads why an activity failed for good."""

from temporalio.exceptions import ActivityError, ApplicationError


def reason_of(error: ActivityError) -> str:
    """Return the reason of the failure, in the activity's own words if it gave any."""
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)


def failed_as(error: ActivityError, type_: str) -> bool:
    """Return True if the activity failed with an ApplicationError of this type, perhaps until its time was over."""
    cause: BaseException | None = error
    while cause and not (isinstance(cause, ApplicationError) and cause.type == type_):
        cause = cause.__cause__
    return cause is not None
