"""Makes the read tables of the ledger anew from its events, lead by lead, and tells their lag."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

from client.errors import LedgerFailed
from client.ledgers import ledger_of
from config.settings import Settings
from ledger.errors import LeadUnreadable, LedgerError
from ledger.lag import Lag
from ledger.ledger import Ledger
from ledger.reader import LedgerReader

BATCH = 50
"""Number of leads that are looked for at a time."""


class RebuiltRow(NamedTuple):
    """The row of one lead that was rebuilt, or could not be."""

    lead_id: str
    readable: bool
    """False if this code cannot read its events as a lead, or their key is lost; its row stays as it was."""


def rebuild_rows(settings: Settings, first: str = "") -> Iterator[RebuiltRow]:
    """Rebuild the read tables of all leads in the order of their ids, from the id `first` on.

    Leads and workers may go on meanwhile. Raises LedgerFailed.
    """
    try:
        with closing(ledger_of(settings)) as ledger:
            for lead_id in ledger.leads_from(first):
                yield _rebuilt(ledger, lead_id)
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error


def count_rows(settings: Settings, *, lagging: bool = False, first: str = "") -> int | None:
    """Return the number of leads that a rebuild will do; None if it begins in the middle. Raises LedgerFailed."""
    if first:
        return None
    try:
        with closing(ledger_of(settings)) as ledger:
            lag = ledger.lag(datetime.now(UTC))
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error
    return lag.lagging if lagging else lag.leads


def rebuild_lagging_rows(settings: Settings) -> Iterator[RebuiltRow]:
    """Rebuild the read tables of the leads that lag. It may be ended and begun again at any time.

    Raises LedgerFailed.
    """
    try:
        with closing(ledger_of(settings)) as ledger:
            while batch := rebuild_batch(ledger):
                yield from batch
    except LedgerError as error:
        raise LedgerFailed(str(error)) from error


def rebuild_batch(ledger: Ledger, limit: int = BATCH) -> list[RebuiltRow]:
    """Rebuild some leads that lag; none if none does. Raises LedgerError."""
    now = datetime.now(UTC)
    return [_rebuilt(ledger, lead_id, only_if_lagging=True) for lead_id in ledger.lagging_leads(now, limit)]


def _rebuilt(ledger: Ledger, lead_id: str, *, only_if_lagging: bool = False) -> RebuiltRow:
    try:
        return RebuiltRow(lead_id, ledger.rebuild(lead_id, only_if_lagging=only_if_lagging))
    except LeadUnreadable:
        return RebuiltRow(lead_id, readable=False)


class Progress(NamedTuple):
    """The lag of the read tables, and how fast it shrinks."""

    lag: Lag
    per_second: float = 0.0
    """Leads that were brought up to date in a second, lately."""

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all are up to date at this rate; None if there is no end in sight."""
        if not self.lag.lagging:
            return 0.0
        return self.lag.lagging / self.per_second if self.per_second > 0 else None


class LagWatch:
    """Tells the lag of one ledger's read tables again and again, with the rate since the look before."""

    def __init__(self, ledger: LedgerReader, clock: Callable[[], float] = time.monotonic) -> None:
        self._ledger = ledger
        self._clock = clock
        self._before: tuple[float, Lag] | None = None
        self._rate = 0.0

    def look(self) -> Progress:
        """Return the present lag. Raises LedgerFailed."""
        try:
            lag = self._ledger.lag(datetime.now(UTC))
        except LedgerError as error:
            raise LedgerFailed(str(error)) from error
        now = self._clock()
        if self._before and now > self._before[0]:
            then, old = self._before
            self._rate = max(0.0, (old.lagging - lag.lagging) / (now - then))
        self._before = now, lag
        return Progress(lag, self._rate if lag.lagging else 0.0)
