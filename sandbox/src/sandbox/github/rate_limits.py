"""The primary rate limit: requests are counted, never refused.

A window that is used up is replaced before its hour ends. The faults `primary_limit` and `secondary_limit` refuse
requests.
"""

import time
from dataclasses import dataclass

PER_HOUR = 5_000
_HOUR = 3_600


@dataclass
class Window:
    """A caller's current hour; `reset` is its end in seconds since 1970 (UTC)."""

    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        """Requests, or points of GraphQL, left until the reset."""
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
        """Return the caller's current window for a resource, such as `core` (REST) or `graphql`."""
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
        """Take back the count of a request, because GitHub does not count a 304 response."""
        window = self.window(caller, resource)
        window.used = max(0, window.used - 1)
        return window
