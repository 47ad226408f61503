"""The database of the keys and of the journal: its engine, its tables, and the translation of errors."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from keys.connecting import POSTGRES, TIMEOUT
from keys.errors import KeysRefused, KeysUnavailable
from keys.tables import METADATA


class KeysDatabase:
    """The database at one URL, connected at its first use, when the missing tables are made. It serves all threads.

    Raises KeysRefused for an unusable URL. Reading and writing raise KeysUnavailable while the database is away.
    """

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)
        self._writer = self._engine.execution_options(writes=True)
        self._made = False
        self.location = location_of(self._engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database."""
        self._prepare_once()
        with translated(self._engine.url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that keeps other writers out."""
        self._prepare_once()
        with translated(self._engine.url), self._writer.begin() as connection:
            yield connection

    def prepare(self) -> None:
        """Make the tables that are missing. It happens by itself before the first use."""
        make_schema(self._engine)
        self._made = True

    def _prepare_once(self) -> None:
        if not self._made:
            self.prepare()

    def has(self, table: str) -> bool:
        """Return True if the table is there. None is made."""
        if self._made:
            return True
        if self._engine.dialect.name == "sqlite" and not Path(str(self._engine.url.database)).is_file():
            return False
        with translated(self._engine.url):
            return inspect(self._engine).has_table(table)

    def clean(self) -> None:
        """Let the database remove what it still holds of lines that were changed."""
        clean(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def make_engine(url: str) -> Engine:
    """Return the engine for a SQLAlchemy URL, without connecting. Raises KeysRefused for an unusable URL."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The parser's own message may quote a part of the password.
        raise KeysRefused(
            "The key store's URL cannot be read. It looks like sqlite:///FILE or "
            "postgresql://USER:PASSWORD@HOST:5432/DATABASE."
        ) from None
    match parsed.drivername:
        case "postgresql" | "postgresql+psycopg":
            url_ = parsed.set(drivername="postgresql+psycopg", query={**POSTGRES, **parsed.query})
            return create_engine(url_, pool_pre_ping=True, pool_timeout=TIMEOUT, hide_parameters=True)
        case "sqlite" | "sqlite+pysqlite" if parsed.database and not parsed.database.startswith(
            (":", "file:")
        ):
            return _sqlite(parsed)
        case _:
            raise KeysRefused("The key store's URL must be postgresql://… or sqlite:///FILE.")


def _sqlite(url: URL) -> Engine:
    url = url.set(query={"timeout": str(TIMEOUT), **url.query})
    engine = create_engine(url, pool_timeout=TIMEOUT, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare_connection(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy begins transactions, not the driver
        connection.execute("PRAGMA secure_delete = ON")  # what is destroyed is overwritten
        connection.execute("PRAGMA synchronous = FULL")
        _use_write_ahead_log(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let readers and the writer not block each other. SQLite does not wait if several processes open a new file at once."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def clean(engine: Engine) -> None:
    """Let the database remove what it still holds of lines that were changed. Raises KeysUnavailable."""
    with (
        translated(engine.url),
        engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM data_keys"))
            return
        busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        if busy:
            raise KeysUnavailable(
                f"The key store is in use, so that it cannot be cleaned ({location_of(engine.url)})."
            )


def make_schema(engine: Engine) -> None:
    """Make the tables that are missing. Raises KeysUnavailable or KeysRefused."""
    if engine.dialect.name == "sqlite":
        _make_file(Path(str(engine.url.database)))
    with translated(engine.url):
        if {*METADATA.tables} <= {*inspect(engine).get_table_names()}:
            return  # a role that may use them needs no right to make any
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if engine.dialect.name == "postgresql":  # two processes that make them at once would meet
                connection.execute(text("SELECT pg_advisory_xact_lock(6479)"))
            METADATA.create_all(connection)


def _make_file(file: Path) -> None:
    """Make the file, for its owner only."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise KeysRefused(f"The key store's file cannot be made: {error.strerror} ({file}).") from None


def location_of(url: URL) -> str:
    """Return the database's location for messages, without the password and the query (which may hold one)."""
    if url.get_backend_name() == "sqlite":
        return f"SQLite file {url.database}"
    return f"PostgreSQL database {url.database} on {url.host or 'the local socket'}"


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Raise the errors of the database as errors of the key store, which name the place and nothing else."""
    try:
        yield
    except IntegrityError:
        raise  # another process was faster
    except PoolTimeoutError:
        raise KeysUnavailable(f"The key store is busy ({location_of(url)}).") from None
    except DBAPIError as error:
        raise KeysUnavailable(
            f"The key store cannot be used ({location_of(url)}): {_cause(error)}."
        ) from None


def _cause(error: DBAPIError) -> str:
    """Return the cause in the driver's words, by its first line, which holds no values."""
    lines = str(error.orig).strip().splitlines() if error.orig else []
    return lines[0].rstrip(".") if lines else type(error).__name__
