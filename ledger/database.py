"""The database of the ledger: prepared at its first use, and read or written in transactions."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from keys.ring import KeyRing
from ledger.contents import Contents
from ledger.database_errors import translate_errors
from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.preparing import has_schema, prepare, require_schema
from ledger.schema import grant_erasing, grant_reading, grant_rights
from ledger.tables import set_identity
from sql.connecting import TIMEOUT
from sql.engines import UrlRefused, begin_writing, location_of, make_engine, overwrite


class Database:
    """The tables of one ledger. One object serves all threads; any number of processes share the tables.

    A transaction raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def __init__(self, engine: Engine, *, read_only: bool = False, contents: Contents | None = None) -> None:
        self.contents = contents or Contents()
        engine = engine.execution_options(contents=self.contents)
        self.engine = engine
        self.location = location_of(engine.url)
        """The database's location, for messages."""
        self._read_only = read_only
        self._turns = _Turns(engine)
        self._prepared = False

    @classmethod
    def open(
        cls, url: str, ring: KeyRing | None = None, *, seals: bool = True, read_only: bool = False
    ) -> Self:
        """Return the database at a URL (`Ledger.open`). It connects at its first use. Raises LedgerRefused."""
        try:
            engine = make_engine(url, "The ledger")
        except UrlRefused as refused:
            raise LedgerRefused(str(refused)) from None
        return cls(engine, read_only=read_only, contents=Contents(ring, seals=seals))

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    def exists(self) -> bool:
        """Return True if the database is there and has the tables. Nothing is made."""
        with translate_errors(self.location):
            return has_schema(self.engine)

    def make(self, role: str | None, reader: str | None = None, eraser: str | None = None) -> None:
        """Create the tables if they are missing and, on PostgreSQL, let `role` use and `reader` read them.

        `eraser`, which may be one of them, may also replace what events say, as an erasure does. Safe to repeat.
        Raises LedgerRefused for a role of an engine that has none.
        """
        if (role or reader or eraser) and self.engine.dialect.name != "postgresql":
            raise LedgerRefused(f"The ledger ({self.location}) has no roles: only PostgreSQL has.")
        with self.writing() as connection:
            set_identity(connection)
            for each in sorted({role, eraser} - {None, ""}, key=str):
                grant_rights(connection, str(each))
            if reader:
                grant_reading(connection, reader)
            if eraser:
                grant_erasing(connection, eraser)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a transaction that only reads."""
        with translate_errors(self.location):
            self._prepare()
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a transaction that may write, when it is this thread's turn."""
        try:
            with translate_errors(self.location):
                self._prepare()
                with self._turns.taken(), begin_writing(self.engine) as connection:
                    yield connection
        except (LedgerUnavailable, LedgerRefused):
            if self.engine.dialect.name == "sqlite":
                self.engine.dispose()  # a connection to a file that was read-only stays so when the file is mended
            raise

    def overwrite(self) -> None:
        """Let nothing of what was replaced remain in a log of writes, see `sql.engines.overwrite`."""
        with translate_errors(self.location):
            overwrite(self.engine)

    def _prepare(self) -> None:
        if self._prepared:
            return
        if self._read_only:
            require_schema(self.engine)
        else:
            prepare(self.engine)
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
