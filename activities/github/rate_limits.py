"""A rate limit that GitHub has told of holds for all who use the same credentials: nobody asks before it is over.

GitHub limits an account, not a request, and whoever goes on asking is limited for longer. So all clients and threads
of this process share what one of them was told. Other processes find out by themselves.
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
"""GitHub counts them apart; a secondary limit holds for both."""

_log = structlog.get_logger("github")


class RateLimitGuard:
    """Closed until a time; then open again by itself."""

    def __init__(self) -> None:
        self._until: dict[Api, float] = {"rest": 0, "graphql": 0}
        self._lock = threading.Lock()

    def pass_through(self, api: Api) -> None:
        """Raises ApplicationError (wait) while the API may not be asked."""
        left = self._until[api] - now()
        if left > 0:
            raise wait("GitHub's rate limit was reached, and nothing is asked of it", timedelta(seconds=left))

    def close(self, api: Api, limit: Limit) -> None:
        """Nobody asks before this limit is over."""
        both: tuple[Api, ...] = ("rest", "graphql") if limit.secondary else (api,)
        until = now() + limit.delay.total_seconds()
        with self._lock:
            news = any(self._until[each] < until for each in both)
            for each in both:
                self._until[each] = max(self._until[each], until)
        if news:
            kind = "secondary" if limit.secondary else "primary"
            _log.warning("GitHub's rate limit was reached", limit=kind, goes_on=resume_time(limit.delay))


def guard_for(settings: GitHub) -> RateLimitGuard:
    """The one gate for these credentials."""
    account = (settings.api_url, settings.token, settings.app_id, settings.app_installation_id)
    with _lock:
        return _gates.setdefault(account, RateLimitGuard())


def now() -> float:
    """Seconds of a clock that nobody sets."""
    return time.monotonic()


_lock = threading.Lock()
_gates: dict[object, RateLimitGuard] = {}
