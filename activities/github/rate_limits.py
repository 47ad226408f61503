"""GitHub's rate limits: one guard for all clients with the same credentials.

It also spreads requests so that they stay below the secondary limits. The numbers are GitHub's:
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

import hashlib
import threading
from typing import Literal

from activities import rate_limits
from activities.github.errors import Limit
from activities.pacing import Pace, TokenBucket
from config.groups import GitHub

Api = Literal["rest", "graphql"]
"""GitHub counts the two apart; a secondary limit holds for both."""


REST_POINTS = 900
"""Points that GitHub allows a minute in REST; the setting is a part of them, and the other limits follow it."""
GRAPHQL_POINTS = 2_000
CONTENT_A_MINUTE = 80
CONTENT_AN_HOUR = 500
"""Issues and comments that may be made."""
READ, WRITE = 1, 5
"""Points of a request."""
CONTENT = ("/issues", "/comments")
"""Ends of the paths at which a POST makes content."""


class RateLimitGuard:
    """Blocks requests until a rate limit is over, and spreads them so that none is reached."""

    def __init__(self, account: str, points: int) -> None:
        """`points` a minute are used in REST at most, and as large a part of the other limits; 0: without limit."""
        self._guard = rate_limits.RateLimitGuard("GitHub", account)
        part = points / REST_POINTS
        buckets = {
            "rest": TokenBucket(points, 60),
            "graphql": TokenBucket(GRAPHQL_POINTS * part, 60),
            "content": TokenBucket(CONTENT_A_MINUTE * part, 60),
            "content of an hour": TokenBucket(CONTENT_AN_HOUR * part, 3600),
        }
        self._pace = Pace("GitHub", buckets if points else {})

    def take_turn(self, api: Api, *, writes: bool, path: str = "") -> None:
        """Wait until a request may be sent. Raises ApplicationError (wait) while the API is limited, or too busy."""
        self.check(api)
        charges = [(str(api), WRITE if writes else READ)]
        if writes and path.endswith(CONTENT):
            charges += [("content", 1), ("content of an hour", 1)]
        self._pace.take(charges)

    def check(self, api: Api) -> None:
        """Raises ApplicationError (wait) while the API is limited."""
        self._guard.check(api)

    def block(self, api: Api, limit: Limit) -> None:
        """Block requests until this limit is over."""
        apis: tuple[Api, ...] = ("rest", "graphql") if limit.secondary else (api,)
        self._guard.block(limit.delay, *apis, kind="secondary" if limit.secondary else "primary")


def guard_for(settings: GitHub) -> RateLimitGuard:
    """Return the one guard for these credentials."""
    account = _account(settings)
    with _lock:
        return _guards.setdefault(account, RateLimitGuard(account, settings.points_per_minute))


def _account(settings: GitHub) -> str:
    """Return a name of the credentials that is the same for all workers and tells no secret."""
    token = settings.token.get_secret_value() if settings.token else ""
    known = f"{settings.api_url} {token or (settings.app_id, settings.app_installation_id)}"
    return hashlib.blake2s(known.encode(), digest_size=8).hexdigest()


_lock = threading.Lock()
_guards: dict[str, RateLimitGuard] = {}
