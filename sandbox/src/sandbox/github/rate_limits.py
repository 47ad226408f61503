"""Counting requests against the primary rate limit.

Nobody is refused here: a window that is used up ends early. Refusals are faults, made on demand.
"""

import time
from dataclasses import dataclass

PER_HOUR = 5_000
_HOUR = 3_600


@dataclass
class Window:
    """One caller's hour."""

    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        return PER_HOUR - self.used

    def headers(self, resource: str) -> dict[str, str]:
        """What GitHub puts on every answer."""
        return {
            "x-ratelimit-limit": str(PER_HOUR),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": resource,
        }

    def body(self, resource: str) -> dict[str, int | str]:
        """How `GET /rate_limit` tells it."""
        return {
            "limit": PER_HOUR,
            "remaining": self.remaining,
            "used": self.used,
            "reset": self.reset,
            "resource": resource,
        }


class RateLimits:
    """All callers' windows."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, caller: str, resource: str) -> Window:
        """The caller's present window."""
        now = int(time.time())
        window = self._windows.get((caller, resource))
        if window is None or window.reset <= now or window.remaining <= 0:
            window = self._windows[caller, resource] = Window(reset=now + _HOUR)
        return window

    def count(self, caller: str, resource: str, points: int = 1) -> Window:
        """Count a request, or what a query costs."""
        window = self.window(caller, resource)
        window.used = min(PER_HOUR, window.used + points)
        return window

    def refund(self, caller: str, resource: str) -> Window:
        """Count one request less: an answer that had not changed is free."""
        window = self.window(caller, resource)
        window.used = max(0, window.used - 1)
        return window
