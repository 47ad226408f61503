"""Delivers webhook events in the background.

As at GitHub: a receiver has ten seconds, failed deliveries are not retried, the order is not guaranteed, and a
redelivery has the same guid. The latest deliveries are kept in memory.
"""

import asyncio
import hmac
import json
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import h11

from sandbox.faults import Fault, Faults
from sandbox.github.hooks.events import ONLY_FOR_ORGANIZATIONS, WebhookEvent
from sandbox.github.hooks.http_post import HttpResponse, post
from sandbox.github.records import Hook
from sandbox.github.state import GitHubState

TIMEOUT_SECONDS = 10
KEPT_DELIVERIES = 500
_AT_ONCE = 20
_HELD_SECONDS = 5.0
"""Maximum time that a held delivery waits to be overtaken."""

Spawn = Callable[[Coroutine[Any, Any, None]], "Future[None]"]


@dataclass(frozen=True)
class Delivery:
    """A delivery attempt and its result. All deliveries of an event, to all hooks, have the same guid."""

    id: int
    guid: str
    hook: Hook
    event: WebhookEvent
    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    redelivery: bool = False
    delivered_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float = 0
    status: str = "pending"
    code: int = 0
    answer: HttpResponse | None = field(default=None, repr=False)

    @property
    def is_done(self) -> bool:
        """True once the attempt has succeeded or failed."""
        return self.status != "pending"


class WebhookSender:
    """Starts the deliveries and keeps the latest. `spawn` runs a coroutine on the sandbox's event loop, from any thread."""

    def __init__(self, state: GitHubState, faults: Faults, spawn: Spawn) -> None:
        self._state = state
        self._faults = faults
        self._spawn = spawn
        self._deliveries: dict[int, Delivery] = {}
        self._running: set[Future[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._held: dict[int, tuple[Delivery, asyncio.Event]] = {}
        """Deliveries that wait to be overtaken, by their ids."""

    def send(self, event: WebhookEvent) -> None:
        """Start delivering the event to every subscribed hook, and return at once."""
        guid = str(uuid.uuid4())
        for hook in list(self._state.hooks.values()):
            if _wants(hook, event):
                self._start(self._delivery(hook, event, guid))

    def redeliver(self, delivery: Delivery) -> None:
        """Start delivering the event again, to the hook's current URL, and return at once."""
        hook = self._state.hooks[delivery.hook.id]
        self._start(replace(self._delivery(hook, delivery.event, delivery.guid), redelivery=True))

    def deliveries(self, hook: int | None = None) -> list[Delivery]:
        """Return the finished deliveries to one hook or to all, latest first."""
        return [
            each
            for each in reversed(self._deliveries.values())
            if each.is_done and hook in (None, each.hook.id)
        ]

    @property
    def is_busy(self) -> bool:
        """True while a delivery is in progress."""
        return bool(self._running)

    def stop(self) -> None:
        """Cancel the deliveries in progress."""
        for running in list(self._running):
            running.cancel()

    def _delivery(self, hook: Hook, event: WebhookEvent, guid: str) -> Delivery:
        number = self._state.new_id()
        text = json.dumps(event.payload, ensure_ascii=False, separators=(",", ":"))
        body = text.encode() if hook.content_type == "json" else urlencode({"payload": text}).encode()
        headers = dict(_headers(hook, event, guid, body, self._state.organization.id))
        return Delivery(number, guid, hook, event, hook.url, headers, body)

    def _start(self, delivery: Delivery) -> None:
        self._keep(delivery)
        name = f"/{delivery.event.name}/{delivery.event.action or ''}"
        fault = self._faults.match("webhook", "POST", name, delivery.body.decode())
        running = self._spawn(self._deliver(delivery, fault))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    def _keep(self, delivery: Delivery) -> None:
        self._deliveries[delivery.id] = delivery
        while len(self._deliveries) > KEPT_DELIVERIES:
            del self._deliveries[next(iter(self._deliveries))]

    async def _deliver(self, delivery: Delivery, fault: Fault | None) -> None:
        kind = fault.kind if fault else None
        if kind == "webhook_lost":
            self._keep(replace(delivery, status="failed to connect to host", code=502))
            return
        if fault and kind == "webhook_late":
            await self._faults.delay(fault)
        if fault and kind == "webhook_out_of_order":
            await self._until_overtaken(delivery, fault.seconds or _HELD_SECONDS)
        for _ in range(2 if kind == "webhook_twice" else 1):
            async with self._slots:
                self._keep(await _attempted(delivery))
        for held, overtaken in self._held.values():
            if held.hook.id == delivery.hook.id and held.id < delivery.id:
                overtaken.set()

    async def _until_overtaken(self, delivery: Delivery, seconds: float) -> None:
        overtaken = asyncio.Event()
        self._held[delivery.id] = delivery, overtaken
        with suppress(TimeoutError):
            await asyncio.wait_for(overtaken.wait(), seconds)
        del self._held[delivery.id]


async def _attempted(delivery: Delivery) -> Delivery:
    started = time.monotonic()
    answer = None
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await post(delivery.url, delivery.headers, delivery.body)
    except TimeoutError:
        status, code = "timed out", 504
    except (OSError, h11.RemoteProtocolError):
        status, code = "failed to connect to host", 502
    else:
        code = answer.status
        status = "OK" if 200 <= code < 300 else f"Invalid HTTP Response: {code}"
    return replace(
        delivery,
        delivered_at=datetime.now(UTC),
        duration=round(time.monotonic() - started, 2),
        status=status,
        code=code,
        answer=answer,
    )


def _wants(hook: Hook, event: WebhookEvent) -> bool:
    if event.hook is not None:
        return event.hook == hook.id
    if not hook.active or not {event.name, "*"} & set(hook.events):
        return False
    if hook.repository_id is None:
        return True
    return hook.repository_id == event.repository and event.name not in ONLY_FOR_ORGANIZATIONS


def _headers(
    hook: Hook, event: WebhookEvent, guid: str, body: bytes, organization: int
) -> Iterator[tuple[str, str]]:
    yield "Accept", "*/*"
    yield "User-Agent", "GitHub-Hookshot/5a4db0c"
    yield "Content-Type", _CONTENT_TYPES[hook.content_type]
    yield "X-GitHub-Delivery", guid
    yield "X-GitHub-Event", event.name
    yield "X-GitHub-Hook-ID", str(hook.id)
    yield "X-GitHub-Hook-Installation-Target-ID", str(hook.repository_id or organization)
    kind = "organization" if hook.repository_id is None else "repository"
    yield "X-GitHub-Hook-Installation-Target-Type", kind
    if hook.secret:
        for header, algorithm in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
            yield header, f"{algorithm}={hmac.new(hook.secret.encode(), body, algorithm).hexdigest()}"


_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
