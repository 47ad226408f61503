"""Rate limits of outside systems that the workers tell each other, in the ledger's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.store import location_of, make_engine, prepare, translate_errors
from ledger.tables import LIMITS


class SharedLimits:
    """Until when no request may be sent, by the name of a limit. One object serves all threads.

    Every method raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        self._writer = engine.execution_options(writes=True)
        self._location = location_of(engine.url)
        self._prepared = False

    @classmethod
    def open(cls, url: str) -> Self:
        """Return the limits in the database of a ledger's URL. It connects at its first use."""
        return cls(make_engine(url))

    def close(self) -> None:
        """Close the connections."""
        self._reader.dispose()

    def until(self, name: str) -> datetime | None:
        """Return the end of the limit, which may have passed, or None if no worker has met it."""
        with self._transaction(self._reader) as connection:
            found: datetime | None = connection.scalar(select(LIMITS.c.until).where(LIMITS.c.name == name))
            return found

    def extend(self, name: str, until: datetime) -> None:
        """Set the end of the limit, unless a later one is known."""
        with self._transaction(self._writer) as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            new = insert(LIMITS).values(name=name, until=until)
            later = LIMITS.c.until < new.excluded.until
            changed = {"until": new.excluded.until}
            connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=changed, where=later))

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        with translate_errors(self._location):
            if not self._prepared:
                prepare(self._reader, self._writer)
                self._prepared = True
            with engine.begin() as connection:
                yield connection
