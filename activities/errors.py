"""The three answers to a failure outside: try again, wait until, or park.

Each client's module maps its own exceptions to one of them. What Temporal sees has no secret and no answer body in it:
a sentence, and what a person can do.
"""

from datetime import UTC, datetime, timedelta

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

PARKED = "Parked"
A_MINUTE = timedelta(minutes=1)
"""At a rate limit that does not say until when: GitHub advises it, and Google counts its quotas per minute."""


def again(reason: str, *, after: timedelta | None = None) -> ApplicationError:
    """A passing fault. Temporal tries again, with back-off or after exactly `after`."""
    return ApplicationError(
        reason, type="Again", next_retry_delay=after, category=ApplicationErrorCategory.BENIGN
    )


def wait(reason: str, delay: timedelta) -> ApplicationError:
    """The other side said when: a rate limit. Tried again after `delay`, not before; the text says at what time."""
    return ApplicationError(
        f"{reason}; it goes on at {resume_time(delay)}",
        type="Wait",
        next_retry_delay=delay,
        category=ApplicationErrorCategory.BENIGN,
    )


def resume_time(delay: timedelta) -> str:
    """The time of day when this delay is over, to the second and never too early."""
    return f"{datetime.now(UTC) + delay + timedelta(seconds=1) - timedelta(microseconds=1):%H:%M:%S} UTC"


def park(reason: str) -> ApplicationError:
    """It will fail until a person mends its cause; `reason` says what to mend. Nothing else waits for it."""
    return ApplicationError(reason, type=PARKED, non_retryable=True)


def retry_after(header: object) -> timedelta | None:
    """How long a Retry-After header says to wait, at least a second; None where it says nothing in seconds."""
    seconds = str(header)
    return timedelta(seconds=max(1, int(seconds))) if seconds.isdecimal() else None
