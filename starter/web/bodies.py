"""Reads the bodies of requests whose senders are not known yet, within limits of time and memory."""

import asyncio
from collections.abc import AsyncIterator

MAX_BODY = 1 << 20
"""Maximum size of a body in bytes. GitHub's comments and descriptions have at most 65,536 characters."""
MAX_CODEC_BODY = 4 << 20
"""Maximum size of payloads that Temporal's tools send at once, in bytes: as much as Temporal answers at once."""
MAX_HELD = 64 << 20
"""Maximum size of all bodies that are being read, in bytes. Beyond it, the largest is given up."""
BODY_TIMEOUT = 10.0
"""Seconds within which a body must arrive."""


class Bodies:
    """The bodies that are being read."""

    def __init__(self) -> None:
        self._held: dict[asyncio.Timeout, bytearray] = {}

    async def read(self, chunks: AsyncIterator[bytes], most: int = MAX_BODY) -> bytes:
        """Return the whole body, of `most` bytes at most.

        Raises TimeoutError if it does not come in time, or takes room that others need; ValueError if it is too large.
        """
        body = bytearray()
        async with asyncio.timeout(BODY_TIMEOUT) as limit:
            self._held[limit] = body
            try:
                async for chunk in chunks:
                    body += chunk
                    if len(body) > most:
                        raise ValueError(f"it has more than {most} bytes")
                    self._make_room()
            finally:
                self._held.pop(limit, None)
        return bytes(body)

    def _make_room(self) -> None:
        if sum(map(len, self._held.values())) > MAX_HELD:
            largest = max(self._held, key=lambda limit: len(self._held[limit]))
            del self._held[largest]
            if not largest.expired():
                largest.reschedule(asyncio.get_running_loop().time())
