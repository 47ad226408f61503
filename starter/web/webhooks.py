"""Where GitHub's webhooks arrive (`leads web`). Each is judged, becomes a hint and is handed in; nothing waits for more."""

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
from client.notices import NoticeBatcher
from config.logging import set_up_logs
from config.settings import Settings
from starter.web.deliveries import heard

LONGEST = 1 << 20
"""Bytes of a delivery. GitHub's comments and descriptions have at most 65,536 characters."""
AT_ONCE = 200
"""Deliveries that are taken at the same time; the others wait, and nothing of them is read."""
CONNECTIONS = 2000
"""Those beyond are told to come back."""
SENDING = 10.0
"""Seconds within which a body must be there: whoever dribbles it keeps others waiting."""
TIMEOUT = 5.0
"""Seconds that Temporal may take; GitHub waits ten."""
SIGNATURE, EVENT, DELIVERY = "x-hub-signature-256", "x-github-event", "x-github-delivery"

_log = structlog.get_logger("web")


class DeliveryError(Exception):
    """Why a delivery is not taken, and the status that says so."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def make_web(client: Client, settings: Settings) -> FastAPI:
    """The application, over a connection to Temporal."""
    batcher, slots = NoticeBatcher(client, settings.task_queue), asyncio.Semaphore(AT_ONCE)
    repositories = Repositories(settings.github)

    @asynccontextmanager
    async def learning(_: FastAPI) -> AsyncIterator[None]:
        """Beside the first deliveries: nothing waits for it."""
        learns = asyncio.create_task(repositories.learn())
        yield
        learns.cancel()

    app = FastAPI(title="lead-to-hub", openapi_url=None, lifespan=learning)

    @app.get("/healthz")
    async def healthz() -> JSONResponse:
        """Whether Temporal can be reached from here; and whether deliveries can be taken at all."""
        try:
            async with asyncio.timeout(TIMEOUT):
                await client.service_client.check_health()
            _secret(settings)
        except (RPCError, TimeoutError):
            return _said(503, "Temporal can't be reached")
        except DeliveryError as without:
            return _said(200, str(without))
        return _said(200, "ok")

    @app.post("/github/webhook")
    async def webhook(request: Request) -> JSONResponse:
        """Takes one delivery. What is no hint is taken too, and forgotten: GitHub asks only whether it arrived."""
        about = {
            "about": _short(request.headers.get(EVENT)),
            "delivery": _short(request.headers.get(DELIVERY)),
        }
        try:
            async with slots:
                action, outcome, status = await _take(batcher, settings, repositories, request)
        except DeliveryError as refused:
            _log.warning("delivery refused", **about, status=refused.status, why=str(refused))
            return _said(refused.status, str(refused))
        _log.info("delivery taken", **about, action=_short(action), status=status, outcome=outcome)
        return _said(status, outcome)

    return app


async def _take(
    batcher: NoticeBatcher, settings: Settings, repositories: Repositories, request: Request
) -> tuple[str, str, int]:
    """The delivery's action, what became of it, and the status that says so. Raises DeliveryError."""
    event = _judged(request.headers, await _body(request), _secret(settings))
    if event.event == "ping":
        return "", "pong", 200
    try:
        found = heard(event.event, _short(event.delivery_id), event.data, repositories)
    except ValidationError:
        raise DeliveryError(400, "This is not what GitHub sends for such an event") from None
    if found.notice is None:
        return found.action, f"ignored: {found.why_not}", 202
    try:
        async with asyncio.timeout(TIMEOUT):  # the SDK would try again and again
            await batcher.request_sync(found.notice)
    except (RPCError, TimeoutError):
        raise DeliveryError(503, "Temporal can't be reached; deliver it again") from None
    return found.action, "handed in", 202


def _secret(settings: Settings) -> str:
    """The webhook's secret. Without one nothing is taken: anybody could send anything."""
    secret = settings.github.webhook_secret
    if secret is None:
        raise DeliveryError(
            503,
            "No webhook secret is set: give LEADS_GITHUB__WEBHOOK_SECRET the same value as the webhook at GitHub",
        )
    return secret.get_secret_value()


async def _body(request: Request) -> bytes:
    """All of the body; not more of it than a delivery may have."""
    body = bytearray()
    try:
        async with asyncio.timeout(SENDING):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST:
                    raise DeliveryError(413, f"A delivery has at most {LONGEST} bytes")
    except ClientDisconnect:
        raise DeliveryError(400, "The body ended too early") from None
    except TimeoutError:
        raise DeliveryError(408, f"The body did not come within {SENDING:g} seconds") from None
    return bytes(body)


def _judged(headers: Mapping[str, str], body: bytes, secret: str) -> Event:
    signature = headers.get(SIGNATURE, "")
    if not (signature.startswith("sha256=") and signature.isascii()):  # an older kind would be taken as well
        raise DeliveryError(401, f"The signature ({SIGNATURE}) is missing")
    try:
        return Event.from_http(headers, body, secret=secret)
    except ValidationFailure:
        raise DeliveryError(401, "The signature does not fit the secret") from None
    except KeyError as missing:
        raise DeliveryError(400, f"The header {missing} is missing") from None
    except (BadRequest, LookupError, RecursionError):
        raise DeliveryError(400, "The body is no JSON") from None


def _said(status: int, summary: str) -> JSONResponse:
    hang_up = (
        {"connection": "close"} if status in (408, 413) else None
    )  # or the rest of the body is still taken in
    return JSONResponse({"detail": summary}, status, hang_up)


def _short(text: str | None) -> str:
    """A header's text, safe for a log line and as an id."""
    return "".join(c for c in text or "" if c.isascii() and c.isprintable())[:100]


def make_server(client: Client, settings: Settings, host: str, port: int) -> uvicorn.Server:
    """The application, ready to be served."""
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
    """Until SIGINT or SIGTERM."""
    set_up_logs(settings.log_format)
    if settings.github.webhook_secret is None:
        _log.warning(
            "no webhook secret is set, so every delivery is refused; see LEADS_GITHUB__WEBHOOK_SECRET"
        )
    await make_server(client, settings, host, port).serve()
