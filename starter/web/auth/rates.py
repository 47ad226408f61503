"""Limits on how often one address may ask for what can be guessed, or costs much. They count in this process only."""

import math
import re
import time
from collections.abc import Callable
from typing import NamedTuple

from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from starter.web.auth.addresses import Proxies
from starter.web.connections import peer_of


class Rule(NamedTuple):
    """A limit on some requests of one address."""

    name: str
    methods: frozenset[str]
    path: re.Pattern[str]
    limit: RateLimitItem


_READ, _WRITE = frozenset({"GET", "HEAD"}), frozenset({"POST", "PUT", "PATCH", "DELETE"})

RULES = (
    Rule("sign-in", _READ | _WRITE, re.compile(r"/sign-in/"), parse("20/minute")),
    Rule("one-time links", _READ | _WRITE, re.compile(r"/l/"), parse("30/minute")),
    Rule("the search", _READ, re.compile(r"/search"), parse("120/minute")),
    Rule("the API", _WRITE, re.compile(r"/api/"), parse("600/minute")),
    Rule("opening payloads", _WRITE, re.compile(r"/codec/"), parse("3000/minute")),
    Rule(
        "decisions", _WRITE, re.compile(r"/(?!api/|codec/|github/webhook|sign-in/|l/)"), parse("120/minute")
    ),
)
"""The limits. The first rule that fits a request counts. GitHub's deliveries are limited by their signature."""

Refuse = Callable[[str, int], ASGIApp]
"""Makes the answer to a request that comes too often, from the rule's name and the seconds to wait."""


class RateLimits:
    """Refuses what comes too often."""

    def __init__(self, app: ASGIApp, proxies: Proxies, refuse: Refuse) -> None:
        self._app = app
        self._proxies = proxies
        self._refuse = refuse
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        rule = _rule(scope) if scope["type"] == "http" else None
        if rule:
            request = Request(scope)
            key = (rule.name, peer_of(self._proxies.client(request)))
            if not await self._limiter.hit(rule.limit, *key):
                window = await self._limiter.get_window_stats(rule.limit, *key)
                seconds = max(1, math.ceil(window.reset_time - time.time()))
                await self._refuse(rule.name, seconds)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _rule(scope: Scope) -> Rule | None:
    return next(
        (rule for rule in RULES if scope["method"] in rule.methods and rule.path.match(scope["path"])), None
    )
