"""The web application: pages, HTTP API, codec server, static files and GitHub's webhooks in one process (`leads web`)."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
import uvicorn
from temporalio.client import Client

from activities.github.repositories import Repositories
from config.logging import set_up_logs
from config.settings import Settings, SettingsError
from starter.web import assets, codec, live, webhooks
from starter.web.api.application import PREFIX, make_api
from starter.web.auth.access import Access, start_complaint
from starter.web.auth.edge import EdgeSettings, WebApplication
from starter.web.connections import MAX_HEADER, Connection
from starter.web.pages import (
    agenda,
    board,
    calendar,
    correct,
    decide,
    decision_page,
    erasures,
    errors,
    home,
    lead,
    link,
    link_answer,
    me,
    new_lead,
    reports,
    search,
    sign_in,
    status,
)
from starter.web.services import open_services

PAGES = (
    home,
    agenda,
    calendar,
    board,
    search,
    status,
    new_lead,  # before /leads/ID
    decide,
    correct,
    lead,
    link,
    link_answer,
    me,
    erasures,
    reports,
    sign_in,
)
"""Modules of pages, each with its router."""

_log = structlog.get_logger("web")


def make_web(client: Client, settings: Settings) -> WebApplication:
    """Return the application, using this connection to Temporal."""
    repositories = Repositories(settings.github)

    @asynccontextmanager
    async def lifespan(app: WebApplication) -> AsyncIterator[None]:
        """Learn the ids of the repositories while the first deliveries arrive."""
        learning = asyncio.create_task(repositories.learn())
        async with open_services(client, settings) as services:
            app.state.services = services
            yield
        learning.cancel()

    app = WebApplication(title="lead-to-hub", openapi_url=None, lifespan=lifespan)
    app.edge = EdgeSettings(Access.of(settings), settings.signing_keys)
    errors.register(app)
    sign_in.register(app)
    decision_page.register(app)
    app.include_router(webhooks.make_router(client, settings, repositories))
    app.include_router(assets.router)
    app.include_router(live.router)
    app.include_router(codec.router)
    for part in PAGES:
        app.include_router(part.router)
    app.mount(PREFIX, make_api(app.state))
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
            proxy_headers=False,  # only LEADS_WEB__TRUSTED_PROXIES are believed
            server_header=False,
            ws="none",
        )
    )


async def serve(client: Client, settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises SettingsError if strangers could see the leads."""
    if complaint := start_complaint(settings, host):
        raise SettingsError(complaint)
    set_up_logs(settings.log_format)
    if settings.github.webhook_secret is None:
        _log.warning(
            "no webhook secret is set, so every delivery is refused; see LEADS_GITHUB__WEBHOOK_SECRET"
        )
    server = make_server(client, settings, host, port)
    gc.freeze()  # what is loaded by now stays, so that no collection looks at it again in the middle of a request
    await server.serve()
