"""Reads why an activity failed for good."""

from temporalio.exceptions import ActivityError, ApplicationError


def reason_of(error: ActivityError) -> str:
    """Return the reason of the failure, in the activity's own words if it gave any."""
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause or error)
