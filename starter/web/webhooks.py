"""Receives GitHub's webhooks (`leads web`): verifies each delivery and passes its change notice to Temporal."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from gidgethub import BadRequest, ValidationFailure
from gidgethub.sansio import Event
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from temporalio.client import Client
from temporalio.service import RPCError

from activities.github.repositories import Repositories
from client.chores import Chores
from client.notices import NoticeBatcher
from config.logging import set_up_logs
from config.settings import Settings
from starter.web.deliveries import read_delivery

MAX_BODY = 1 << 20
"""Maximum size of a delivery in bytes. GitHub's comments and descriptions have at most 65,536 characters."""
MAX_CONCURRENT = 200
"""Number of deliveries processed at the same time; the others wait unread."""
CONNECTIONS = 2000
"""Maximum number of connections; more are answered with 503."""
BODY_TIMEOUT = 10.0
"""Seconds within which a body must arrive: a slow sender blocks others."""
TIMEOUT = 5.0
"""Seconds to wait for Temporal; GitHub waits ten for the response."""
SIGNATURE, EVENT, DELIVERY = "x-hub-signature-256", "x-github-event", "x-github-delivery"

_log = structlog.get_logger("web")


class DeliveryError(Exception):
    """A delivery is refused with this HTTP status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def make_web(client: Client, settings: Settings) -> FastAPI:
    """Return the application, using this connection to Temporal."""
    batcher, slots = NoticeBatcher(*Chores.of(client, settings)), asyncio.Semaphore(MAX_CONCURRENT)
    repositories = Repositories(settings.github)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        """Learn the ids of the repositories while the first deliveries arrive."""
        learning = asyncio.create_task(repositories.learn())
        yield
        learning.cancel()

    app = FastAPI(title="lead-to-hub", openapi_url=None, lifespan=lifespan)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        """Return 503 if Temporal cannot be reached; the detail says if no webhook secret is set."""
        try:
            async with asyncio.timeout(TIMEOUT):
                await client.service_client.check_health()
            _secrets(settings)
        except (RPCError, TimeoutError):
            return _response(503, "Temporal can't be reached")
        except DeliveryError as without:
            return _response(200, str(without))
        return _response(200, "ok")

    @app.post("/github/webhook")
    async def webhook(request: Request) -> JSONResponse:
        """Accept one delivery. A delivery without a notice is accepted too, and ignored."""
        about = {
            "about": _short(request.headers.get(EVENT)),
            "delivery": _short(request.headers.get(DELIVERY)),
        }
        try:
            async with slots:
                action, outcome, status = await _take(batcher, settings, repositories, request)
        except DeliveryError as refused:
            _log.warning("delivery refused", **about, status=refused.status, why=str(refused))
            return _response(refused.status, str(refused))
        _log.info("delivery taken", **about, action=_short(action), status=status, outcome=outcome)
        return _response(status, outcome)

    return app


async def _take(
    batcher: NoticeBatcher, settings: Settings, repositories: Repositories, request: Request
) -> tuple[str, str, int]:
    """Return the delivery's action, the outcome and the HTTP status. Raises DeliveryError."""
    event = _verified(request.headers, await _body(request), _secrets(settings))
    if event.event == "ping":
        return "", "pong", 200
    try:
        found = read_delivery(event.event, _short(event.delivery_id), event.data, repositories)
    except ValidationError:
        raise DeliveryError(400, "This is not what GitHub sends for such an event") from None
    if found.notice is None:
        return found.action, f"ignored: {found.ignored_because}", 202
    try:
        async with asyncio.timeout(TIMEOUT):  # the SDK would retry for longer
            await batcher.request_sync(found.notice)
    except (RPCError, TimeoutError):
        raise DeliveryError(503, "Temporal can't be reached; deliver it again") from None
    return found.action, "accepted", 202


def _secrets(settings: Settings) -> tuple[str, ...]:
    """Return the webhook's secrets, two while one is being changed. Raises DeliveryError without: anybody could deliver."""
    secrets = settings.github.webhook_secrets
    if not secrets:
        raise DeliveryError(
            503,
            "No webhook secret is set: give LEADS_GITHUB__WEBHOOK_SECRET the same value as the webhook at GitHub",
        )
    return secrets


async def _body(request: Request) -> bytes:
    """Read the body, up to the maximum size. Raises DeliveryError."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY:
                    raise DeliveryError(413, f"A delivery has at most {MAX_BODY} bytes")
    except ClientDisconnect:
        raise DeliveryError(400, "The body ended too early") from None
    except TimeoutError:
        raise DeliveryError(408, f"The body did not come within {BODY_TIMEOUT:g} seconds") from None
    return bytes(body)


def _verified(headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> Event:
    signature = headers.get(SIGNATURE, "")
    if not (signature.startswith("sha256=") and signature.isascii()):  # gidgethub would accept SHA-1, too
        raise DeliveryError(401, f"The signature ({SIGNATURE}) is missing")
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
    headers = (
        {"connection": "close"} if status in (408, 413) else None
    )  # otherwise the rest of the body is still read
    return JSONResponse({"detail": detail}, status, headers)


def _short(text: str | None) -> str:
    """Return the header's text, safe for a log line and as an id."""
    return "".join(c for c in text or "" if c.isascii() and c.isprintable())[:100]


def make_server(client: Client, settings: Settings, host: str, port: int) -> uvicorn.Server:
    """Return a server for the application."""
    return uvicorn.Server(
        uvicorn.Config(
            make_web(client, settings),
            host=host,
            port=port,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=5,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
        )
    )


async def serve(client: Client, settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    set_up_logs(settings.log_format)
    if settings.github.webhook_secret is None:
        _log.warning(
            "no webhook secret is set, so every delivery is refused; see LEADS_GITHUB__WEBHOOK_SECRET"
        )
    await make_server(client, settings, host, port).serve()
