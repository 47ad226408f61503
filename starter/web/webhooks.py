"""Receives GitHub's webhooks: verifies each delivery and passes its change notice to Temporal.

Anybody may send requests. Nothing of a body is read unless the header announces a signed delivery of a sensible size, and
a delivery takes a slot only after its signature was verified.
"""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from gidgethub import BadRequest, ValidationFailure
from gidgethub.sansio import Event
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from temporalio.client import Client

from activities.github.repositories import Repositories
from client.chores import Chores
from client.connection import as_leads_errors
from client.errors import LeadsError
from client.notices import NoticeBatcher
from config.settings import Settings
from starter.web import bodies
from starter.web.bodies import Bodies
from starter.web.connections import VERIFIED
from starter.web.deliveries import read_delivery

MAX_CONCURRENT = 200
"""Number of verified deliveries that are passed on at the same time."""
TIMEOUT = timedelta(seconds=5)
"""Time to wait for Temporal; GitHub waits ten for the response."""
SIGNATURE, EVENT, DELIVERY = "x-hub-signature-256", "x-github-event", "x-github-delivery"
CUT_OFF = frozenset({408, 411, 413})
"""Responses to bodies that have no known or sensible end."""
_SIGNED = re.compile("sha256=[0-9a-f]{64}")
"""Signatures that GitHub makes. gidgethub would accept SHA-1, too."""
_LENGTH = re.compile("[0-9]{1,9}")

_log = structlog.get_logger("web")


class DeliveryError(Exception):
    """A delivery is refused with this HTTP status. The reason is logged; the sender gets `answer` if that is another."""

    def __init__(self, status: int, why: str, answer: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.answer = answer or why


def make_router(client: Client, settings: Settings, repositories: Repositories) -> APIRouter:
    """Return the routes of webhooks and of the health check, using this connection to Temporal."""
    batcher, slots = NoticeBatcher(*Chores.of(client, settings)), asyncio.Semaphore(MAX_CONCURRENT)
    reading, router = Bodies(), APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        """Return 503 if Temporal cannot be reached. Anybody may ask, and so learns nothing else."""
        try:
            async with as_leads_errors(TIMEOUT):
                await client.service_client.check_health()
        except LeadsError:
            return _response(503, "not ok")
        return _response(200, "ok")

    @router.post("/github/webhook")
    async def webhook(request: Request) -> JSONResponse:
        """Accept one delivery. A delivery without a notice is accepted too, and ignored."""
        about = {
            "about": _short(request.headers.get(EVENT)),
            "delivery": _short(request.headers.get(DELIVERY)),
        }
        try:
            event = await _verified(request, settings, reading)
            async with slots:
                action, outcome, status = await _take(batcher, repositories, event)
        except DeliveryError as refused:
            _log.warning("delivery refused", **about, status=refused.status, why=str(refused))
            return _response(refused.status, refused.answer)
        _log.info("delivery taken", **about, action=_short(action), status=status, outcome=outcome)
        return _response(status, outcome)

    return router


async def _take(batcher: NoticeBatcher, repositories: Repositories, event: Event) -> tuple[str, str, int]:
    """Return the delivery's action, the outcome and the HTTP status. Raises DeliveryError."""
    if event.event == "ping":
        return "", "pong", 200
    try:
        found = read_delivery(event.event, _short(event.delivery_id), event.data, repositories)
    except ValidationError:
        raise DeliveryError(400, "This is not what GitHub sends for such an event") from None
    if found.notice is None:
        return found.action, f"ignored: {found.ignored_because}", 202
    try:
        async with as_leads_errors(TIMEOUT):  # the SDK would retry for longer
            await batcher.request_sync(found.notice)
    except LeadsError:
        raise DeliveryError(503, "Temporal can't be reached; deliver it again") from None
    return found.action, "accepted", 202


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Return the webhook's secrets, two while one is being changed. Raises DeliveryError without: anybody could deliver."""
    secrets = settings.github.webhook_secrets
    if not secrets:
        raise DeliveryError(
            503,
            "No webhook secret is set: give LEADS_GITHUB__WEBHOOK_SECRET the same value as the webhook at GitHub",
            answer="No delivery is taken; the log of the receiver says why",
        )
    return secrets


async def _verified(request: Request, settings: Settings, reading: Bodies) -> Event:
    """Return the delivery, after its header, its size and its signature were checked in this order. Raises DeliveryError."""
    secrets = _secrets(settings)
    _check_header(request.headers)
    event = _event(request.headers, await _body(request, reading), secrets)
    request.scope.setdefault("state", {})[VERIFIED] = True
    return event


def _check_header(headers: Mapping[str, str]) -> None:
    """Raise DeliveryError for a request that is no delivery by its header alone."""
    if not _SIGNED.fullmatch(headers.get(SIGNATURE, "")):
        raise DeliveryError(401, f"The signature ({SIGNATURE}) is missing")
    for name in (EVENT, DELIVERY):
        if not _short(headers.get(name)):
            raise DeliveryError(400, f"The header {name} is missing")
    length = headers.get("content-length", "")
    if not _LENGTH.fullmatch(length):
        raise DeliveryError(411, "The length of the body (content-length) is missing")
    if int(length) > bodies.MAX_BODY:
        raise DeliveryError(413, f"A delivery has at most {bodies.MAX_BODY} bytes")


async def _body(request: Request, reading: Bodies) -> bytes:
    try:
        return await reading.read(request.stream())
    except ClientDisconnect:
        raise DeliveryError(400, "The body ended too early") from None
    except TimeoutError:
        raise DeliveryError(408, f"The body did not come within {bodies.BODY_TIMEOUT:g} seconds") from None
    except ValueError as too_large:
        raise DeliveryError(413, str(too_large)) from None


def _event(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> Event:
    for secret in secrets:
        try:
            return Event.from_http(headers, body, secret=secret)
        except ValidationFailure:
            continue
        except KeyError as missing:
            raise DeliveryError(400, f"The header {missing} is missing") from None
        except (BadRequest, LookupError, RecursionError):
            raise DeliveryError(400, "The body is no JSON") from None
    raise DeliveryError(401, "The signature does not fit the secret")


def _response(status: int, detail: str) -> JSONResponse:
    # of a body without an end, the rest is not read
    return JSONResponse({"detail": detail}, status, {"connection": "close"} if status in CUT_OFF else None)


def _short(text: str | None) -> str:
    """Return the header's text, safe for a log line and as an id."""
    return "".join(c for c in text or "" if c.isascii() and c.isprintable())[:100]
