"""The ledger's storage: tables and triggers, the engines for SQLite and PostgreSQL, and their errors."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.types import TypeDecorator

SCHEMA_VERSION: Final = 1


class LedgerError(Exception):
    """Base of all ledger errors. The message names the location, never a password or an event's content."""


class LedgerUnavailable(LedgerError):
    """A temporary failure: the connection is lost, the file is locked, the disk is full. A retry may succeed."""


class LedgerRefused(LedgerError):
    """A permanent failure: wrong password, missing right, unusable URL, newer schema. A person must act."""


class LedgerConflict(LedgerError):
    """The ledger already holds a different event with this lead and seq. Nothing was recorded."""

    def __init__(self, lead_id: str, seq: int) -> None:
        super().__init__(
            f"The ledger already holds a different event {seq} of lead {lead_id}; nothing was recorded."
        )
        self.lead_id = lead_id
        self.seq = seq


class _UtcDateTime(TypeDecorator[datetime]):
    """A timestamp that is aware and UTC on both engines.

    SQLite keeps no offset, and PostgreSQL answers in the session's time zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a point in time needs its offset: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


_metadata = MetaData()

ENTRIES: Final = Table(
    "ledger_entries",
    _metadata,
    Column("lead_id", Text, primary_key=True),
    Column("seq", Integer, CheckConstraint("seq >= 1"), primary_key=True, autoincrement=False),
    Column("at", _UtcDateTime, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("data", JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
    sqlite_with_rowid=False,
)

_schema: Final = Table(
    "ledger_schema",
    _metadata,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True, autoincrement=False),  # one row only
    Column("version", Integer, nullable=False),
)

_APPEND_ONLY: Final = {
    "sqlite": [
        *(
            f"CREATE TRIGGER ledger_refuses_{change.lower()} BEFORE {change} ON ledger_entries "
            f"BEGIN SELECT RAISE(ABORT, 'the ledger is append-only: {change} refused'); END"
            for change in ("UPDATE", "DELETE")
        ),
        # INSERT OR REPLACE deletes without firing the trigger above; this one keeps the recorded row.
        "CREATE TRIGGER ledger_keeps_what_it_has BEFORE INSERT ON ledger_entries "
        "WHEN EXISTS (SELECT 1 FROM ledger_entries WHERE lead_id = NEW.lead_id AND seq = NEW.seq) "
        "BEGIN SELECT RAISE(IGNORE); END",
    ],
    "postgresql": [
        "CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE restrict_violation USING MESSAGE = 'the ledger is append-only: ' || TG_OP || ' refused'; "
        "END $$",
        "CREATE TRIGGER ledger_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entries "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()",
    ],
}


def insert_new(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert the rows whose primary key is free. Waits for another transaction that inserts the same key."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)


def make_engine(url: str) -> Engine:
    """Return the engine for a SQLAlchemy URL, without connecting. Raises LedgerRefused for an unusable URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The parser's own message may quote a part of the password.
        raise LedgerRefused(
            "The ledger's URL cannot be read. It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE or "
            "sqlite:///FILE, with special characters of the password percent-encoded."
        ) from None
    match parsed.drivername:
        case "postgresql" | "postgresql+psycopg":
            return _postgresql(parsed.set(drivername="postgresql+psycopg"))
        case "sqlite" | "sqlite+pysqlite" if parsed.database and not parsed.database.startswith(
            (":", "file:")
        ):
            return _sqlite(parsed)
        case _:
            raise LedgerRefused(
                "The ledger's URL must be postgresql://… or sqlite:///FILE. A database in memory would be lost."
            )


def _postgresql(url: URL) -> Engine:
    # Seconds, milliseconds, and the name shown to the database's operator. The URL may override them.
    defaults = {"connect_timeout": "10", "tcp_user_timeout": "30000", "application_name": "leads"}
    return create_engine(url.set(query={**defaults, **url.query}), pool_pre_ping=True, hide_parameters=True)


def _sqlite(url: URL) -> Engine:
    # Seconds to wait for another writing process, unless the URL sets it.
    url = url.set(query={"timeout": "10", **url.query})
    engine = create_engine(url, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins transactions, not the driver
        connection.execute("PRAGMA synchronous = FULL")  # acknowledged commits survive a power cut
        _use_write_ahead_log(connection, float(str(url.query["timeout"])))

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that upgrades from reading to writing fails at once if another process writes.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection, seconds: float) -> None:
    """Switch the file to write-ahead logging, so that readers and the writer do not block each other.

    SQLite does not wait here if several processes open a new file at once, so this retries for `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def location_of(url: URL) -> str:
    """Return the database's location for messages, without the password and the query (which may hold one)."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite file {url.database}"
    host = url.host or "the local socket"
    return f"PostgreSQL database {url.database} on {host}{f':{url.port}' if url.port else ''}"


def prepare(reader: Engine, writer: Engine) -> None:
    """Create the schema if it is missing. Several processes may do so at once.

    Checks first, so that a database role with the right to read and append needs no other right.
    Raises LedgerRefused for a newer schema.
    """
    if reader.dialect.name == "sqlite":
        _make_folder(Path(str(reader.url.database)).parent)
    version = _version(reader)
    if version is None:
        with writer.begin() as connection:
            version = _create(connection)
    _check_version(version, reader)


def require_schema(reader: Engine) -> None:
    """Check that the schema exists, without creating it. Raises LedgerRefused if it is missing or newer."""
    is_file = reader.dialect.name == "sqlite"
    exists = not is_file or Path(str(reader.url.database)).is_file()  # connecting would create the file
    if not exists or (version := _version(reader)) is None:
        raise LedgerRefused(
            f"There is no ledger yet ({location_of(reader.url)}): no worker has written to it."
        )
    _check_version(version, reader)


def _version(reader: Engine) -> int | None:
    with reader.begin() as connection:
        exists = inspect(connection).has_table(_schema.name)
        return connection.scalar(select(_schema.c.version)) if exists else None


def _check_version(version: int, reader: Engine) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger ({location_of(reader.url)}) has schema {version}, this program knows {SCHEMA_VERSION}: "
            "a newer program has used it. Run that version."
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerRefused(f"The ledger's folder {folder} cannot be created: {error.strerror}.") from None


def _create(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":  # SQLite has locked the whole file by now
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(ENTRIES.name))))
    if not inspect(connection).has_table(_schema.name):  # another process may have been faster
        _metadata.create_all(connection)
        for statement in _APPEND_ONLY[connection.dialect.name]:
            connection.exec_driver_sql(statement)
        connection.execute(insert(_schema), {"id": 1, "version": SCHEMA_VERSION})
    version: int = connection.execute(select(_schema.c.version)).scalar_one()
    return version


@contextmanager
def translate_errors(location: str) -> Iterator[None]:
    """Translate the driver's errors into LedgerUnavailable and LedgerRefused.

    The cause is dropped on purpose: a driver's error may quote the row, which holds personal data.
    """
    try:
        yield
    except PoolTimeoutError:
        raise LedgerUnavailable(f"The ledger ({location}) is busy: no free connection.") from None
    except DBAPIError as error:
        match error.orig:
            case psycopg.Error() as cause:
                temporary = error.connection_invalidated or _postgresql_is_temporary(cause)
                reason = cause.diag.message_primary or " ".join(str(cause).split())
            case cause:
                temporary = _sqlite_is_temporary(cause)
                reason = str(cause)
        if temporary:
            raise LedgerUnavailable(f"The ledger ({location}) is not available: {reason}") from None
        raise LedgerRefused(f"The ledger ({location}) refused: {reason}") from None


def _sqlite_is_temporary(error: BaseException | None) -> bool:
    # The low byte is the primary code, the rest its extension.
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return primary in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
    }


# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, rollback by conflict, out of
# resources, object in use, operator's intervention, system error; and a server that is read-only for now.
_TEMPORARY_SQLSTATES: Final = ("08", "40", "53", "55", "57", "58", "25006")

# libpq gives no SQLSTATE for a connection that failed, only the message of server or library.
_PERMANENT_MESSAGES: Final = (
    "authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "does not exist",
    "permission denied",
    "not permitted to log in",
    "server does not support SSL",
    "certificate verify failed",
    "invalid connection option",
)


def _postgresql_is_temporary(error: psycopg.Error) -> bool:
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_TEMPORARY_SQLSTATES)
    message = str(error)
    return isinstance(error, psycopg.OperationalError) and not any(
        part in message for part in _PERMANENT_MESSAGES
    )
