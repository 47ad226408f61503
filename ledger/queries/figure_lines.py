"""The leads and events of a figure of a report, page by page."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from ledger.contents import contents_of
from ledger.queries.cursors import beyond, read_cursor, write_cursor
from ledger.queries.reports import changes, known_at, merged
from ledger.read_tables import IS_NOW, MONEY, STAGES
from ledger.tables import CONTENTS, ENTRIES, IS_CONTENT, LEADS, OF_CONTENT
from process.reports.rows import Expected
from process.types import Stage

PAGE = 50
"""Usual number of lines of a page."""
OPENED: Final = STAGES.c.opened_at
BEGAN: Final = STAGES.c.from_at


class Time(NamedTuple):
    """A time from a moment to another one, which is not part of it."""

    first: datetime
    before: datetime


class Line(NamedTuple):
    """An event of a lead that is part of a figure."""

    lead_id: str
    seq: int
    money: Expected | None = None
    """The money that it lets expect."""
    sign: int = 1
    """-1 if it lets expect that no longer."""
    days: int | None = None
    """Whole days for which the lead was at the stage."""


class Lines(NamedTuple):
    """Some lines, and the cursor of the next ones if there are more."""

    lines: tuple[Line, ...]
    after: str | None


def stage_lines(
    connection: Connection,
    stage: Stage,
    within: Time,
    *more: ColumnElement[bool],
    by: ColumnElement[datetime] = OPENED,
    after: str | None = None,
    limit: int | None = None,
) -> Lines:
    """Return the times at a stage, of leads that were opened (or of times that began) within a time.

    `more`: further conditions, as those below. Raises BrokenCursor.
    """
    keys = (STAGES.c.lead_id, STAGES.c.from_seq)
    wanted = select(*keys, STAGES.c.days).where(
        IS_NOW, STAGES.c.stage == stage.value, by >= within.first, by < within.before, *more
    )
    found, cursor = _page(connection, wanted, keys, (str, int), after, limit)
    return Lines(tuple(Line(row[0], row[1], days=row[2]) for row in found), cursor)


def first_times() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the first time at the stage of a lead that is no merged duplicate."""
    return STAGES.c.is_first == true(), *unmerged()


def unmerged() -> tuple[ColumnElement[bool], ...]:
    """Return the condition for leads that are no merged duplicates."""
    return (STAGES.c.lead_id.not_in(merged()),)


def ended(ended: bool) -> ColumnElement[bool]:
    """Return the condition for times that are over, or that last."""
    return STAGES.c.to_seq.is_not(None) if ended else STAGES.c.to_seq.is_(None)


def reason_is(reason: str) -> ColumnElement[bool]:
    """Return the condition for losses with this reason; an empty text stands for none."""
    return func.coalesce(STAGES.c.reason, "") == reason


def stage_before_is(stage: str) -> ColumnElement[bool]:
    """Return the condition for times after this stage; an empty text stands for none."""
    return func.coalesce(STAGES.c.before, "") == stage


def expected_lines(
    connection: Connection,
    currency: str,
    moment: datetime,
    kinds: Collection[str],
    months: tuple[int, int],
    floating: int,
    after: str | None = None,
    limit: int | None = None,
) -> Lines:
    """Return the money of these kinds that was expected at this moment for any of the months from one to another.

    `floating`: the first month of money whose start is not known. Raises BrokenCursor.
    """
    keys = tuple(MONEY.c[name] for name in ("lead_id", "from_seq", "kind", "term"))
    money = (MONEY.c[name] for name in ("first", "months", "month", "rest"))
    start = func.coalesce(MONEY.c.first, floating)
    wanted = select(*keys, *money).where(
        MONEY.c.currency == currency,
        known_at(moment),
        MONEY.c.kind.in_(sorted(kinds)),
        start <= months[1],
        start + MONEY.c.months > months[0],
    )
    found, cursor = _page(connection, wanted, keys, (str, int, str, int), after, limit)
    return Lines(tuple(Line(row[0], row[1], _money(row[2], row[4:])) for row in found), cursor)


def moved_lines(
    connection: Connection,
    currency: str,
    time: Time,
    event: str,
    kinds: Collection[str],
    after: str | None = None,
    limit: int | None = None,
) -> Lines:
    """Return the money that events of a kind let expect, or no longer, after a moment until another one.

    Raises BrokenCursor.
    """
    each = changes(currency, *time).subquery()
    keys = tuple(each.c[name] for name in ("lead_id", "seq", "sign", "kind", "term"))
    money = (each.c[name] for name in ("first", "months", "month", "rest"))
    wanted = select(*keys, *money).where(each.c.event == event, each.c.kind.in_(sorted(kinds)))
    found, cursor = _page(connection, wanted, keys, (str, int, int, str, int), after, limit)
    return Lines(tuple(Line(row[0], row[1], _money(row[3], row[5:]), row[2]) for row in found), cursor)


def _money(kind: str, row: Sequence[Any]) -> Expected:
    first, months, month, rest = row
    return Expected(kind, first, months, 1, month, rest)


def _page(
    connection: Connection,
    wanted: Select[Any],
    keys: tuple[ColumnElement[Any], ...],
    types: tuple[type, ...],
    after: str | None,
    limit: int | None,
) -> tuple[list[Any], str | None]:
    limit = PAGE if limit is None else limit
    if after is not None:
        wanted = wanted.where(beyond(keys, read_cursor(after, *types)))
    found = list(connection.execute(wanted.order_by(*keys).limit(limit + 1)))
    more = len(found) > limit
    return found[:limit], write_cursor(found[limit - 1][: len(keys)]) if more else None


class EventSummary(NamedTuple):
    """Time, kind and summary of an event."""

    at: datetime
    kind: str
    summary: str


def summaries(
    connection: Connection, events: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], EventSummary]:
    """Return what the ledger says of these events, of which there is a page at most. What was erased reads as such."""
    wanted = sorted({*events})
    if not wanted:
        return {}
    these = or_(*(and_(ENTRIES.c.lead_id == lead, ENTRIES.c.seq == seq) for lead, seq in wanted))
    columns = (ENTRIES.c[name] for name in ("lead_id", "seq", "revision", "at", "kind"))
    found = connection.execute(
        select(*columns, *OF_CONTENT)
        .join(CONTENTS, IS_CONTENT, isouter=True)
        .where(these)
        .order_by(ENTRIES.c.revision)
    )
    newest = {(row["lead_id"], row["seq"]): row for row in found.mappings()}
    contents = contents_of(connection)
    return {
        event: EventSummary(row["at"], row["kind"], contents.readable(row)["summary"])
        for event, row in newest.items()
    }


class Named(NamedTuple):
    """A lead's name for people, and its time zone."""

    heading: str
    zone: str


def headings(connection: Connection, lead_ids: Iterable[str]) -> dict[str, Named]:
    """Return names and zones of these leads, of which there is a page at most."""
    wanted = select(LEADS.c.lead_id, LEADS.c.document).where(
        LEADS.c.lead_id.in_(sorted({*lead_ids})), LEADS.c.document.is_not(None)
    )
    found = ((lead_id, json.loads(document)) for lead_id, document in connection.execute(wanted))
    return {lead_id: Named(row["heading"], row.get("zone", "UTC")) for lead_id, row in found}
