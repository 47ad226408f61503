"""Remembers until when an outside system takes no requests, and shares that with the other workers.

Systems limit an account, and extend the limit for an account that goes on asking. So after one worker met a limit, none
sends a request until it is over. Without a store, or while it fails, each process knows only what it met itself.
"""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from activities.errors import resume_time, wait
from ledger.errors import LedgerError

STORE_PAUSE = 30.0
"""Seconds in which the store is not asked after it failed, so that requests are not held up by it."""

_log = structlog.get_logger("rate_limits")


class LimitStore(Protocol):
    """The limits that all workers share."""

    def until(self, name: str) -> datetime | None: ...

    def extend(self, name: str, until: datetime) -> None: ...


class RateLimitGuard:
    """Blocks the requests of one account, named by `system` and `account`, until a rate limit is over."""

    def __init__(self, system: str, account: str) -> None:
        self._system = system
        self._account = account
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def check(self, api: str) -> None:
        """Raises ApplicationError (wait) while the API is limited."""
        remaining = self._until.get(api, 0) - now()
        if remaining <= 0:
            remaining = self._learn(api)
        if remaining > 0:
            reason = f"{self._system}'s rate limit was reached, so no request is sent"
            raise wait(reason, timedelta(seconds=remaining))

    def block(self, delay: timedelta, *apis: str, kind: str) -> None:
        """Block requests to these APIs for this time. `kind` describes the limit in the log."""
        until = now() + delay.total_seconds()
        if self._extend(until, *apis):
            _log.warning(
                "a rate limit was reached", system=self._system, limit=kind, resumes=resume_time(delay)
            )
        for api in apis:
            _shared.extend(self._name(api), datetime.now(UTC) + delay)

    def _learn(self, api: str) -> float:
        """Return the seconds for which another worker knows the API to be limited."""
        until = _shared.until(self._name(api))
        remaining = (until - datetime.now(UTC)).total_seconds() if until else 0
        if remaining > 0:
            self._extend(now() + remaining, api)
        return remaining

    def _extend(self, until: float, *apis: str) -> bool:
        with self._lock:
            extended = any(self._until.get(api, 0) < until for api in apis)
            for api in apis:
                self._until[api] = max(self._until.get(api, 0), until)
        return extended

    def _name(self, api: str) -> str:
        return f"{self._system} {self._account} {api}"


class _Shared:
    """The store, if there is one. Its failures are logged, and limit nothing."""

    def __init__(self) -> None:
        self.store: LimitStore | None = None
        self._paused_until = 0.0

    def until(self, name: str) -> datetime | None:
        if self.store is None or time.monotonic() < self._paused_until:
            return None
        try:
            return self.store.until(name)
        except LedgerError as error:
            self._failed(error)
            return None

    def extend(self, name: str, until: datetime) -> None:
        if self.store is None:
            return
        try:
            self.store.extend(name, until)
        except LedgerError as error:
            self._failed(error)

    def _failed(self, error: LedgerError) -> None:
        self._paused_until = time.monotonic() + STORE_PAUSE
        _log.warning("rate limits are not shared with other workers", why=str(error))


_shared = _Shared()


def share_limits(store: LimitStore | None) -> None:
    """Share the limits that this process meets through this store from now on. None ends that."""
    global _shared
    _shared = _Shared()
    _shared.store = store


def now() -> float:
    """Return the seconds of a monotonic clock."""
    return time.monotonic()
