"""Rate limits of outside systems that the workers tell each other, in the ledger's database."""

from datetime import datetime
from typing import Self

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from ledger.database import Database
from ledger.tables import LIMITS


class SharedLimits:
    """Until when no request may be sent, by the name of a limit. One object serves all threads.

    Every method raises LedgerUnavailable for a temporary failure, and LedgerRefused for a permanent one.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> Self:
        """Return the limits in the database of a ledger's URL. It connects at its first use."""
        return cls(Database.open(url))

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def until(self, name: str) -> datetime | None:
        """Return the end of the limit, which may have passed, or None if no worker has met it."""
        with self._database.reading() as connection:
            found: datetime | None = connection.scalar(select(LIMITS.c.until).where(LIMITS.c.name == name))
            return found

    def extend(self, name: str, until: datetime) -> None:
        """Set the end of the limit, unless a later one is known."""
        with self._database.writing() as connection:
            insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
            new = insert(LIMITS).values(name=name, until=until)
            later = LIMITS.c.until < new.excluded.until
            changed = {"until": new.excluded.until}
            connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=changed, where=later))
