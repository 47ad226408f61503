"""The feed: all events in the order of their commits, for live pages and for programs that follow along."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from ledger.contents import contents_of
from ledger.entry import Entry
from ledger.read_tables import FEED, FEED_HEAD
from ledger.tables import CONTENTS, ENTRIES, IS_CONTENT, OF_CONTENT

PAGE = 100


class FeedEvent(NamedTuple):
    """An event at its position."""

    position: int
    entry: Entry
    revision: int
    """Above 1 if it takes the place of another one, which a lost workflow task had left."""
    void: bool
    """True if it only says that the event under this number was lost."""


def head(connection: Connection) -> int:
    """Return the newest position; 0 if there is none."""
    return connection.scalar(select(FEED_HEAD.c.last)) or 0


def events_after(
    connection: Connection, position: int, kinds: Collection[str] = (), limit: int = PAGE
) -> list[FeedEvent]:
    """Return the next events after a position, of some kinds or of all. What was erased reads as such."""
    this = and_(
        ENTRIES.c.lead_id == FEED.c.lead_id,
        ENTRIES.c.seq == FEED.c.seq,
        ENTRIES.c.revision == FEED.c.revision,
    )
    wanted = (
        select(FEED.c.position, ENTRIES, *OF_CONTENT)
        .join(ENTRIES, this)
        .join(CONTENTS, IS_CONTENT, isouter=True)
        .where(FEED.c.position > position)
    )
    if kinds:
        wanted = wanted.where(FEED.c.kind.in_(sorted(kinds)))
    found = connection.execute(wanted.order_by(FEED.c.position).limit(limit)).mappings()
    contents = contents_of(connection)
    return [
        FeedEvent(row["position"], contents.entry(row, erased=True), row["revision"], row["void"])
        for row in found
    ]


class Changed(NamedTuple):
    """An event's position and its lead."""

    position: int
    lead_id: str


def changes_after(connection: Connection, position: int, limit: int = PAGE) -> list[Changed]:
    """Return the leads of the next events after a position, without the events."""
    wanted = select(FEED.c.position, FEED.c.lead_id).where(FEED.c.position > position)
    return [Changed(*row) for row in connection.execute(wanted.order_by(FEED.c.position).limit(limit))]
