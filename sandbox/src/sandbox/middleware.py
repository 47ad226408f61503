"""ASGI middleware that enters every request in the journal and performs the faults that match it."""

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.faults import Fault, Faults, error_response
from sandbox.journal import Exchange, Journal, readable
from sandbox.systems import system_of

_PERFORMED_BY_SYSTEM = ("stale", "graphql_error")
_INSTEAD_OF_WORK = ("status", "secondary_limit", "primary_limit", "rate_limit", "garbage")


class CuttableProtocol(H11Protocol):
    """HTTP/1.1, with `scope["state"]["cut"]()`, which closes the connection without a response."""

    def __init__(self, *args: Any, app_state: dict[str, Any], **kwargs: Any) -> None:
        kwargs["app_state"] = {**app_state, "cut": lambda: self.transport.abort()}
        super().__init__(*args, **kwargs)


class FaultMiddleware:
    """Passes requests to `app`, or performs the fault that matches. The API under `/_sandbox/` is exempt."""

    def __init__(self, app: ASGIApp, faults: Faults, journal: Journal) -> None:
        self.app = app
        self.faults = faults
        self.journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            return await self.app(scope, receive, send)
        body = await _read_body(receive)
        exchange = self.journal.add(
            system=system_of(scope["path"]),
            method=scope["method"],
            path=scope["path"],
            query=parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
        )
        fault = None
        if exchange.system is not None:
            fault = self.faults.match(
                exchange.system, exchange.method, exchange.path, body.decode(errors="replace")
            )
        await self._respond(
            scope, _replay(body, receive), receive, _JournalingSend(exchange, scope, send), fault
        )
        return None

    async def _respond(
        self, scope: Scope, replay: Receive, receive: Receive, send: "_JournalingSend", fault: Fault | None
    ) -> None:
        if fault is None:
            return await self.app(scope, replay, send)
        send.exchange.fault = fault.kind
        if fault.kind in _INSTEAD_OF_WORK:
            return await error_response(fault)(scope, replay, send)
        if fault.kind == "slow":
            await self.faults.delay(fault)
        elif fault.kind in _PERFORMED_BY_SYSTEM:
            scope["sandbox.fault"] = fault
        elif fault.kind in ("status_after", "cut_after"):
            await self.app(scope, replay, _discard)
            send.exchange.caller = scope.get("sandbox.caller")
        if fault.kind == "status_after":
            return await error_response(fault)(scope, replay, send)
        if fault.kind in ("cut", "cut_after"):
            return await _cut(scope, receive)
        return await self.app(scope, replay, send)


class _JournalingSend:
    """Forwards a response and enters it in the journal."""

    def __init__(self, exchange: Exchange, scope: Scope, send: Send) -> None:
        self.exchange = exchange
        self._scope = scope
        self._send = send
        self._type = ""
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.exchange.status = message["status"]
            self.exchange.caller = self._scope.get("sandbox.caller")
            headers = dict(message.get("headers", []))
            self._type = headers.get(b"content-type", b"").decode("latin-1")
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body") and not self._type.startswith("text/html"):
                self.exchange.response = readable(bytes(self._body), self._type)
        await self._send(message)


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that yields the body that was read already, then continues with the original."""
    replayed = False

    async def replay() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


async def _discard(message: Message) -> None:
    """Drop a response."""


async def _cut(scope: Scope, receive: Receive) -> None:
    scope["state"]["cut"]()
    # Wait until the server has noticed the disconnect, or it would write a 500 into the closed connection.
    with suppress(OSError):
        while (await receive())["type"] != "http.disconnect":
            pass
