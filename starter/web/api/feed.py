"""The feed: the events of all leads, for programs that follow along."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field
from sqlalchemy import Connection

from ledger.queries import feed
from process.core.events import Fact
from starter.web.api.addresses import Reader, Serving, next_link
from starter.web.api.answers import Feed, PublishedEvent
from starter.web.api.caching import answer
from starter.web.api.leads import Asked
from starter.web.api.problems import ApiProblem, Complaint, invalid
from starter.web.services import Services

LONG_POLLS: Final = 50
"""Number of requests that wait for news at the same time."""
WAITS: Final = 20
"""Seconds that one of them waits at most."""
PAUSE: Final = 0.5
MAX_POSITION: Final = 2**63 - 1

router = APIRouter(tags=["events"])


class FeedAsked(Asked):
    """Part of the feed."""

    after: int = Field(0, ge=0, le=MAX_POSITION, description="position of the last event that is known")
    kinds: list[str] = Field([], description="only events of these kinds", max_length=100)
    limit: int = Field(100, ge=1, le=500)
    wait: float = Field(0, ge=0, le=WAITS, description="seconds to wait for news if there are none")


@router.get("/events", response_model=Feed, summary="Follow the events of all leads")
async def events(
    request: Request, services: Serving, _: Reader, asked: Annotated[FeedAsked, Query()]
) -> Response:
    """Show the next events after a position, in the order in which they were recorded.

    Ask again with the `position` of the answer. With `wait`, an answer without events comes only when that time is over.
    """
    _check_kinds(asked.kinds)
    found = await services.ask(_next, asked)
    if asked.wait and not found.events:
        found = await _news(request, services, asked)
    following = next_link(request, after=found.position) if found.more else {}
    return answer(request, found, found.position, following)


def _next(connection: Connection, asked: FeedAsked) -> Feed:
    head = feed.head(connection)  # first: an event that is recorded meanwhile is beyond it
    found = feed.events_after(connection, asked.after, asked.kinds, asked.limit + 1)
    shown, more = found[: asked.limit], len(found) > asked.limit
    newest = shown[-1].position if shown else asked.after
    position = newest if more else max(newest, head)
    return Feed(events=[PublishedEvent.of(event) for event in shown], position=position, more=more)


async def _news(request: Request, services: Services, asked: FeedAsked) -> Feed:
    """Return the next events as soon as there are any, or none when the time is over. Raises ApiProblem."""
    slots: asyncio.Semaphore = request.app.state.long_polls
    if slots.locked():
        busy = f"{LONG_POLLS} requests wait for news already. Ask again, without `wait` or in a moment."
        raise ApiProblem("too-many", busy, {"retry-after": "5"})
    loop, found = asyncio.get_running_loop(), Feed(events=[], position=asked.after, more=False)
    deadline = loop.time() + asked.wait
    async with slots:
        while not found.events and (rest := deadline - loop.time()) > 0:
            await asyncio.sleep(min(PAUSE, rest))
            if await request.is_disconnected():
                break
            if await services.ask(feed.head) > asked.after:
                found = await services.ask(_next, asked)
                asked = asked.model_copy(update={"after": found.position})
    return found


def _check_kinds(kinds: list[str]) -> None:
    """Raise ApiProblem for a kind that no event has: one would wait for it for ever."""
    if unknown := [kind for kind in kinds if kind not in Fact.kinds]:
        detail = f"kinds: there are no events of the kind {unknown[0][:100]!r}"
        raise invalid(Complaint(parameter="kinds", detail=detail))
