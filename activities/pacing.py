"""Spreads the requests of one account over time, so that no limit of an outside system is met.

A bucket holds a third of what the limit allows in its time, and two thirds flow in during that time. So no stretch of that
length, wherever it begins, has more than the limit.
"""

import random
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta

from activities.errors import wait

MAX_PAUSE = 15.0
"""Seconds for which a request waits in its thread. Beyond them, Temporal tries the activity again later."""


class TokenBucket:
    """Points that may be used now, and that flow in again."""

    def __init__(self, limit: float, seconds: float) -> None:
        self._capacity = limit / 3
        self._per_second = limit * 2 / 3 / seconds
        self._points = self._capacity
        self._at = now()

    def take(self, points: float) -> float:
        """Use the points. Return the seconds after which they are there."""
        at = now()
        self._points = min(self._capacity, self._points + (at - self._at) * self._per_second) - points
        self._at = at
        return max(0.0, -self._points / self._per_second)

    def put_back(self, points: float) -> None:
        """Return points that were not used after all."""
        self._points += points


class Pace:
    """The buckets of one account, by name. One instance serves all threads."""

    def __init__(self, system: str, buckets: Mapping[str, TokenBucket]) -> None:
        self._system = system
        self._buckets = buckets
        self._lock = threading.Lock()

    def take(self, charges: Sequence[tuple[str, float]]) -> None:
        """Wait until a request with these points may be sent. Raises ApplicationError (wait) if that is long."""
        charges = [(name, points) for name, points in charges if name in self._buckets]
        with self._lock:
            pause = max([self._buckets[name].take(points) for name, points in charges], default=0.0)
            if pause > MAX_PAUSE:
                for name, points in charges:
                    self._buckets[name].put_back(points)
        if pause > MAX_PAUSE:
            later = timedelta(seconds=pause * random.uniform(1, 2))  # noqa: S311 - so that not all come back at once
            raise wait(f"Requests to {self._system} are spread, so that they stay below its limits", later)
        if pause:
            sleep(pause)


def now() -> float:
    """Return the seconds of a monotonic clock."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Wait in this thread."""
    time.sleep(seconds)
