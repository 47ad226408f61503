"""The ledger: every event of every lead in one append-only SQL table, on SQLite or PostgreSQL.

A lead's workflow decides; the ledger keeps its events after Temporal's retention has deleted the history,
and reports read them. The primary key (lead_id, seq) makes writing idempotent, so the table can be refilled.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, JsonValue
from sqlalchemy import Connection, Engine, Select, func, select

from ledger.store import (
    ENTRIES,
    SCHEMA_VERSION,
    LedgerConflict,
    LedgerError,
    LedgerRefused,
    LedgerUnavailable,
    insert_new,
    location_of,
    make_engine,
    prepare,
    require_schema,
    translate_errors,
)

__all__ = [
    "Entry",
    "Head",
    "Ledger",
    "LedgerConflict",
    "LedgerError",
    "LedgerRefused",
    "LedgerUnavailable",
    "Status",
]


def _text(value: str) -> str:
    value.encode()  # a lone surrogate raises ValueError here instead of at the database
    if "\0" in value:
        raise ValueError("PostgreSQL cannot store the character NUL")
    return value


def _json(value: Any) -> Any:
    """Return the JSON in the form that both engines read back, so that a repeat compares equal."""
    match value:
        case str():
            return _text(value)
        case float():
            try:
                numerator, denominator = value.as_integer_ratio()
            except (OverflowError, ValueError):
                raise ValueError("JSON has no infinity and no NaN") from None
            return numerator if denominator == 1 else value  # JSONB reads 1e300 back as an integer
        case list():
            return [_json(item) for item in value]
        case dict():
            return {_text(key): _json(item) for key, item in value.items()}
        case _:
            return value


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Line = Annotated[str, AfterValidator(_text)]


class Entry(BaseModel, frozen=True):
    """One event of one lead, as it is recorded."""

    lead_id: Line = Field(min_length=1)
    seq: int = Field(ge=1, lt=2**31, description="Number of the event within its lead, from 1, without gaps")
    at: Annotated[AwareDatetime, AfterValidator(_utc)] = Field(
        description="Time at which the event became true; stored in UTC"
    )
    kind: Line
    by: Line = Field(description="Person or program that decided")
    source: Line = Field(description="Face through which the decision came")
    key: Line = Field(description="Idempotency key of the decision")
    policy: Line = Field(description="Version of the policy that applied")
    summary: Line = Field(description="The event as a plain sentence")
    data: Annotated[dict[str, JsonValue], AfterValidator(_json)] = Field(
        description="The event itself, as JSON"
    )


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
    """The table of events. One object serves all threads; any number of processes share a table.

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

    def append(self, entries: Sequence[Entry]) -> int:
        """Record events of one lead, all or none. Returns the last seq up to which the lead has no gaps.

        Events that are recorded already with the same content are skipped, so a call may be repeated, even
        concurrently. Raises LedgerConflict if a different event is recorded under the same lead and seq.
        """
        rows = {entry.seq: entry for entry in sorted(entries, key=lambda entry: entry.seq)}
        lead_ids = {entry.lead_id for entry in entries}
        if len(lead_ids) != 1 or len(rows) != len(entries):
            raise LedgerRefused("One call must record events of exactly one lead, each seq once.")
        lead_id = lead_ids.pop()
        with self._transaction(self._writer) as connection:
            # Ordered by seq, so that two writers cannot deadlock.
            insert_new(connection, ENTRIES, [entry.model_dump() for entry in rows.values()])
            same = select(ENTRIES).where(
                ENTRIES.c.lead_id == lead_id, ENTRIES.c.seq.between(min(rows), max(rows))
            )
            for recorded in _read(connection, same):
                if rows.get(recorded.seq, recorded) != recorded:
                    raise LedgerConflict(lead_id, recorded.seq)
            return _last_without_gaps(connection, lead_id)

    def last_seq(self, lead_id: str) -> int:
        """Return the last seq up to which the lead has no gaps; 0 for an unknown lead."""
        with self._transaction(self._reader) as connection:
            return _last_without_gaps(connection, lead_id)

    def entries(self, lead_id: str) -> list[Entry]:
        """Return all recorded events of a lead in order; none for an unknown lead."""
        with self._transaction(self._reader) as connection:
            return _read(
                connection, select(ENTRIES).where(ENTRIES.c.lead_id == lead_id).order_by(ENTRIES.c.seq)
            )

    def all_entries(self, since: datetime | None = None, kinds: Collection[str] | None = None) -> list[Entry]:
        """Return the events of all leads in order of time, from `since` (aware, inclusive), of these kinds."""
        wanted = select(ENTRIES).order_by(ENTRIES.c.at, ENTRIES.c.lead_id, ENTRIES.c.seq)
        if since is not None:
            wanted = wanted.where(ENTRIES.c.at >= since)
        if kinds is not None:
            wanted = wanted.where(ENTRIES.c.kind.in_(kinds))
        with self._transaction(self._reader) as connection:
            return _read(connection, wanted)

    def heads(self) -> list[Head]:
        """Return the newest recorded event of every lead, ordered by id."""
        lead_id = ENTRIES.c.lead_id
        ranked = select(
            lead_id,
            ENTRIES.c.seq,
            ENTRIES.c.at,
            func.count().over(partition_by=lead_id).label("recorded"),
            func.row_number().over(partition_by=lead_id, order_by=ENTRIES.c.seq.desc()).label("from_end"),
        ).subquery()
        newest = select(ranked).where(ranked.c.from_end == 1).order_by(ranked.c.lead_id)
        with self._transaction(self._reader) as connection:
            return [
                Head(row.lead_id, row.seq, row.at, row.recorded == row.seq)
                for row in connection.execute(newest)
            ]

    def check(self) -> Status:
        """Return what the ledger is and holds, after writing a probe event and rolling it back."""
        counts = select(func.count(ENTRIES.c.lead_id.distinct()), func.count()).select_from(ENTRIES)
        with self._transaction(self._writer) as connection:
            leads, events = connection.execute(counts).one()
            with connection.begin_nested() as savepoint:
                insert_new(connection, ENTRIES, [_PROBE])
                savepoint.rollback()
            dialect = connection.dialect
            version = ".".join(str(part) for part in dialect.server_version_info or ())
            return Status(self._location, f"{dialect.name} {version}", SCHEMA_VERSION, leads, events)

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


_PROBE = dict.fromkeys(("lead_id", "kind", "by", "source", "key", "policy", "summary"), "") | {
    "seq": 1,
    "at": datetime(2000, 1, 1, tzinfo=UTC),
    "data": {},
}  # no real entry has an empty lead_id


def _read(connection: Connection, wanted: Select[Any]) -> list[Entry]:
    return [Entry.model_validate(dict(row)) for row in connection.execute(wanted).mappings()]


def _last_without_gaps(connection: Connection, lead_id: str) -> int:
    """Return the highest seq that equals its position: no number before it is missing."""
    position = func.row_number().over(order_by=ENTRIES.c.seq).label("position")
    mine = select(ENTRIES.c.seq, position).where(ENTRIES.c.lead_id == lead_id).subquery()
    return connection.scalar(select(func.max(mine.c.seq)).where(mine.c.seq == mine.c.position)) or 0
