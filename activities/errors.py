"""The three answers to a failure outside: again, wait, or park.

Each client's module translates its own exceptions into one of them. The message is one sentence with the remedy, and
holds no secret and no response body.
"""

from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError

from client.connection import is_refusal
from workflows.issue_sync import STUCK

PARKED = "Parked"
A_MINUTE = timedelta(minutes=1)
"""Delay after a rate limit without a reset time. GitHub advises it, and Google counts its quotas per minute."""


def again(reason: str, *, after: timedelta | None = None) -> ApplicationError:
    """Return the error for a passing fault. Temporal retries with back-off, or after exactly `after`."""
    return ApplicationError(
        reason, type="Again", next_retry_delay=after, category=ApplicationErrorCategory.BENIGN
    )


def unanswered(error: RPCError) -> ApplicationError:
    """Return the error for a request that Temporal did not carry out: again, unless it refuses the request as it is."""
    reason = f"Temporal could not answer: {error.status.name}"
    return park(f"{reason}. Repeating it does not help") if is_refusal(error) else again(reason)


def stuck(reason: str) -> ApplicationError:
    """Return the error for a lead that cannot answer until it is repaired. A sync waits for that, however long."""
    return ApplicationError(reason, type=STUCK, category=ApplicationErrorCategory.BENIGN)


def wait(reason: str, delay: timedelta) -> ApplicationError:
    """Return the error for a rate limit. Temporal retries after `delay`; the message names the time."""
    return ApplicationError(
        f"{reason}; it goes on at {resume_time(delay)}",
        type="Wait",
        next_retry_delay=delay,
        category=ApplicationErrorCategory.BENIGN,
    )


def resume_time(delay: timedelta) -> str:
    """Return the time of day (UTC) after this delay, rounded up to the second."""
    return f"{datetime.now(UTC) + delay + timedelta(seconds=1) - timedelta(microseconds=1):%H:%M:%S} UTC"


def park(reason: str) -> ApplicationError:
    """Return the error that parks an effect until a person removes its cause. `reason` says how.

    It is expected, so the SDK writes no traceback; the log has one line of ours.
    """
    return ApplicationError(reason, type=PARKED, non_retryable=True, category=ApplicationErrorCategory.BENIGN)


class Missing(ApplicationError):
    """Parks the effect because something is not there, unless it may yet appear (`settling`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, type=PARKED, non_retryable=True)


def retry_after(header: object) -> timedelta | None:
    """Return the delay in a Retry-After header, at least a second, or None if it holds no number of seconds."""
    seconds = str(header)
    return timedelta(seconds=max(1, int(seconds))) if seconds.isdecimal() else None
