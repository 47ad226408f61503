"""The primary rate limit: requests are counted, never refused.

A window that is used up ends early. Refusals are faults, on demand.
"""

import time
from dataclasses import dataclass

PER_HOUR = 5_000
_HOUR = 3_600


@dataclass
class Window:
    """The hour of a caller."""

    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        return PER_HOUR - self.used

    def headers(self, resource: str) -> dict[str, str]:
        """Return the rate limit headers of a response."""
        return {
            "x-ratelimit-limit": str(PER_HOUR),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": resource,
        }

    def body(self, resource: str) -> dict[str, int | str]:
        """Return the entry of `GET /rate_limit`."""
        return {
            "limit": PER_HOUR,
            "remaining": self.remaining,
            "used": self.used,
            "reset": self.reset,
            "resource": resource,
        }


class RateLimits:
    """The windows of all callers."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, caller: str, resource: str) -> Window:
        """Return the caller's current window."""
        now = int(time.time())
        window = self._windows.get((caller, resource))
        if window is None or window.reset <= now or window.remaining <= 0:
            window = self._windows[caller, resource] = Window(reset=now + _HOUR)
        return window

    def count(self, caller: str, resource: str, points: int = 1) -> Window:
        """Count a request, or the points of a query."""
        window = self.window(caller, resource)
        window.used = min(PER_HOUR, window.used + points)
        return window

    def refund(self, caller: str, resource: str) -> Window:
        """Uncount a request: an unchanged response is free."""
        window = self.window(caller, resource)
        window.used = max(0, window.used - 1)
        return window
