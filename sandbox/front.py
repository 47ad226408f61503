"""What every request passes first: it is entered in the journal, and the faults that are set strike it."""

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.faults import Fault, Faults, answer
from sandbox.journal import Exchange, Journal, readable
from sandbox.systems import system_of

_INSIDE = ("stale", "graphql_error")
_BEFORE = ("status", "secondary_limit", "primary_limit", "rate_limit", "garbage")


class CuttableProtocol(H11Protocol):
    """HTTP that lets an application end the connection without an answer: `scope["state"]["cut"]()`."""

    def __init__(self, *args: Any, app_state: dict[str, Any], **kwargs: Any) -> None:
        kwargs["app_state"] = {**app_state, "cut": lambda: self.transport.abort()}
        super().__init__(*args, **kwargs)


class Front:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, faults: Faults, journal: Journal) -> None:
        self.app = app
        self.faults = faults
        self.journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            return await self.app(scope, receive, send)
        body = await _whole(receive)
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
            fault = self.faults.take(
                exchange.system, exchange.method, exchange.path, body.decode(errors="replace")
            )
        await self._answer(scope, _again(body, receive), receive, _Noting(exchange, scope, send), fault)
        return None

    async def _answer(
        self, scope: Scope, again: Receive, receive: Receive, send: "_Noting", fault: Fault | None
    ) -> None:
        if fault is None:
            return await self.app(scope, again, send)
        send.exchange.fault = fault.kind
        if fault.kind in _BEFORE:
            return await answer(fault)(scope, again, send)
        if fault.kind == "slow":
            await self.faults.hold_up(fault)
        elif fault.kind in _INSIDE:
            scope["sandbox.fault"] = fault
        elif fault.kind in ("status_after", "cut_after"):
            await self.app(scope, again, _nowhere)
            send.exchange.who = scope.get("sandbox.who")
        if fault.kind == "status_after":
            return await answer(fault)(scope, again, send)
        if fault.kind in ("cut", "cut_after"):
            return await _cut(scope, receive)
        return await self.app(scope, again, send)


class _Noting:
    """Passes an answer on and enters it in the journal."""

    def __init__(self, exchange: Exchange, scope: Scope, send: Send) -> None:
        self.exchange = exchange
        self._scope = scope
        self._send = send
        self._type = ""
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.exchange.status = message["status"]
            self.exchange.who = self._scope.get("sandbox.who")
            headers = dict(message.get("headers", []))
            self._type = headers.get(b"content-type", b"").decode("latin-1")
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body") and not self._type.startswith("text/html"):
                self.exchange.answer = readable(bytes(self._body), self._type)
        await self._send(message)


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """The request's body once more, for the application behind."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _nowhere(message: Message) -> None:
    """The answer that never leaves the house."""


async def _cut(scope: Scope, receive: Receive) -> None:
    scope["state"]["cut"]()
    # The server must have seen that its client is gone, or it would answer 500 into the closed connection.
    with suppress(OSError):
        while (await receive())["type"] != "http.disconnect":
            pass
