"""A single POST request on its own connection."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import h11

_MAX_BODY_BYTES = 64 * 1024
"""Number of bytes of a response body that are read."""


@dataclass(frozen=True)
class HttpResponse:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: str


async def post(url: str, headers: Mapping[str, str], body: bytes) -> HttpResponse:
    """Send the body. Certificates are not verified, redirects not followed.

    Raises:
        OSError: The connection failed.
        h11.RemoteProtocolError: The response is not HTTP.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    context = ssl._create_unverified_context() if secure else None  # noqa: S323 - receivers on this machine
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        connection = h11.Connection(h11.CLIENT)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = {**headers, "Host": parts.netloc, "Content-Length": str(len(body)), "Connection": "close"}
        request = h11.Request(method="POST", target=target, headers=list(head.items()))
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        return await _answer(connection, reader)
    finally:
        writer.close()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> HttpResponse:
    status, headers, body = 0, dict[str, str](), bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(16 * 1024))
        elif isinstance(event, h11.Response):
            status = event.status_code
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        elif isinstance(event, h11.Data) and len(body) < _MAX_BODY_BYTES:
            body += event.data
        elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
            return HttpResponse(status, headers, body.decode(errors="replace"))
