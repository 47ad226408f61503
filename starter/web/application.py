"""The web application: pages, static files and GitHub's webhooks in one process (`leads web`)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from fastapi import FastAPI
from temporalio.client import Client

from activities.github.repositories import Repositories
from config.logging import set_up_logs
from config.settings import Settings
from starter.web import assets, webhooks
from starter.web.connections import MAX_HEADER, Connection
from starter.web.pages import board, correct, decide, errors, new_lead
from starter.web.services import open_services

_log = structlog.get_logger("web")


def make_web(client: Client, settings: Settings) -> FastAPI:
    """Return the application, using this connection to Temporal."""
    repositories = Repositories(settings.github)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        """Learn the ids of the repositories while the first deliveries arrive."""
        learning = asyncio.create_task(repositories.learn())
        async with open_services(client, settings) as services:
            app.state.services = services
            yield
        learning.cancel()

    app = FastAPI(title="lead-to-hub", openapi_url=None, lifespan=lifespan)
    errors.register(app)
    app.include_router(webhooks.make_router(client, settings, repositories))
    app.include_router(assets.router)
    for part in (board, decide, correct, new_lead):
        app.include_router(part.router)
    return app


def make_server(client: Client, settings: Settings, host: str, port: int) -> uvicorn.Server:
    """Return a server for the application."""
    return uvicorn.Server(
        uvicorn.Config(
            make_web(client, settings),
            host=host,
            port=port,
            http=Connection,
            h11_max_incomplete_event_size=MAX_HEADER,
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
