"""The log of who read which lead's payloads in Temporal's own tools. It holds no contents."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from keys.errors import KeyErased
from process.personal import ERASED
from starter.web.auth.database import WebDatabase
from starter.web.auth.tables import READINGS

KEPT = timedelta(days=365)
"""Time for which a line is kept."""


class Reading(NamedTuple):
    """Payloads of one owner that one person has read within one hour."""

    hour: datetime
    by: str
    owner: str
    """The lead's id, or the name under which chores are sealed, as `service/2026-11`."""
    payloads: int


class ReadingLog:
    """The log. Its methods block, and raise StoreUnavailable."""

    def __init__(
        self, database: WebDatabase, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def note(self, by: str, payloads: Mapping[str, int]) -> str:
        """Note that this person has read so many payloads of each owner. Old lines are forgotten meanwhile.

        Returns a text by which logs may tell the person from others, without a name.
        """
        now, contents = self._clock(), self._database.contents
        hour, reader = now.replace(minute=0, second=0, microsecond=0).isoformat(), contents.digest(by)
        with self._database.writing() as connection:
            connection.execute(delete(READINGS).where(READINGS.c.hour < (now - KEPT).isoformat()))
            insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(READINGS)
            for owner, count in payloads.items():
                line_id = contents.digest("\0".join((hour, by, owner)))
                sealed = contents.columns(READINGS.name, line_id, {"by": by})
                line = insert.values(id=line_id, hour=hour, owner=owner, payloads=count, **sealed)
                more = {"payloads": READINGS.c.payloads + count}
                connection.execute(line.on_conflict_do_update(index_elements=["id"], set_=more))
        return reader[:12]

    def of(self, owner: str) -> list[Reading]:
        """Return who has read what this owner's keys seal, the newest first."""
        wanted = select(READINGS).where(READINGS.c.owner == owner).order_by(READINGS.c.hour.desc())
        with self._database.reading() as connection:
            return [
                Reading(datetime.fromisoformat(row.hour), self._by(row), row.owner, row.payloads)
                for row in connection.execute(wanted).all()
            ]

    def _by(self, row: Row[Any]) -> str:
        try:
            return str(
                self._database.contents.opened(READINGS.name, row.id, row.content, row.key_epoch)["by"]
            )
        except KeyErased:
            return ERASED
