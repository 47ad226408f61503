"""The database of the ledger: prepared at its first use, and read or written in transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.schema import grant_reading, grant_rights
from ledger.store import (
    TIMEOUT,
    has_schema,
    location_of,
    make_engine,
    prepare,
    require_schema,
    translate_errors,
)
from ledger.tables import set_identity


class Database:
    """The tables of one ledger. One object serves all threads; any number of processes share the tables.

    A transaction raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def __init__(self, engine: Engine, *, read_only: bool = False) -> None:
        self.reader = engine
        self.location = location_of(engine.url)
        """The database's location, for messages."""
        self._read_only = read_only
        self._writer = engine.execution_options(writes=True)
        self._turns = _Turns(engine)
        self._prepared = False

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> Self:
        """Return the database at a URL (`Ledger.open`). It connects at its first use. Raises LedgerRefused."""
        return cls(make_engine(url), read_only=read_only)

    def close(self) -> None:
        """Close the connections."""
        self.reader.dispose()

    def exists(self) -> bool:
        """Return True if the database is there and has the tables. Nothing is made."""
        with translate_errors(self.location):
            return has_schema(self.reader)

    def make(self, role: str | None, reader: str | None = None) -> None:
        """Create the tables if they are missing and, on PostgreSQL, let `role` use and `reader` read them.

        Safe to repeat. Raises LedgerRefused for a role of an engine that has none.
        """
        if (role or reader) and self.reader.dialect.name != "postgresql":
            raise LedgerRefused(f"The ledger ({self.location}) has no roles: only PostgreSQL has.")
        with self.writing() as connection:
            set_identity(connection)
            if role:
                grant_rights(connection, role)
            if reader:
                grant_reading(connection, reader)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that only reads."""
        with translate_errors(self.location):
            self._prepare()
            with self.reader.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that may write, when it is this thread's turn."""
        try:
            with translate_errors(self.location):
                self._prepare()
                with self._turns.taken(), self._writer.begin() as connection:
                    yield connection
        except (LedgerUnavailable, LedgerRefused):
            if self.reader.dialect.name == "sqlite":
                self.reader.dispose()  # a connection to a file that was read-only stays so when the file is mended
            raise

    def _prepare(self) -> None:
        if self._prepared:
            return
        if self._read_only:
            require_schema(self.reader)
        else:
            prepare(self.reader, self._writer)
        self._prepared = True


class _Turns:
    """Lets the threads of this process write one after the other where the database takes one writer at a time.

    SQLite's own wait sleeps and is not fair: of 16 busy threads, some would wait in vain.
    """

    def __init__(self, engine: Engine) -> None:
        self._lock = threading.Lock() if engine.dialect.name == "sqlite" else None
        self._seconds = float(str(engine.url.query.get("timeout", TIMEOUT)))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for the thread's turn and hold it. Raises PoolTimeoutError if it does not come in time."""
        if self._lock is None:
            yield
        elif self._lock.acquire(timeout=self._seconds):
            try:
                yield
            finally:
                self._lock.release()
        else:
            raise PoolTimeoutError("no turn to write")
