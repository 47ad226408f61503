"""Reads the ledger: the events of a lead, and the rows of many."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

from sqlalchemy import bindparam, func, select

from keys.ring import KeyRing
from ledger.contents import contents_of
from ledger.database import Database
from ledger.entry import Entry
from ledger.lag import Lag, lag_of, lagging_leads
from ledger.rows import Filter, order_by
from ledger.searching import StoredText, texts
from ledger.tables import ENTRIES, EVENTS, LEADS
from process.views.lead_row import LeadRow

if TYPE_CHECKING:  # it loads what can become of a lead, which lists do without
    from process.core.events import Event


class Head(NamedTuple):
    """The newest recorded event of one lead."""

    lead_id: str
    seq: int
    """The highest recorded number."""
    at: datetime
    """Time at which that event became true."""
    complete: bool
    """True if all events from 1 to `seq` are recorded."""


ROWS_AT_ONCE = 500
"""Number of rows that are read from the database at a time."""


class LedgerReader:
    """The tables of the ledger, to read. One object serves all threads.

    Every method raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one. Those that read
    events raise LeadErased for a lead whose key was destroyed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(
        cls, url: str, ring: KeyRing | None = None, *, seals: bool = True, read_only: bool = False
    ) -> Self:
        """Return the ledger at a SQLAlchemy URL, `sqlite:///FILE` or `postgresql://…`.

        With `ring`, what events say is sealed under the keys of their leads. Without it, it is written plain, and what
        is sealed cannot be read. Without `seals`, it is written plain, and what is sealed is read.

        It connects, and creates a missing schema, at its first use, so a worker can start while the database
        is down. With `read_only` it creates nothing, and the first use raises LedgerRefused if there is no
        ledger. Raises LedgerRefused for any other URL.
        """
        return cls(Database.open(url, ring, seals=seals, read_only=read_only))

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

    # ---- one lead

    def last_seq(self, lead_id: str) -> int:
        """Return the last seq up to which the lead has no gaps; 0 for an unknown lead."""
        with self._database.reading() as connection:
            return connection.scalar(select(LEADS.c.recorded).where(LEADS.c.lead_id == lead_id)) or 0

    def entries(self, lead_id: str) -> list[Entry]:
        """Return all recorded events of a lead in order; none for an unknown lead."""
        with self._database.reading() as connection:
            found = connection.execute(_EVENTS, {"of_lead": lead_id}).mappings().all()
            contents = contents_of(connection)
        return [*map(contents.entry, found)]

    def events(self, lead_id: str) -> "list[Event]":
        """Return the lead's events in order, up to the first gap. Raises ValueError for one that this code cannot read."""
        from process.core.stored_events import read_event  # it loads all rules, which lists do without

        with self._database.reading() as connection:
            found = connection.execute(_EVENTS, {"of_lead": lead_id}).mappings().all()
            contents = contents_of(connection)
        events = []
        for number, row in enumerate(found, start=1):
            if row["seq"] == number:
                fields = contents.opened(row)
                clear = {name: row[name] for name in ("seq", "at", "policy")}
                events.append(read_event(clear | {"summary": fields["summary"], "fact": fields["data"]}))
        return events

    def row(self, lead_id: str) -> LeadRow | None:
        """Return the lead's row, or None if there is none."""
        found = self.rows(LEADS.c.lead_id == lead_id)
        return found[0] if found else None

    def texts(self) -> Iterator[StoredText]:
        """Yield each text of each table, what events say included, so that a person's words can be looked for."""
        with self._database.reading() as connection:
            yield from texts(connection)

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

    def lag(self, now: datetime) -> Lag:
        """Return the lag of the read tables."""
        with self._database.reading() as connection:
            return lag_of(connection, now)

    def lagging_leads(self, now: datetime, limit: int) -> list[str]:
        """Return ids of leads whose read tables are to be made anew, at most so many."""
        with self._database.reading() as connection:
            return lagging_leads(connection, now, limit)

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


_EVENTS: Final = select(EVENTS).where(EVENTS.c.lead_id == bindparam("of_lead")).order_by(EVENTS.c.seq)
