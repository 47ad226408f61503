"""The ledger: every event of every lead in one append-only SQL table, on SQLite or PostgreSQL.

Temporal decides; the ledger remembers what was decided when Temporal's retention has forgotten it, and
board and reports read it. Its primary key (lead, seq) makes writing again harmless, so it can be filled anew.
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
    demand,
    insert_new,
    make_engine,
    own_errors,
    place_of,
    prepare,
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
    value.encode()  # a lone surrogate is a ValueError here, and would be one at the database
    if "\0" in value:
        raise ValueError("PostgreSQL cannot store the character NUL")
    return value


def _json(value: Any) -> Any:
    """The same JSON in the one form that both engines give back, so that a repeat compares equal."""
    match value:
        case str():
            return _text(value)
        case float():
            try:
                numerator, denominator = value.as_integer_ratio()
            except (OverflowError, ValueError):
                raise ValueError("JSON has no infinity and no NaN") from None
            return numerator if denominator == 1 else value  # JSONB writes 1e300 out as an integer
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
    """One event of one lead, as it is recorded for ever."""

    lead: Line = Field(min_length=1)
    seq: int = Field(ge=1, lt=2**31, description="1 for a lead's first event, then without gaps")
    at: Annotated[AwareDatetime, AfterValidator(_utc)] = Field(description="When it became true; kept in UTC")
    kind: Line
    by: Line = Field(description="Who decided")
    source: Line = Field(description="Through which face it came")
    key: Line = Field(description="Idempotency key of the decision")
    policy: Line = Field(description="Version of the rules it was decided under")
    summary: Line = Field(description="The event as a plain sentence")
    data: Annotated[dict[str, JsonValue], AfterValidator(_json)] = Field(
        description="The event itself, as JSON"
    )


class Head(NamedTuple):
    """How far the ledger knows one lead."""

    lead: str
    seq: int  # the highest recorded
    at: datetime  # when that became true
    complete: bool  # whether everything from 1 to `seq` is there


class Status(NamedTuple):
    """What `Ledger.check` found."""

    place: str
    engine: str
    schema_version: int
    leads: int
    events: int


class Ledger:
    """The table of events. One object serves all threads of a process; any number of processes share a table.

    Every method raises LedgerUnavailable when trying again later helps, and LedgerRefused when it does not.
    """

    def __init__(self, engine: Engine, *, read_only: bool = False) -> None:
        self._reader = engine
        self._read_only = read_only
        self._writer = engine.execution_options(writes=True)
        self._place = place_of(engine.url)
        self._prepared = False

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """The ledger at a SQLAlchemy URL, `sqlite:///FILE` or `postgresql://…`; LedgerRefused for any other.

        Connects, and creates what is missing, when first used: a worker may start while its database is away.
        `read_only`: creates nothing; where nothing is there, the first use raises LedgerRefused.
        """
        return cls(make_engine(url), read_only=read_only)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self._place

    def close(self) -> None:
        """Closes the connections."""
        self._reader.dispose()

    def append(self, entries: Sequence[Entry]) -> int:
        """Records events of one lead, all or none; answers how far that lead is now recorded without gaps.

        What is there already, with the same content, is left alone: a call may be repeated, also by two
        callers at once. Raises LedgerConflict when something else is recorded under a lead and seq.
        """
        rows = {entry.seq: entry for entry in sorted(entries, key=lambda entry: entry.seq)}
        leads = {entry.lead for entry in entries}
        if len(leads) != 1 or len(rows) != len(entries):
            raise LedgerRefused("One call records events of exactly one lead, each seq once.")
        lead = leads.pop()
        with self._transaction(self._writer) as connection:
            # In order of seq, so that two writers wait for each other and never in a circle.
            insert_new(connection, ENTRIES, [entry.model_dump() for entry in rows.values()])
            same = select(ENTRIES).where(ENTRIES.c.lead == lead, ENTRIES.c.seq.between(min(rows), max(rows)))
            for recorded in _read(connection, same):
                if rows.get(recorded.seq, recorded) != recorded:
                    raise LedgerConflict(lead, recorded.seq)
            return _without_gaps(connection, lead)

    def last_seq(self, lead: str) -> int:
        """How far a lead is recorded without gaps, as `append` answers it; 0 for an unknown lead."""
        with self._transaction(self._reader) as connection:
            return _without_gaps(connection, lead)

    def history(self, lead: str) -> list[Entry]:
        """All recorded events of a lead, in order; none for an unknown lead."""
        with self._transaction(self._reader) as connection:
            return _read(connection, select(ENTRIES).where(ENTRIES.c.lead == lead).order_by(ENTRIES.c.seq))

    def events(self, since: datetime | None = None, kinds: Collection[str] | None = None) -> list[Entry]:
        """The events of all leads in order of time: from `since` (aware, included) on, of these kinds."""
        wanted = select(ENTRIES).order_by(ENTRIES.c.at, ENTRIES.c.lead, ENTRIES.c.seq)
        if since is not None:
            wanted = wanted.where(ENTRIES.c.at >= since)
        if kinds is not None:
            wanted = wanted.where(ENTRIES.c.kind.in_(kinds))
        with self._transaction(self._reader) as connection:
            return _read(connection, wanted)

    def leads(self) -> list[Head]:
        """Every lead with its newest recorded event, by name."""
        lead = ENTRIES.c.lead
        ranked = select(
            lead,
            ENTRIES.c.seq,
            ENTRIES.c.at,
            func.count().over(partition_by=lead).label("recorded"),
            func.row_number().over(partition_by=lead, order_by=ENTRIES.c.seq.desc()).label("from_end"),
        ).subquery()
        newest = select(ranked).where(ranked.c.from_end == 1).order_by(ranked.c.lead)
        with self._transaction(self._reader) as connection:
            return [
                Head(row.lead, row.seq, row.at, row.recorded == row.seq) for row in connection.execute(newest)
            ]

    def check(self) -> Status:
        """What the ledger is and holds, after an event was really written and taken back."""
        counts = select(func.count(ENTRIES.c.lead.distinct()), func.count()).select_from(ENTRIES)
        with self._transaction(self._writer) as connection:
            leads, events = connection.execute(counts).one()
            with connection.begin_nested() as savepoint:
                insert_new(connection, ENTRIES, [_PROBE])
                savepoint.rollback()
            dialect = connection.dialect
            version = ".".join(str(part) for part in dialect.server_version_info or ())
            return Status(self._place, f"{dialect.name} {version}", SCHEMA_VERSION, leads, events)

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with own_errors(self._place):
            if not self._prepared:
                if self._read_only:
                    demand(self._reader)
                else:
                    prepare(self._reader, self._writer)
                self._prepared = True
            with engine.begin() as connection:
                yield connection


_PROBE = dict.fromkeys(("lead", "kind", "by", "source", "key", "policy", "summary"), "") | {
    "seq": 1,
    "at": datetime(2000, 1, 1, tzinfo=UTC),
    "data": {},
}  # no real entry has an empty lead


def _read(connection: Connection, wanted: Select[Any]) -> list[Entry]:
    return [Entry.model_validate(dict(row)) for row in connection.execute(wanted).mappings()]


def _without_gaps(connection: Connection, lead: str) -> int:
    """An entry whose seq is its position has no gap before it."""
    position = func.row_number().over(order_by=ENTRIES.c.seq).label("position")
    mine = select(ENTRIES.c.seq, position).where(ENTRIES.c.lead == lead).subquery()
    return connection.scalar(select(func.max(mine.c.seq)).where(mine.c.seq == mine.c.position)) or 0
