"""Live pages: tells open pages which leads have changed, over server-sent events.

One task asks the ledger for the newest position while anybody listens. Pages then fetch what they show anew.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, NamedTuple, cast

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries import feed
from starter.web.connections import DROPS, ENDS
from starter.web.services import Services, services_of
from starter.web.visitors import Visitor, visitor_of

STREAMS = 200
"""Number of pages that may listen at the same time."""
STREAMS_EACH = 20
"""Number of pages of one person that may listen at the same time."""
INTERVAL = 1.0
"""Seconds between two looks at the ledger."""
PING = 15.0
"""Seconds of silence after which a sign of life is sent."""
AGE = 900.0
"""Seconds after which a stream ends, so that the browser asks anew and the person is looked at again."""
MISSED = 500
"""Number of missed events that are told one by one. Beyond it, everything counts as changed."""
WAITING = 20
"""Number of messages that wait for one reader. A slower one is dropped; the browser connects again."""
LARGEST = 2**63 - 1

_log = structlog.get_logger("web")


class News(NamedTuple):
    """The leads that changed since the message before."""

    position: int
    leads: tuple[str, ...] | None = None
    """None if any lead may have changed."""
    events: int = 0

    def encoded(self) -> bytes:
        """Return the message as the stream has it."""
        body = json.dumps({"leads": self.leads, "events": self.events}, separators=(",", ":"))
        return f"id: {self.position}\nevent: news\ndata: {body}\n\n".encode()


class Listener:
    """One page that listens."""

    def __init__(self, drops: Callable[[], None] | None = None) -> None:
        self._news: asyncio.Queue[News | None] = asyncio.Queue(WAITING)
        self._drops = drops

    def tell(self, news: News) -> None:
        """Hand the message over. A reader for whom too many wait is dropped."""
        try:
            self._news.put_nowait(news)
        except asyncio.QueueFull:
            self.end()
            if self._drops:
                self._drops()

    def end(self) -> None:
        """Let the stream end with what is being sent."""
        self.forget()
        self._news.put_nowait(None)

    def forget(self) -> None:
        """Drop the messages that wait."""
        while not self._news.empty():
            self._news.get_nowait()

    async def messages(self, first: News) -> AsyncIterator[bytes]:
        """Return the stream: first what was missed, then all news, until it ends."""
        loop = asyncio.get_running_loop()
        until = loop.time() + AGE
        yield b"retry: 2000\n\n" + first.encoded()
        while (left := until - loop.time()) > 0:
            try:
                async with asyncio.timeout(min(PING, left)):
                    news = await self._news.get()
            except TimeoutError:
                yield b": ping\n\n"
                continue
            if news is None:
                return
            yield news.encoded()


class Live:
    """All pages that listen, and the task that looks for news."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._listeners: dict[Listener, str] = {}
        self._polling: asyncio.Task[None] | None = None
        self._beginning = asyncio.Lock()
        self._position = 0

    def __len__(self) -> int:
        return len(self._listeners)

    async def join(self, listener: Listener, after: int | None, who: str) -> AsyncIterator[bytes]:
        """Return the stream of a page that has seen everything up to `after`; None for a page that was just made.

        `who`: the person who listens, or their address. Whoever joins leaves. Raises LedgerUnavailable,
        LedgerRefused, or HTTPException if too many listen.
        """
        if len(self._listeners) >= STREAMS:
            raise HTTPException(503, "Too many pages are open. Reload to see news.", {"retry-after": "30"})
        if list(self._listeners.values()).count(who) >= STREAMS_EACH:
            many = f"You have {STREAMS_EACH} pages open, and no more are told the news: close some."
            raise HTTPException(429, many, {"retry-after": "30"})
        self._listeners[listener] = who
        try:
            await self._begin()
            listener.forget()  # what was told until here, is told by the first message
            position = self._position
            return listener.messages(await self._missed(position if after is None else after, position))
        except BaseException:
            self.leave(listener)
            raise

    def leave(self, listener: Listener) -> None:
        """Count the listener no more. Without any, nobody asks the ledger."""
        self._listeners.pop(listener, None)
        if not self._listeners and self._polling:
            self._polling.cancel()
            self._polling = None

    async def _begin(self) -> None:
        async with self._beginning:
            if self._polling is None or self._polling.done():
                self._position = await self._services.ask(feed.head)
                self._polling = asyncio.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(INTERVAL)
            try:
                await self._look()
            except (LedgerUnavailable, LedgerRefused) as error:
                _log.warning("live pages wait for the ledger", why=str(error)[:200])
            except Exception:
                _log.exception("live pages could not be told")

    async def _look(self) -> None:
        head = await self._services.ask(feed.head)
        if head == self._position:
            return
        news = await self._missed(self._position, head)
        self._position = news.position
        for listener in tuple(self._listeners):
            listener.tell(news)

    async def _missed(self, after: int, head: int) -> News:
        """Return what is new between two positions. After a restored ledger, the newest position may be lower."""
        if after == head:
            return News(head, ())
        if not 0 <= after < head or head - after > MISSED:
            return News(head)
        found = await self._services.ask(feed.changes_after, after, MISSED)
        if len(found) < head - after:
            return News(head)
        return News(found[-1].position, tuple(dict.fromkeys(each.lead_id for each in found)), len(found))


router = APIRouter(include_in_schema=False)


class EventStream(StreamingResponse):
    """A stream of server-sent events."""

    media_type = "text/event-stream"

    def __init__(self, messages: AsyncIterator[bytes], leave: Callable[[], None]) -> None:
        super().__init__(messages, headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream, and leave however it ends."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()


@router.get("/live")
async def listen(
    request: Request,
    visitor: Annotated[Visitor, Depends(visitor_of)],
    after: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
) -> EventStream:
    """Stream the news. `after`: position up to which the page has seen everything. The browser's own header precedes."""
    state, live = request.scope.setdefault("state", {}), live_of(request)
    listener = Listener(state.get(DROPS))
    state[ENDS] = listener.end
    seen = _seen(request.headers.get("last-event-id"))
    who = visitor.identity or services_of(request).access.proxies.client(request)
    stream = await live.join(listener, after if seen is None else seen, who)
    return EventStream(stream, lambda: live.leave(listener))


def live_of(request: Request) -> Live:
    """Return the listeners of the application that handles this request."""
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Live(services_of(request))
    return cast(Live, state.live)


def _seen(header: str | None) -> int | None:
    """Return the position that a browser says it has seen, or None if that is no position."""
    if header and header.isascii() and header.isdigit() and len(header) < len(str(LARGEST)):
        return int(header)
    return None
