"""Repeats a piece of upkeep as long as the worker runs."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

EVERY = timedelta(minutes=1)


async def each_minute(look: Callable[[], Awaitable[None]]) -> None:
    """Look again and again, until it is cancelled."""
    while True:
        await look()
        await asyncio.sleep(EVERY.total_seconds())
