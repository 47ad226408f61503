"""Shares GitHub's rate limits between all clients and threads of this process that use the same credentials.

GitHub limits an account, and extends the limit for an account that goes on asking. So after one client met a limit, none
sends a request until it is over. Other processes meet the limit by themselves.
"""

import threading
import time
from datetime import timedelta
from typing import Literal

import structlog

from activities.errors import resume_time, wait
from activities.github.errors import Limit
from config.settings import GitHub

Api = Literal["rest", "graphql"]
"""GitHub counts the two apart; a secondary limit holds for both."""

_log = structlog.get_logger("github")


class RateLimitGuard:
    """Blocks requests until a rate limit is over."""

    def __init__(self) -> None:
        self._until: dict[Api, float] = {"rest": 0, "graphql": 0}
        self._lock = threading.Lock()

    def check(self, api: Api) -> None:
        """Raises ApplicationError (wait) while the API is limited."""
        remaining = self._until[api] - now()
        if remaining > 0:
            raise wait("GitHub's rate limit was reached, so no request is sent", timedelta(seconds=remaining))

    def block(self, api: Api, limit: Limit) -> None:
        """Block requests until this limit is over."""
        both: tuple[Api, ...] = ("rest", "graphql") if limit.secondary else (api,)
        until = now() + limit.delay.total_seconds()
        with self._lock:
            extended = any(self._until[each] < until for each in both)
            for each in both:
                self._until[each] = max(self._until[each], until)
        if extended:
            kind = "secondary" if limit.secondary else "primary"
            _log.warning("GitHub's rate limit was reached", limit=kind, resumes=resume_time(limit.delay))


def guard_for(settings: GitHub) -> RateLimitGuard:
    """Return the one guard for these credentials."""
    account = (settings.api_url, settings.token, settings.app_id, settings.app_installation_id)
    with _lock:
        return _guards.setdefault(account, RateLimitGuard())


def now() -> float:
    """Return the seconds of a monotonic clock."""
    return time.monotonic()


_lock = threading.Lock()
_guards: dict[object, RateLimitGuard] = {}
