"""The secondary rate limits: points a minute, content made a minute and an hour, and requests at once.

A caller beyond them is refused. They are off unless the sandbox is started with them. The numbers are GitHub's:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

import time
from collections import Counter, deque
from typing import Literal, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.github.errors import GitHubError
from sandbox.systems import system_of

Resource = Literal["core", "graphql", "content", "content of an hour"]

MINUTE, HOUR = 60.0, 3600.0
LIMITS: dict[Resource, tuple[int, float]] = {
    "core": (900, MINUTE),
    "graphql": (2_000, MINUTE),
    "content": (80, MINUTE),
    "content of an hour": (500, HOUR),
}
"""Points, and the seconds in which they may be used."""
CONCURRENT = 100
"""Requests that one caller may have open at once, of REST and GraphQL together."""
READ, WRITE = 1, 5
"""Points of a request."""
CONTENT = ("/issues", "/comments")
"""Ends of the paths at which a POST makes content."""


class LimitedError(GitHubError):
    """The caller used more than a secondary limit allows."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
            kind="RATE_LIMITED",
        )
        self.headers = {"retry-after": str(max(1, round(seconds)))}


class OpenRequests:
    """ASGI middleware that counts the open requests of each caller. A slow one is open for as long as it is delayed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = Counter[bytes]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or system_of(scope["path"]) != "github":
            return await self._app(scope, receive, send)
        caller = dict(scope["headers"]).get(b"authorization", b"")
        self._open[caller] += 1
        scope["sandbox.open_requests"] = self._open[caller]
        try:
            await self._app(scope, receive, send)
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]


class _Use(NamedTuple):
    at: float
    points: int


class SecondaryLimits:
    """The points that each caller used lately."""

    def __init__(self, *, enforced: bool) -> None:
        self._enforced = enforced
        self._uses: dict[tuple[str, Resource], deque[_Use]] = {}

    def charge(
        self, caller: str, resource: Literal["core", "graphql"], *, writes: bool, scope: Scope
    ) -> None:
        """Count a request. Raises LimitedError instead if it exceeds a limit."""
        path = scope["path"]
        charges: dict[Resource, int] = {resource: WRITE if writes else READ}
        if writes and path.endswith(CONTENT):
            charges |= {"content": 1, "content of an hour": 1}
        now = time.monotonic()
        if self._enforced:
            if scope.get("sandbox.open_requests", 0) > CONCURRENT:
                raise LimitedError(MINUTE)
            for each, points in charges.items():
                self._check(self._recent(caller, each, now), each, points, now)
        for each, points in charges.items():
            self._recent(caller, each, now).append(_Use(now, points))

    def used(self, caller: str, resource: Resource) -> int:
        """Return the points that the caller used lately."""
        return sum(use.points for use in self._recent(caller, resource, time.monotonic()))

    def _recent(self, caller: str, resource: Resource, now: float) -> deque[_Use]:
        uses = self._uses.setdefault((caller, resource), deque())
        while uses and now - uses[0].at >= LIMITS[resource][1]:
            uses.popleft()
        return uses

    def _check(self, uses: deque[_Use], resource: Resource, points: int, now: float) -> None:
        most, seconds = LIMITS[resource]
        if uses and sum(use.points for use in uses) + points > most:
            raise LimitedError(uses[0].at + seconds - now)
