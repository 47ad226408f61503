"""Asks the ledger for pages: read-only, and never for long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from sqlalchemy import Connection, func, select

from keys.ring import KeyRing
from ledger.database import Database
from ledger.database_errors import translate_errors

SECONDS = 2.0
"""Time for the statements of one question together (SQLite), or for each of them (PostgreSQL)."""

STEPS = 10_000
"""Number of SQLite's instructions between two looks at the clock."""


class LedgerQueries:
    """A ledger to ask. One object serves all threads. It makes and changes nothing.

    ledger.reader has what commands ask for; the functions of this package take a connection of `asking`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, ring: KeyRing | None = None) -> Self:
        """Return the ledger at a URL (`Ledger.open`). It connects at its first use. Raises LedgerRefused."""
        return cls(Database.open(url, ring, read_only=True))

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    @contextmanager
    def asking(self, seconds: float = SECONDS) -> Iterator[Connection]:
        """Begin a transaction that only reads. One that takes too long raises LedgerUnavailable."""
        with (
            translate_errors(self._database.location),
            self._database.reading() as connection,
            _limited(connection, seconds),
        ):
            yield connection


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        limits = {"statement_timeout": f"{round(seconds * 1000)}ms", "transaction_read_only": "on"}
        connection.execute(select(*(func.set_config(*limit, True) for limit in limits.items())))
        yield
        return
    lite: Any = connection.connection.driver_connection
    deadline = time.monotonic() + seconds
    lite.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    lite.execute("PRAGMA query_only = ON")
    try:
        yield
    finally:
        lite.set_progress_handler(None, 0)
        lite.execute("PRAGMA query_only = OFF")
