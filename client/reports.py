"""Reports: asks the ledger for their rows, makes them, and keeps the newest ones until an event is recorded."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple, Self

from sqlalchemy import Connection

from client import report_rows
from client.ledgers import queries_of
from client.lists import failing
from client.report_figures import MAKERS
from config.settings import Settings
from ledger.lag import count_lagging, count_leads, last_written
from ledger.queries import feed
from ledger.queries.asking import LedgerQueries
from process.reports.catalog import report_info
from process.reports.parameters import Choice, check_characters
from process.reports.report import FigurePage, Report

SIZE: Final = 64
"""Number of reports that are kept."""


class _State(NamedTuple):
    """Everything that a report depends on beside its parameters: it stays the same as long as this does."""

    head: int
    """Position of the newest event."""
    updated_at: datetime | None
    """Time at which a lead's lines were written last."""
    lagging: int
    """Number of leads whose lines are not those of their events."""
    today: date


class Reports:
    """Makes reports from one ledger. One object serves all threads; a report is kept until something changes."""

    def __init__(self, queries: LedgerQueries, zone: str = "UTC", size: int = SIZE) -> None:
        self._queries = queries
        self._zone = zone
        self._size = size
        self._made: OrderedDict[tuple[str, Choice, _State], Report] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the reports of the ledger of these settings, in their time zone. It connects at its first use.

        Raises LedgerFailed if that is no ledger's URL.
        """
        with failing():
            return cls(queries_of(settings), settings.zone)

    def close(self) -> None:
        """Close the connections."""
        self._queries.close()

    def make(self, name: str, given: Mapping[str, str], today: date) -> Report:
        """Return the report with these parameters. Raises ParameterRefused, or LedgerFailed."""
        choice = report_info(name).read(given, today)
        with failing(), self._queries.asking() as connection:
            key = name, choice, _state(connection, today)
            with self._lock:
                if (known := self._made.get(key)) is not None:
                    self._made.move_to_end(key)
                    return known
            made = _make(connection, name, choice, key[2], self._zone)
        with self._lock:
            self._made[key] = made
            while len(self._made) > self._size:
                self._made.popitem(last=False)
        return made

    def rows(self, name: str, given: Mapping[str, str], today: date, after: str | None = None) -> FigurePage:
        """Return the leads and events of a figure, some at a time.

        `given`: the fields of a cell's `rows`. Raises ParameterRefused, BrokenCursor or LedgerFailed.
        """
        info = report_info(name)
        check_characters({**given, "after": after or ""})
        figure, of = given.get("figure", ""), given.get("of", "")
        choice = info.read({key: given[key] for key in given if key not in ("figure", "of")}, today)
        with failing(), self._queries.asking() as connection:
            return report_rows.page_of(connection, name, choice, self._zone, figure, of, after)


def _state(connection: Connection, today: date) -> _State:
    return _State(feed.head(connection), last_written(connection), count_lagging(connection), today)


def _make(connection: Connection, name: str, choice: Choice, state: _State, zone: str) -> Report:
    report = MAKERS[name](connection, choice, zone)
    if not state.lagging:
        return report
    leads = count_leads(connection)
    note = f"The read tables are being rebuilt: {state.lagging:,} of {leads:,} leads are shown as they were before."
    return report.replaced(notes=(*report.notes, note))
