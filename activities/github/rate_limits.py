"""GitHub's rate limits: one guard for all clients with the same credentials."""

import hashlib
import threading
from typing import Literal

from activities import rate_limits
from activities.github.errors import Limit
from config.settings import GitHub

Api = Literal["rest", "graphql"]
"""GitHub counts the two apart; a secondary limit holds for both."""


class RateLimitGuard:
    """Blocks requests until a rate limit is over."""

    def __init__(self, account: str) -> None:
        self._guard = rate_limits.RateLimitGuard("GitHub", account)

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
        return _guards.setdefault(account, RateLimitGuard(account))


def _account(settings: GitHub) -> str:
    """Return a name of the credentials that is the same for all workers and tells no secret."""
    token = settings.token.get_secret_value() if settings.token else ""
    known = f"{settings.api_url} {token or (settings.app_id, settings.app_installation_id)}"
    return hashlib.blake2s(known.encode(), digest_size=8).hexdigest()


_lock = threading.Lock()
_guards: dict[str, RateLimitGuard] = {}
