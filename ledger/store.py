"""The database engines for SQLite and PostgreSQL, the preparation of the schema, and the translation of errors."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.schema import make_schema, schema_version
from ledger.tables import SCHEMA_VERSION

TIMEOUT: Final = 2
"""Seconds to wait for a connection, and for another writer. Events are written within a workflow task."""

_LIMITS: Final = {
    "lock_timeout": "1s",  # writers hold a lead for milliseconds
    "statement_timeout": f"{TIMEOUT}s",
    "idle_in_transaction_session_timeout": "10s",  # a frozen process does not hold up the other writers
}
"""PostgreSQL's limits for a transaction that writes."""


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
    defaults = {
        "connect_timeout": str(TIMEOUT),
        "tcp_user_timeout": "5000",
        "application_name": "leads",
    }
    engine = create_engine(
        url.set(query={**defaults, **url.query}),
        pool_pre_ping=True,
        pool_timeout=TIMEOUT,
        max_overflow=20,
        hide_parameters=True,
    )

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("writes", False):
            connection.execute(select(*(func.set_config(*limit, True) for limit in _LIMITS.items())))

    return engine


def _sqlite(url: URL) -> Engine:
    # Seconds to wait for another writing process, unless the URL sets it.
    url = url.set(query={"timeout": str(TIMEOUT), **url.query})
    engine = create_engine(url, pool_timeout=TIMEOUT, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins transactions, not the driver
        connection.execute("PRAGMA synchronous = FULL")  # acknowledged commits survive a power cut
        connection.execute("PRAGMA secure_delete = ON")  # what an erasure removes does not stay in free pages
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


def overwrite(engine: Engine) -> None:
    """Let nothing of what was removed remain in SQLite's log of writes, unless a reader still needs it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # outside of a transaction


def location_of(url: URL) -> str:
    """Return the database's location for messages, without the password and the query (which may hold one)."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite file {url.database}"
    host = url.host or "the local socket"
    return f"PostgreSQL database {url.database} on {host}{f':{url.port}' if url.port else ''}"


def prepare(reader: Engine, writer: Engine) -> None:
    """Create the schema if it is missing, or bring it up to date. Several processes may do so at once.

    Checks first, so that a database role with the right to read and append needs no other right.
    Raises LedgerRefused for a newer schema.
    """
    if reader.dialect.name == "sqlite":
        _make_file(Path(str(reader.url.database)))
    version = _version(reader)
    if version is None or version < SCHEMA_VERSION:
        with writer.begin() as connection:
            version = make_schema(connection)
    _check_version(version, reader)


def require_schema(reader: Engine) -> None:
    """Check that the schema exists, without creating it. Raises LedgerRefused if it is missing, older or newer."""
    if not _may_connect(reader) or (version := _version(reader)) is None:
        raise LedgerRefused(
            f"There is no ledger yet ({location_of(reader.url)}): no worker has written to it."
        )
    _check_version(version, reader)


def has_schema(reader: Engine) -> bool:
    """Return True if the schema exists, without creating it."""
    return _may_connect(reader) and _version(reader) is not None


def _may_connect(reader: Engine) -> bool:
    """Return True if connecting does not create a file."""
    return reader.dialect.name != "sqlite" or Path(str(reader.url.database)).is_file()


def _version(reader: Engine) -> int | None:
    with reader.begin() as connection:
        return schema_version(connection)


def _check_version(version: int, reader: Engine) -> None:
    if version > SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger ({location_of(reader.url)}) has schema {version}, this program knows {SCHEMA_VERSION}: "
            "a newer program has used it. Run that version."
        )
    if version < SCHEMA_VERSION:
        raise LedgerRefused(
            f"The ledger ({location_of(reader.url)}) has schema {version}, this program needs {SCHEMA_VERSION}: no "
            "worker of this version has used it yet. Start one; it brings the schema up to date."
        )


def _make_file(file: Path) -> None:
    """Make the file and its folder, which nobody but their owner can read, unless they are there."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerRefused(
            f"The ledger's folder {file.parent} cannot be created: {error.strerror}."
        ) from None
    if not file.exists():
        with suppress(OSError):  # SQLite then says why
            file.touch(mode=0o600)


@contextmanager
def translate_errors(location: str) -> Iterator[None]:
    """Translate the driver's errors, and stored values that cannot be read, into LedgerUnavailable and LedgerRefused.

    The cause is dropped on purpose: an error may quote the row, which holds personal data.
    """
    try:
        yield
    except ValidationError as error:
        raise LedgerRefused(
            f"The ledger ({location}) holds a {error.title} that this program cannot read. Another version has "
            "written it; the rows of leads can be rebuilt from their events."
        ) from None
    except PoolTimeoutError:
        raise LedgerUnavailable(f"The ledger ({location}) is busy: others write or read.") from None
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            temporary, reason = _sqlite_is_temporary(error.orig), str(error.orig)
        else:
            temporary, reason = _postgresql_failure(error.orig)
            temporary = temporary or error.connection_invalidated
        if temporary:
            raise LedgerUnavailable(f"The ledger ({location}) is not available: {reason}") from None
        raise LedgerRefused(f"The ledger ({location}) refused: {reason}") from None


def _sqlite_is_temporary(error: sqlite3.Error) -> bool:
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
        sqlite3.SQLITE_READONLY,  # as a PostgreSQL server that is read-only for now
    }


# https://www.postgresql.org/docs/current/errcodes-appendix.html: connection, rollback by conflict, out of
# resources, object in use, operator's intervention, system error; a server that is
# read-only for now; and a transaction that stood still for too long.
_TEMPORARY_SQLSTATES: Final = ("08", "40", "53", "55", "57", "58", "25006", "25P03")

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


def _postgresql_failure(error: BaseException | None) -> tuple[bool, str]:
    """Return True for a temporary failure, and the reason."""
    import psycopg  # a ledger on SQLite does without, and it takes a moment to load

    if not isinstance(error, psycopg.Error):
        return False, str(error)
    reason = error.diag.message_primary or " ".join(str(error).split())
    if error.sqlstate is not None:
        return error.sqlstate.startswith(_TEMPORARY_SQLSTATES), reason
    unreachable = isinstance(error, psycopg.OperationalError)
    return unreachable and not any(part in str(error) for part in _PERMANENT_MESSAGES), reason
