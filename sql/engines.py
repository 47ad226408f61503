"""The engines of all stores, for SQLite and PostgreSQL. They connect at the first use."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import Connection, Engine, PoolProxiedConnection, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from sql.connecting import POSTGRES, TIMEOUT

WRITE_LIMITS: Final = {
    "lock_timeout": "1s",  # writers hold a lead for milliseconds
    "statement_timeout": f"{TIMEOUT}s",
    "idle_in_transaction_session_timeout": "10s",  # a frozen process does not hold up the other writers
}
"""PostgreSQL's limits for a transaction that writes."""

_WRITES: Final = "writes"
"""Says of a connection to SQLite that its next transaction may write."""


class UrlRefused(ValueError):
    """The URL of a store that cannot be used. The message names the store, and no part of the URL."""


def make_engine(url: str, store: str) -> Engine:
    """Return the engine for a SQLAlchemy URL, without connecting. Raises UrlRefused.

    `store` is its name for messages. A transaction that may write is begun by `begin_writing`.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The parser's own message may quote a part of the password.
        raise UrlRefused(
            f"{store}'s URL cannot be read. It looks like postgresql://USER:PASSWORD@HOST:5432/DATABASE or "
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
            raise UrlRefused(
                f"{store}'s URL must be postgresql://… or sqlite:///FILE. A database in memory would be lost."
            )


@contextmanager
def begin_writing(engine: Engine, *, limited: bool = True) -> Iterator[Connection]:
    """Begin a transaction that may write. On SQLite it keeps other writers out from here on.

    `limited`: PostgreSQL ends it if it takes long.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.connection.info[_WRITES] = True
        with connection.begin():
            if limited and engine.dialect.name == "postgresql":
                connection.execute(select(*(func.set_config(*each, True) for each in WRITE_LIMITS.items())))
            yield connection


def _postgresql(url: URL) -> Engine:
    url = url.set(query={**POSTGRES, **url.query})
    return create_engine(url, pool_pre_ping=True, pool_timeout=TIMEOUT, max_overflow=20, hide_parameters=True)


def _sqlite(url: URL) -> Engine:
    # Seconds to wait for another writing process, unless the URL sets it.
    url = url.set(query={"timeout": str(TIMEOUT), **url.query})
    engine = create_engine(url, pool_timeout=TIMEOUT, max_overflow=20, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins transactions, not the driver
        connection.execute("PRAGMA synchronous = FULL")  # acknowledged commits survive a power cut
        connection.execute("PRAGMA secure_delete = ON")  # what was erased or destroyed leaves no free pages
        _use_write_ahead_log(connection, float(str(url.query["timeout"])))

    engine.dialect.do_begin = _begin  # type: ignore[method-assign]
    return engine


def _begin(dbapi_connection: PoolProxiedConnection) -> None:
    """Begin a transaction on SQLite. One that upgrades from reading to writing fails at once if another process writes.

    No listener does it: with one for "begin", SQLAlchemy looks for listeners at every step of every statement.
    """
    driver: Any = dbapi_connection.driver_connection
    driver.execute("BEGIN IMMEDIATE" if dbapi_connection.info.pop(_WRITES, False) else "BEGIN")


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
