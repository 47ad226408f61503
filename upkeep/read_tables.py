"""Keeps the read tables of the ledger up to date where no lead does so: after an upgrade, and as time passes."""

import asyncio
import time

import structlog

from client.rebuilding import rebuild_batch
from ledger.errors import LedgerError
from ledger.ledger import Ledger

EVERY = 60.0
"""Seconds between two looks."""

_log = structlog.get_logger("worker")


class ReadTables:
    """Rebuilds leads that lag, some at a time. Several workers may do so at once.

    It rests as long as it worked, so that at least half of the ledger's time is left to decisions.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def run(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            worked = await self.work()
            await asyncio.sleep(worked or EVERY)

    async def work(self) -> float:
        """Rebuild some leads. Return the seconds that it took; 0 if none lagged, or the ledger is away."""
        began = time.monotonic()
        try:
            done = await asyncio.to_thread(rebuild_batch, self._ledger)
        except LedgerError as error:
            _log.warning("the read tables were not brought up to date", error=type(error).__name__)
            return 0.0
        if unread := [each.lead_id for each in done if not each.readable]:
            _log.warning("events of leads cannot be read", leads=len(unread))
        return time.monotonic() - began if done else 0.0
