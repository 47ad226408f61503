"""The log of who read which lead's payloads in Temporal's own tools. It holds no contents."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from starter.web.auth.database import WebDatabase
from starter.web.auth.tables import READINGS

KEPT = timedelta(days=365)
"""Time for which a line is kept."""


class Reading(NamedTuple):
    """What one person has read of one owner's payloads within one hour."""

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

    def note(self, by: str, payloads: Mapping[str, int]) -> None:
        """Note that this person has read so many payloads of each owner. Old lines are forgotten meanwhile."""
        if not payloads:
            return
        now = self._clock()
        hour = now.replace(minute=0, second=0, microsecond=0).isoformat()
        with self._database.writing() as connection:
            connection.execute(delete(READINGS).where(READINGS.c.hour < (now - KEPT).isoformat()))
            insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(READINGS)
            for owner, count in payloads.items():
                line = insert.values(hour=hour, by=by, owner=owner, payloads=count)
                connection.execute(
                    line.on_conflict_do_update(
                        index_elements=["hour", "by", "owner"],
                        set_={"payloads": READINGS.c.payloads + count},
                    )
                )

    def of(self, owner: str) -> list[Reading]:
        """Return who has read what this owner's keys seal, the newest first."""
        wanted = select(READINGS).where(READINGS.c.owner == owner)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(READINGS.c.hour.desc(), READINGS.c.by)).all()
        return [Reading(datetime.fromisoformat(row.hour), row.by, row.owner, row.payloads) for row in rows]
