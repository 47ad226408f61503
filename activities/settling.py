"""Time in which outside systems may not show yet what was written a moment ago.

Reads of GitHub and Google lag a second or two behind writes, so that something new may be missing from an answer.
"""

from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.errors import Missing, again

SETTLING = timedelta(minutes=1)
"""Time after an activity's first attempt in which something that is missing may yet appear."""


def is_settling() -> bool:
    """Return True while something that is missing may yet appear."""
    return datetime.now(UTC) - activity.info().scheduled_time < SETTLING


def given_time(error: Missing) -> ApplicationError:
    """Return the error that retries, or in the end the one that parks."""
    if not is_settling():
        return error
    return again(f"It may not be shown yet. {error.message}")
