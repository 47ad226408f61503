"""The ledger: every event of every lead in one append-only SQL table, on SQLite or PostgreSQL, and a row per lead.

A lead's workflow decides; the ledger keeps its events after Temporal's retention has deleted the history, and lists and
reports read them.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Select, func, select

from ledger.database import Database
from ledger.entry import Entry
from ledger.errors import (
    LedgerConflict,
    LedgerError,
    LedgerOutdated,
    LedgerRefused,
    LedgerUnavailable,
)
from ledger.recording import Reopening, rebuild, reopen, reopenings, write
from ledger.rows import Filter, order_by
from ledger.tables import ENTRIES, EVENTS, LEADS, SCHEMA_VERSION, find_identity, set_identity
from ledger.writing import Writing, make_writing
from process.views.lead_row import LeadRow
from process.views.snapshot import Snapshot

__all__ = [
    "Entry",
    "Head",
    "Ledger",
    "LedgerConflict",
    "LedgerError",
    "LedgerOutdated",
    "LedgerRefused",
    "LedgerUnavailable",
    "Reopening",
    "Status",
]


class Head(NamedTuple):
    """The newest recorded event of one lead."""

    lead_id: str
    seq: int
    """The highest recorded number."""
    at: datetime
    """Time at which that event became true."""
    complete: bool
    """True if all events from 1 to `seq` are recorded."""


class Status(NamedTuple):
    """Result of `Ledger.check`."""

    location: str
    engine: str
    schema_version: int
    leads: int
    events: int


ROWS_AT_ONCE = 500
"""Number of rows that are read from the database at a time."""


class Ledger:
    """The tables of the ledger. One object serves all threads; any number of processes share the tables.

    Every method raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """Return the ledger at a SQLAlchemy URL, `sqlite:///FILE` or `postgresql://…`.

        It connects, and creates a missing schema, at its first use, so a worker can start while the database
        is down. With `read_only` it creates nothing, and the first use raises LedgerRefused if there is no
        ledger. Raises LedgerRefused for any other URL.
        """
        return cls(Database.open(url, read_only=read_only))

    @property
    def location(self) -> str:
        """The database's location, for messages."""
        return self._database.location

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def exists(self) -> bool:
        """Return True if there is a ledger at this place. Nothing is made."""
        return self._database.exists()

    def identity(self) -> str:
        """Return the random name that the ledger keeps in every copy. One that was made without gets it now."""
        with self._database.reading() as connection:
            found = find_identity(connection)
        if found is None:
            with self._database.writing() as connection:
                set_identity(connection)
                found = find_identity(connection)
        return found or ""

    # ---- writing

    def append(
        self,
        lead_id: str,
        entries: Sequence[Entry],
        *,
        after: int,
        row: LeadRow | None = None,
        snapshots: Sequence[Snapshot] = (),
        committed: bool = False,
    ) -> int:
        """Record events of one lead, its row and its read tables, all or nothing.

        Returns the last number without a gap before it.

        `entries` are all events after the number `after`, up to which the workflow's committed history knows
        them to be recorded; they may be none, and begin earlier. Those up to `after` are final from now on.
        What is recorded already is skipped, so a call may be repeated, even concurrently. Events above `after`
        that a lost workflow task has written are superseded by a newer writing. `snapshots` are those after new
        events; if some are missing, the read tables are made from all events. `committed` says that the
        events are in the lead's history for good, so whatever else stands there was lost.

        Raises LedgerConflict if a final event would change, and LedgerOutdated if a newer writing stands.
        """
        made_at = (row.updated_at, row.last_seq) if row else None
        writing = make_writing(lead_id, entries, after, made_at, committed)
        with self._database.writing() as connection:
            return write(connection, writing, row, snapshots)

    def rebuild(self, lead_id: str) -> bool:
        """Make the lead's row anew from its events: the row is derived, and an older program may have written it.

        Returns False, and keeps the row, if this code cannot read the events as a lead, or some are missing.
        """
        with self._database.writing() as connection:
            return rebuild(connection, lead_id, datetime.now(UTC))

    def reopen(self, lead_id: str, after: int, reason: str, *, by: str = "the service") -> bool:
        """Allow a lead's workflow to write its events above `after` anew, as it does after a reset.

        They stand until then, and stay in the table. Who allowed it, when and why is recorded. Returns False,
        and records nothing, if those events are not final anyway, so the call may be repeated.
        Raises LedgerRefused for an unknown lead.
        """
        note = Reopening(lead_id, after, 0, datetime.now(UTC), by, reason)
        with self._database.writing() as connection:
            return reopen(connection, note)

    # ---- one lead

    def last_seq(self, lead_id: str) -> int:
        """Return the last seq up to which the lead has no gaps; 0 for an unknown lead."""
        with self._database.reading() as connection:
            return connection.scalar(select(LEADS.c.recorded).where(LEADS.c.lead_id == lead_id)) or 0

    def entries(self, lead_id: str) -> list[Entry]:
        """Return all recorded events of a lead in order; none for an unknown lead."""
        with self._database.reading() as connection:
            return _read(connection, select(EVENTS).where(EVENTS.c.lead_id == lead_id).order_by(EVENTS.c.seq))

    def reopenings(self, lead_id: str) -> list[Reopening]:
        """Return the notes of `reopen` about a lead, oldest first."""
        with self._database.reading() as connection:
            return reopenings(connection, lead_id)

    def row(self, lead_id: str) -> LeadRow | None:
        """Return the lead's row, or None if there is none."""
        found = self.rows(LEADS.c.lead_id == lead_id)
        return found[0] if found else None

    # ---- many leads

    def rows(
        self,
        *where: Filter,
        order: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[LeadRow]:
        """Return the rows for which all filters (`ledger.rows`) hold.

        `order`: names of columns, descending with a minus before it, by default and finally the lead's id.
        """
        wanted = select(LEADS.c.document).where(LEADS.c.document.is_not(None), *where)
        wanted = wanted.order_by(*order_by(order)).limit(limit).offset(offset or None)
        with self._database.reading() as connection:
            return [LeadRow.model_validate_json(document) for document in connection.scalars(wanted)]

    def each_row(self, *where: Filter) -> Iterator[LeadRow]:
        """Yield the rows for which all filters hold, in any order: one read, of which few rows are kept in memory."""
        wanted = select(LEADS.c.document).where(LEADS.c.document.is_not(None), *where)
        with self._database.reading() as connection:
            found = connection.execution_options(yield_per=ROWS_AT_ONCE).scalars(wanted)
            yield from (LeadRow.model_validate_json(document) for document in found)

    def counts(self, column: str, *where: Filter) -> dict[Any, int]:
        """Return the number of rows for each value of a column, for example `stage`."""
        by = LEADS.c[column]
        wanted = select(by, func.count()).where(LEADS.c.document.is_not(None), *where)
        with self._database.reading() as connection:
            found = connection.execute(wanted.group_by(by).order_by(by))
            return {row[0]: row[1] for row in found}

    def leads_from(self, lead_id: str = "") -> Iterator[str]:
        """Yield the ids of all leads with events, in order, from this id on. It reads the events, not the rows."""
        beginning = ENTRIES.c.lead_id >= lead_id
        while True:
            wanted = select(ENTRIES.c.lead_id).where(beginning).order_by(ENTRIES.c.lead_id).limit(1)
            with self._database.reading() as connection:
                found: str | None = connection.scalar(wanted)
            if found is None:
                return
            yield found
            beginning = ENTRIES.c.lead_id > found

    def heads(self, beginning: str = "") -> list[Head]:
        """Return the newest recorded event of every lead whose id begins so, ordered by id."""
        wanted = select(LEADS).with_only_columns(
            LEADS.c.lead_id, LEADS.c.last_seq, LEADS.c.last_at, LEADS.c.recorded
        )
        wanted = wanted.where(LEADS.c.last_seq > 0, LEADS.c.lead_id >= beginning).order_by(LEADS.c.lead_id)
        if beginning:
            wanted = wanted.where(LEADS.c.lead_id < beginning + chr(0x10FFFF))
        with self._database.reading() as connection:
            return [
                Head(row.lead_id, row.last_seq, row.last_at, row.recorded == row.last_seq)
                for row in connection.execute(wanted)
            ]

    def check(self) -> Status:
        """Return what the ledger is and holds, after writing a probe event and rolling it back."""
        counts = select(func.count(), func.coalesce(func.sum(LEADS.c.recorded), 0))
        counts = counts.where(LEADS.c.recorded > 0)  # read from the index of that column
        with self._database.writing() as connection:
            leads, events = connection.execute(counts).one()
            with connection.begin_nested() as savepoint:
                write(connection, _PROBE, None)
                savepoint.rollback()
            dialect = connection.dialect
            version = ".".join(str(part) for part in dialect.server_version_info or ())
            return Status(self.location, f"{dialect.name} {version}", SCHEMA_VERSION, leads, int(events))


_PROBE_AT = datetime(2000, 1, 1, tzinfo=UTC)
_PROBE = Writing(
    lead_id="",  # no real lead has an empty id
    entries=[
        Entry.model_construct(
            lead_id="",
            seq=1,
            at=_PROBE_AT,
            kind="",
            by="",
            source="",
            key="",
            policy="",
            summary="",
            data={},
        )
    ],
    after=0,
    at=_PROBE_AT,
    length=None,
    committed=False,
)


def _read(connection: Connection, wanted: Select[Any]) -> list[Entry]:
    return [Entry.model_validate(dict(row)) for row in connection.execute(wanted).mappings()]
