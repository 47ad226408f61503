"""The state of the service: what is away, how far the read tables lag, and the version."""

from datetime import datetime, timedelta
from importlib.metadata import version
from typing import NamedTuple, cast

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from client.connection import as_leads_errors
from client.errors import LeadsError, LedgerFailed
from client.rebuilding import LagWatch, Progress
from client.stuck import POLLED, last_poll
from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries import feed
from starter.web.live import STREAMS, live_of
from starter.web.pages.rendering import page
from starter.web.services import Services, services_of
from starter.web.visitors import SignedIn

router = APIRouter(include_in_schema=False)

TIMEOUT = timedelta(seconds=2)
"""Time for Temporal to answer."""


class Part(NamedTuple):
    """A part of the service."""

    name: str
    works: bool
    text: str
    """The meaning of that, and what works without it."""


@router.get("/status")
async def show(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Show what works and what is away."""
    services = services_of(request)
    temporal, worker = await _temporal(services)
    ledger, progress, position = await _ledger(request, services)
    return page(
        request,
        "status.html",
        visitor,
        parts=(temporal, worker, ledger),
        progress=progress,
        position=position,
        listeners=len(live_of(request)),
        most_listeners=STREAMS,
        version=version("lead-to-hub"),
    )


async def _temporal(services: Services) -> tuple[Part, Part]:
    client = services.leads.client
    try:
        async with as_leads_errors(TIMEOUT):
            polled = await last_poll(client, services.settings.task_queue)
    except LeadsError:
        away = "cannot be reached: pages show leads as recorded, and nothing can be decided until it is back"
        return Part("Temporal", works=False, text=away), Part(
            "Worker", works=False, text="unknown without Temporal"
        )
    return Part("Temporal", works=True, text="can be reached"), _worker(polled, services.clock())


def _worker(polled: datetime | None, now: datetime) -> Part:
    if polled and now - polled <= POLLED:
        return Part("Worker", works=True, text="runs")
    missing = "none runs: decisions are handed in, and taken as soon as one does"
    return Part("Worker", works=False, text=missing)


async def _ledger(request: Request, services: Services) -> tuple[Part, Progress | None, int | None]:
    state = request.app.state
    if not hasattr(state, "lag_watch"):
        state.lag_watch = LagWatch(services.ledger)
    watch = cast(LagWatch, state.lag_watch)
    try:
        position = await services.ask(feed.head)
        progress = await services.run(watch.look)
    except (LedgerUnavailable, LedgerRefused, LedgerFailed):
        away = "cannot be read: board, agenda and reports are missing until it is back; leads go on meanwhile"
        return Part("Ledger", works=False, text=away), None, None
    return Part("Ledger", works=True, text="can be read"), progress, position
