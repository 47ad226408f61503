"""The server's connections: slow clients are dropped, and they cost nobody else.

A connection that sends no whole request header in time is closed. If there are too many, the oldest one of the client
with the most is closed, unless its delivery was verified: so a crowd only pushes out itself. Behind a proxy all clients
look like one, and the proxy has limits of its own.
"""

import asyncio
from collections import Counter
from ipaddress import IPv6Address, IPv6Network, ip_address

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS = 1000
"""Maximum number of connections."""
HEADER_TIMEOUT = 10.0
"""Seconds within which a request's header must arrive."""
MAX_HEADER = 16 << 10
"""Maximum size of a request's header in bytes. GitHub's has about one thousand."""
VERIFIED = "verified"
"""Key in a request's state: its sender knows the secret."""
ENDS = "ends"
"""Key in a request's state: called without arguments when the server ends, by which an endless response ends itself."""
DROPS = "drops"
"""Key in a request's state: called without arguments, it closes the request's connection at once."""
SUBSCRIBER = 64
"""Bits of an IPv6 address that one client has in common."""

_log = structlog.get_logger("web")


class Connection(H11Protocol):
    """One client's connection, with a time limit for each request's header."""

    _timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.since = self.loop.time()
        self.app_state = {**self.app_state, DROPS: self.drop}
        self._expect_header()
        if len(self.connections) > CONNECTIONS:
            _make_room([each for each in self.connections if isinstance(each, Connection)])

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE or self._has_rest:
            self._expect_header()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        super().shutdown()
        cycle = self.cycle
        if cycle and not cycle.response_complete and (ends := cycle.scope["state"].get(ENDS)):
            ends()

    def on_response_complete(self) -> None:
        """Wait for the next request, behind the rest of this one's body if it was refused by its header."""
        super().on_response_complete()
        if self._has_rest:
            self._expect_header()

    @property
    def _has_rest(self) -> bool:
        """True if the request was answered before its body was there."""
        return self.conn.their_state is h11.SEND_BODY and self.cycle.response_complete

    @property
    def peer(self) -> str:
        """The client: its address, or the network that it has by IPv6."""
        return peer_of(self.client[0]) if self.client else ""

    @property
    def is_verified(self) -> bool:
        """True while a delivery is handled whose sender knows the secret."""
        cycle = self.cycle
        return bool(cycle and not cycle.response_complete and cycle.scope.get("state", {}).get(VERIFIED))

    def drop(self) -> None:
        """Close the connection at once."""
        self.connections.discard(self)
        self.transport.abort()

    def _expect_header(self) -> None:
        """Give the client a time limit, unless it has one."""
        if self._timeout is None and not self.transport.is_closing():
            self._timeout = self.loop.call_later(HEADER_TIMEOUT, self.drop)

    def _stop_waiting(self) -> None:
        if self._timeout:
            self._timeout.cancel()
            self._timeout = None


def peer_of(address: str) -> str:
    """Return the name under which a client's connections are counted."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv6Address) and known.ipv4_mapped is None:
        return str(IPv6Network((known, SUBSCRIBER), strict=False))
    return address


def _make_room(connections: list[Connection]) -> None:
    """Drop the oldest connection of the peer with the most, unless all of its deliveries are verified."""
    unverified = [each for each in connections if not each.is_verified]
    if not unverified:
        return
    (crowd, _), *_ = Counter(each.peer for each in unverified).most_common(1)
    oldest = min((each for each in unverified if each.peer == crowd), key=lambda each: each.since)
    _log.warning("too many connections; the oldest of the busiest client is closed")
    oldest.drop()
