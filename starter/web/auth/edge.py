"""The edge before all pages: hosts, sizes, origins and rates that are refused, and the headers of every answer.

GitHub's webhook has defences of its own (`starter.web.webhooks`) and passes most of it: its sender is known by a
signature, which no browser has.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from asgi_cross_origin_protection import CrossOriginProtection
from fastapi import FastAPI, Request
from secure import Secure
from secure.headers import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    CrossOriginResourcePolicy,
    ReferrerPolicy,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)
from secure.middleware import SecureASGIMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from starter.web.api.problems import ApiProblem
from starter.web.auth.access import Access
from starter.web.auth.rates import RateLimits
from starter.web.auth.sessions import Sessions
from starter.web.bodies import MAX_BODY, MAX_CODEC_BODY, Bodies
from starter.web.pages.errors import Shown, answer

WEBHOOK = "/github/webhook"
HEALTH = "/healthz"
CODEC = "/codec/decode"
"""Temporal's UI asks there from another origin, which the codec server checks itself."""
PROGRAMS = ("/api/", "/codec/")
"""Beginnings of the addresses at which programs ask."""
LOOPBACK_HOSTS = ("localhost", "*.localhost", "127.0.0.1", "[::1]")

_SELF, _NONE = "'self'", "'none'"
_CROSS_SITE = Shown(
    403,
    "This came from another site, and only our own pages may decide here.",
    "Open the page here and decide on it.",
)
_KINDS = {403: "forbidden", 413: "too-large", 429: "too-many"}
"""Kinds of the API's problems, by status."""
_TOO_LARGE = Shown(
    413,
    f"This is too large: a request has at most {MAX_BODY >> 20} MB.",
    "Shorten the texts, or put the file elsewhere and give its address.",
)
_LARGER = {CODEC: MAX_CODEC_BODY}
"""Addresses at which a body may be larger, in bytes."""
_CLOSE = {"connection": "close"}
"""Header of answers to a body of which the rest is not read."""


class EdgeSettings(NamedTuple):
    """Settings of the edge."""

    access: Access
    session_keys: tuple[str, ...]
    """Keys from which those of sessions are derived: the present one, and the one before."""


class WebApplication(FastAPI):
    """An application of which every answer passes the edge, also one about a failure of its own."""

    edge: EdgeSettings

    def build_middleware_stack(self) -> ASGIApp:
        """Return the application behind its edge. The first check of a request stands last here."""
        access = self.edge.access
        app: ASGIApp = super().build_middleware_stack()
        app = Sessions(app, self.edge.session_keys, is_encrypted=access.is_encrypted)
        app = RateLimits(app, access.proxies, _too_often)
        app = CrossOriginProtection(app, exempt_paths=(WEBHOOK, CODEC), deny_app=_Refusal(_CROSS_SITE))
        app = _Unless({WEBHOOK}, BodyLimit(app), app)
        app = _Unless({WEBHOOK, HEALTH}, TrustedHostMiddleware(app, _hosts(access), www_redirect=False), app)
        return cast(ASGIApp, SecureASGIMiddleware(NoStore(app), secure=_headers(access)))


class BodyLimit:
    """Refuses a body that is too large: by its announced length before it is read, otherwise while it is read.

    A body is read once somebody asks for it, within limits of time, and of memory for all together.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bodies = Bodies()
        self._refuse = _Refusal(_TOO_LARGE, _CLOSE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "0") if scope["type"] == "http" else "0"
        most = _LARGER.get(scope.get("path", ""), MAX_BODY)
        is_large = not (length.isascii() and length.isdigit() and len(length) < 10) or int(length) > most
        if is_large:
            await self._refuse(scope, receive, send)
        elif scope["type"] == "http":
            await self._app(scope, _Reading(self._bodies, receive, most), send)
        else:
            await self._app(scope, receive, send)


class _Reading:
    """Hands a body over as a whole, and then the messages that follow it."""

    def __init__(self, bodies: Bodies, receive: Receive, most: int) -> None:
        self._bodies = bodies
        self._receive = receive
        self._most = most
        self._is_read = False

    async def __call__(self) -> Message:
        """Return the next message. Raises HTTPException for a body that is too slow or too large."""
        if self._is_read:
            return await self._receive()
        self._is_read = True
        try:
            body = await self._bodies.read(self._chunks(), self._most)
        except TimeoutError:
            raise HTTPException(408, "The body did not arrive in time. Send it again.", _CLOSE) from None
        except ValueError:
            raise HTTPException(413, f"{_TOO_LARGE.message} {_TOO_LARGE.advice}", _CLOSE) from None
        except ClientDisconnect:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def _chunks(self) -> AsyncIterator[bytes]:
        has_more = True
        while has_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            yield message.get("body", b"")
            has_more = message.get("more_body", False)


class NoStore:
    """Keeps answers out of caches, unless an answer says itself how long it may be kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, send_marked)


class _Unless:
    """Lets requests for these paths pass a check."""

    def __init__(self, paths: set[str], checked: ASGIApp, unchecked: ASGIApp) -> None:
        self._paths = paths
        self._checked = checked
        self._unchecked = unchecked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._unchecked if scope.get("path") in self._paths else self._checked
        await app(scope, receive, send)


class _Refusal:
    """Answers every request with one refusal: people with a page, programs with a problem."""

    def __init__(self, shown: Shown, headers: dict[str, str] | None = None) -> None:
        self._shown = shown
        self._headers = headers or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (path := scope["path"]).startswith(PROGRAMS):
            detail = f"{self._shown.message} {self._shown.advice}"
            response = ApiProblem(_KINDS[self._shown.status], detail, self._headers).response(path)
        else:
            response = answer(Request(scope), self._shown, self._headers)
        await response(scope, receive, send)


def _too_often(what: str, seconds: int) -> ASGIApp:
    shown = Shown(
        429, f"That was too often for {what}.", f"Wait {seconds} second{'s' * (seconds != 1)} and try again."
    )
    return _Refusal(shown, {"retry-after": str(seconds)})


def _hosts(access: Access) -> list[str]:
    """Return the hosts for which requests count: a page elsewhere must not reach this machine under its own name."""
    ours = urlsplit(access.url).hostname
    if ours and ":" in ours:
        ours = f"[{ours}]"
    return [*LOOPBACK_HOSTS, *([ours] if ours else [])]


def _headers(access: Access) -> Secure:
    """Return the headers of every answer (web.dev, OWASP Secure Headers)."""
    policy = (
        ContentSecurityPolicy()
        .default_src(_NONE)
        .script_src(_SELF)
        .style_src(_SELF)
        .img_src(_SELF, "data:")
        .connect_src(_SELF)
        .font_src(_SELF)
        .worker_src(_SELF)
        .form_action(_SELF)
        .base_uri(_NONE)
        .frame_ancestors(_NONE)
    )
    return Secure(
        csp=policy,
        coop=CrossOriginOpenerPolicy().same_origin(),
        corp=CrossOriginResourcePolicy().same_origin(),
        referrer=ReferrerPolicy().same_origin(),
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().deny(),
        hsts=StrictTransportSecurity().max_age(31536000) if access.is_encrypted else None,
    )
