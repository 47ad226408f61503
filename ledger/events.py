"""The ledger: every event of every lead in one append-only SQL table, on SQLite or PostgreSQL, and a row per lead.

A lead's workflow decides; the ledger keeps its events after Temporal's retention has deleted the history, and lists and
reports read them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, Engine, Select, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ledger.entry import Entry
from ledger.errors import (
    LedgerConflict,
    LedgerError,
    LedgerOutdated,
    LedgerRefused,
    LedgerUnavailable,
)
from ledger.rows import Filter, columns_of, order_by
from ledger.store import location_of, make_engine, prepare, require_schema, translate_errors
from ledger.tables import ENTRIES, EVENTS, LEADS, SCHEMA_VERSION
from ledger.writing import Changes, LeadState, Standing, Writing, changes_of, make_writing
from process.views.row import LeadRow

__all__ = [
    "Entry",
    "Head",
    "Ledger",
    "LedgerConflict",
    "LedgerError",
    "LedgerOutdated",
    "LedgerRefused",
    "LedgerUnavailable",
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


class Ledger:
    """The tables of the ledger. One object serves all threads; any number of processes share the tables.

    Every method raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def __init__(self, engine: Engine, *, read_only: bool = False) -> None:
        self._reader = engine
        self._read_only = read_only
        self._writer = engine.execution_options(writes=True)
        self._location = location_of(engine.url)
        self._prepared = False

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """Return the ledger at a SQLAlchemy URL, `sqlite:///FILE` or `postgresql://…`.

        It connects, and creates a missing schema, at its first use, so a worker can start while the database
        is down. With `read_only` it creates nothing, and the first use raises LedgerRefused if there is no
        ledger. Raises LedgerRefused for any other URL.
        """
        return cls(make_engine(url), read_only=read_only)

    @property
    def location(self) -> str:
        """The database's location, for messages."""
        return self._location

    def close(self) -> None:
        """Close the connections."""
        self._reader.dispose()

    # ---- writing

    def append(
        self,
        lead_id: str,
        entries: Sequence[Entry],
        *,
        after: int,
        row: LeadRow | None = None,
        committed: bool = False,
    ) -> int:
        """Record events of one lead, and its row, all or nothing. Returns the last number without a gap before it.

        `entries` are all events after the number `after`, up to which the workflow's committed history knows
        them to be recorded; they may be none, and begin earlier. Those up to `after` are final from now on.
        What is recorded already is skipped, so a call may be repeated, even concurrently. Events above `after`
        that a lost workflow task has written are superseded by a newer writing. `committed` says that the
        events are in the lead's history for good, so whatever else stands there was lost.

        Raises LedgerConflict if a final event would change, and LedgerOutdated if a newer writing stands.
        """
        made_at = (row.updated_at, row.last_seq) if row else None
        writing = make_writing(lead_id, entries, after, made_at, committed)
        with self._transaction(self._writer) as connection:
            return _write(connection, writing, row)

    # ---- one lead

    def last_seq(self, lead_id: str) -> int:
        """Return the last seq up to which the lead has no gaps; 0 for an unknown lead."""
        with self._transaction(self._reader) as connection:
            return connection.scalar(select(LEADS.c.recorded).where(LEADS.c.lead_id == lead_id)) or 0

    def entries(self, lead_id: str) -> list[Entry]:
        """Return all recorded events of a lead in order; none for an unknown lead."""
        with self._transaction(self._reader) as connection:
            return _read(connection, select(EVENTS).where(EVENTS.c.lead_id == lead_id).order_by(EVENTS.c.seq))

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
        with self._transaction(self._reader) as connection:
            return [LeadRow.model_validate_json(document) for document in connection.scalars(wanted)]

    def counts(self, column: str, *where: Filter) -> dict[Any, int]:
        """Return the number of rows for each value of a column, for example `stage`."""
        by = LEADS.c[column]
        wanted = select(by, func.count()).where(LEADS.c.document.is_not(None), *where)
        with self._transaction(self._reader) as connection:
            found = connection.execute(wanted.group_by(by).order_by(by))
            return {row[0]: row[1] for row in found}

    def all_entries(self, since: datetime | None = None, kinds: Collection[str] | None = None) -> list[Entry]:
        """Return the events of all leads in order of time, from `since` (aware, inclusive), of these kinds."""
        wanted = select(EVENTS).order_by(EVENTS.c.at, EVENTS.c.lead_id, EVENTS.c.seq)
        if since is not None:
            wanted = wanted.where(EVENTS.c.at >= since)
        if kinds is not None:
            wanted = wanted.where(EVENTS.c.kind.in_(kinds))
        with self._transaction(self._reader) as connection:
            return _read(connection, wanted)

    def heads(self, beginning: str = "") -> list[Head]:
        """Return the newest recorded event of every lead whose id begins so, ordered by id."""
        wanted = select(LEADS).with_only_columns(
            LEADS.c.lead_id, LEADS.c.last_seq, LEADS.c.last_at, LEADS.c.recorded
        )
        wanted = wanted.where(LEADS.c.last_seq > 0, LEADS.c.lead_id >= beginning).order_by(LEADS.c.lead_id)
        if beginning:
            wanted = wanted.where(LEADS.c.lead_id < beginning + chr(0x10FFFF))
        with self._transaction(self._reader) as connection:
            return [
                Head(row.lead_id, row.last_seq, row.last_at, row.recorded == row.last_seq)
                for row in connection.execute(wanted)
            ]

    def check(self) -> Status:
        """Return what the ledger is and holds, after writing a probe event and rolling it back."""
        counts = select(func.count(), func.coalesce(func.sum(LEADS.c.recorded), 0)).select_from(LEADS)
        with self._transaction(self._writer) as connection:
            leads, events = connection.execute(counts).one()
            with connection.begin_nested() as savepoint:
                _write(connection, _PROBE, None)
                savepoint.rollback()
            dialect = connection.dialect
            version = ".".join(str(part) for part in dialect.server_version_info or ())
            return Status(self._location, f"{dialect.name} {version}", SCHEMA_VERSION, leads, int(events))

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with translate_errors(self._location):
            if not self._prepared:
                if self._read_only:
                    require_schema(self._reader)
                else:
                    prepare(self._reader, self._writer)
                self._prepared = True
            with engine.begin() as connection:
                yield connection


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


def _write(connection: Connection, writing: Writing, row: LeadRow | None) -> int:
    """Write within the transaction, which holds the lead until its end."""
    lead = _hold(connection, writing.lead_id)
    first = max(writing.after, lead.confirmed) + 1
    if writing.entries:
        first = min(first, writing.entries[0].seq)
    standing = _standing(connection, writing.lead_id, first)
    changes = changes_of(writing, LeadState(lead.confirmed, lead.written_at), standing)
    _insert(connection, writing, changes)
    state = _state_after(connection, lead, writing, first, standing, changes)
    changed = {name: value for name, value in state.items() if getattr(lead, name) != value}
    if row and _is_kept(row, lead, changes):
        changed |= columns_of(row)
    if changed:
        connection.execute(update(LEADS).where(LEADS.c.lead_id == writing.lead_id), changed)
    return min(int(state["recorded"]), writing.last)


def _hold(connection: Connection, lead_id: str) -> Any:
    """Return the lead's state, made if it is missing, and keep other writers of the lead out."""
    columns = ("lead_id", "confirmed", "recorded", "last_seq", "last_at", "written_at", "updated_at")
    wanted = select(*(LEADS.c[name] for name in columns)).where(LEADS.c.lead_id == lead_id).with_for_update()
    found = connection.execute(wanted).one_or_none()
    if found is None:
        _insert_new_lead(connection, lead_id)
        found = connection.execute(wanted).one()
    return found


def _insert_new_lead(connection: Connection, lead_id: str) -> None:
    """Insert a blank row. Waits for another transaction that inserts the same one."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    blank = {"lead_id": lead_id, "confirmed": 0, "recorded": 0, "last_seq": 0}
    connection.execute(dialect.insert(LEADS).on_conflict_do_nothing(), blank)


def _standing(connection: Connection, lead_id: str, first: int) -> dict[int, Standing]:
    """Return what stands under each number of the lead from `first` on."""
    wanted = (
        select(ENTRIES)
        .where(ENTRIES.c.lead_id == lead_id, ENTRIES.c.seq >= first)
        .order_by(ENTRIES.c.seq, ENTRIES.c.revision)
    )
    return {
        found["seq"]: Standing(
            found["revision"], None if found["void"] else Entry.model_validate(dict(found))
        )
        for found in connection.execute(wanted).mappings()
    }


def _insert(connection: Connection, writing: Writing, changes: Changes) -> None:
    rows = [entry.model_dump() | {"revision": revision, "void": False} for revision, entry in changes.entries]
    rows += [_VOID | {"seq": seq, "revision": revision} for seq, revision in changes.voids]
    if rows:
        of_all = {"lead_id": writing.lead_id}
        connection.execute(insert(ENTRIES), [{"at": writing.at} | row | of_all for row in rows])


_VOID = dict.fromkeys(("by", "source", "key", "policy", "summary"), "") | {
    "kind": "void",
    "void": True,
    "data": {},
}


def _state_after(
    connection: Connection,
    lead: Any,
    writing: Writing,
    first: int,
    standing: Mapping[int, Standing],
    changes: Changes,
) -> dict[str, Any]:
    """Return the lead's state after the changes. `standing` has every number from `first` on."""
    valid = {seq: there.entry for seq, there in standing.items() if there.entry}
    valid |= {entry.seq: entry for _, entry in changes.entries}
    for seq, _ in changes.voids:
        del valid[seq]
    recorded = lead.recorded
    if recorded >= first - 1:  # otherwise a number before `first` is missing
        recorded = next(seq for seq in count(first) if seq not in valid) - 1
    last_seq, last_at = _last(connection, lead, first, valid)
    newest = [at for at in (writing.at, None if changes.supersedes else lead.written_at) if at]
    return {
        "confirmed": max(lead.confirmed, writing.last if writing.committed else writing.after),
        "recorded": recorded,
        "last_seq": last_seq,
        "last_at": last_at,
        "written_at": max(newest, default=None),
    }


def _last(
    connection: Connection, lead: Any, first: int, valid: Mapping[int, Entry]
) -> tuple[int, datetime | None]:
    """Return number and time of the highest valid event."""
    if valid:
        return max(valid), valid[max(valid)].at
    if lead.last_seq < first:
        return lead.last_seq, lead.last_at
    before = select(EVENTS.c.seq, EVENTS.c.at).where(EVENTS.c.lead_id == lead.lead_id, EVENTS.c.seq < first)
    found = connection.execute(before.order_by(EVENTS.c.seq.desc()).limit(1)).one_or_none()
    return (found.seq, found.at) if found else (0, None)


def _is_kept(row: LeadRow, lead: Any, changes: Changes) -> bool:
    """Check if the row replaces the stored one: it is not older, or what the stored one shows was lost."""
    if lead.updated_at is None or changes.supersedes:
        return True
    return (row.updated_at, row.last_seq) >= (lead.updated_at, lead.last_seq)
