"""The lag of the read tables: the leads that are to be read anew, and their number."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select

from ledger.tables import LEADS
from process.views.lead_row import GRACE, ROWS_VERSION


class Lag(NamedTuple):
    """Number of leads whose lines in the read tables are not those of their events by the present rules."""

    leads: int
    """All leads with events."""
    older: int
    """Made by older rules."""
    missing: int
    """Never made."""
    late: int
    """Without their newest events."""
    overdue: int
    """Right only until a time that has passed."""

    @property
    def lagging(self) -> int:
        """Number of leads that are to be read anew."""
        return self.older + self.missing + self.late + self.overdue


def _conditions(now: datetime) -> dict[str, ColumnElement[bool]]:
    """Return the conditions for a lead to be read anew. No lead fits two of them."""
    current = LEADS.c.version == ROWS_VERSION
    in_time = LEADS.c.projected >= LEADS.c.recorded
    return {
        "older": LEADS.c.version < ROWS_VERSION,
        "missing": and_(LEADS.c.version.is_(None), LEADS.c.recorded > 0),
        "late": and_(current, LEADS.c.projected < LEADS.c.recorded),
        # Made again once: if it stays so, the lead does not follow its dates, which is another matter.
        "overdue": and_(
            current, in_time, LEADS.c.right_until <= now - GRACE, LEADS.c.updated_at < LEADS.c.right_until
        ),
    }


def count_leads(connection: Connection) -> int:
    """Return the number of leads with events."""
    return connection.scalar(select(func.count()).where(LEADS.c.recorded > 0)) or 0


def last_written(connection: Connection) -> datetime | None:
    """Return the time at which a lead's lines were written last; None if there are none."""
    written: datetime | None = connection.scalar(select(func.max(LEADS.c.updated_at)))
    return written


def lag_of(connection: Connection, now: datetime) -> Lag:
    """Return the lag of the read tables."""
    counts = {
        name: connection.scalar(select(func.count()).select_from(LEADS).where(condition)) or 0
        for name, condition in _conditions(now).items()
    }
    return Lag(count_leads(connection), **counts)


def count_lagging(connection: Connection) -> int:
    """Return the number of leads whose lines are made by older rules, missing, or without their newest events.

    It is quick as long as there are few of them, unlike `lag_of`, which counts all leads.
    """
    older: int = connection.scalar(select(func.count()).where(LEADS.c.version < ROWS_VERSION)) or 0
    unfinished = connection.scalars(select(LEADS.c.version).where(LEADS.c.projected < LEADS.c.recorded))
    return older + sum(1 for version in unfinished if version in (None, ROWS_VERSION))


def lagging_leads(connection: Connection, now: datetime, limit: int) -> list[str]:
    """Return ids of leads that are to be read anew, at most so many, the missing ones first."""
    found: list[str] = []
    conditions = _conditions(now)
    for name in ("missing", "late", "overdue", "older"):
        wanted = select(LEADS.c.lead_id).where(conditions[name]).order_by(LEADS.c.lead_id)
        found += connection.scalars(wanted.limit(limit - len(found)))
        if len(found) >= limit:
            break
    return found


def is_lagging(connection: Connection, lead_id: str, now: datetime) -> bool:
    """Return True if the lead is to be read anew."""
    this = LEADS.c.lead_id == lead_id
    return any(
        connection.scalar(select(LEADS.c.lead_id).where(this, condition)) is not None
        for condition in _conditions(now).values()
    )
