"""Types and helpers for tests that run `leads`."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple


class Ended(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return the output, parsed as JSON."""
        return json.loads(self.out)


RunLeads = Callable[..., Coroutine[Any, Any, Ended]]
"""Runs `leads` with these arguments."""

Opened = Callable[..., Coroutine[Any, Any, str]]
"""Opens a lead with these options and returns its id."""

Visible = Callable[..., Awaitable[None]]
"""Waits until these leads are found by searches."""


def refused(ended: Ended, *notices: str) -> None:
    """Assert a refusal: its exit code, and one sentence on stderr with these notices."""
    assert ended.code == 3
    assert not ended.out
    assert ended.err.count("\n") == 1
    for notice in notices:
        assert notice in ended.err


async def eventually(ask: Callable[[], Any], wanted: Callable[[Any], bool]) -> Any:
    """Ask until the answer is the wanted one; the test's own timeout ends it otherwise."""
    while not wanted(found := await ask()):
        await asyncio.sleep(0.05)
    return found
