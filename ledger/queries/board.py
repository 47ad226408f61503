"""The board: columns by stage, page by page, and the totals above them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Self

from sqlalchemy import ColumnElement, Connection, Select, false, func, or_, select, union_all

from ledger.queries.cursors import beyond, read_cursor, write_cursor
from ledger.queries.search import MOST, having_words, leads_having
from ledger.read_tables import IS_TOLD, STAGES
from ledger.rows import equals, needs_attention
from ledger.tables import LEADS
from process.types import Role, Stage
from process.views.lead_row import LeadRow

Sort = Literal["date", "value", "age", "name"]

PAGE: Final = 25


class _Order(NamedTuple):
    column: Any
    type: type
    descends: bool = False


_ORDERS: Final[dict[str, _Order]] = {
    "date": _Order(LEADS.c.sort_date, datetime),
    "value": _Order(LEADS.c.value, int, descends=True),
    "age": _Order(LEADS.c.stage_since, datetime),
    "name": _Order(LEADS.c.name, str),
}


class BoardFilter(NamedTuple):
    """Conditions for the leads on the board."""

    owner: Role | None = None
    service: str | None = None
    attention: bool = False
    """True for leads that have a concern or an effect that failed for good."""
    on_hold: bool | None = None
    text: str = ""
    """Words that the lead has somewhere, see `search`."""
    among: tuple[str, ...] | None = None
    """Ids of the leads that are looked at; None for all."""

    def narrowed(self, connection: Connection) -> Self:
        """Return the same filter with the leads that have its words, if they are few: they are looked for once only."""
        found = leads_having(connection, self.text)
        return self if found is None or len(found) > MOST else self._replace(text="", among=tuple(found))

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions, those for leads that are not archived among them."""
        found = [LEADS.c.archived == false()]
        if self.owner:
            found.append(equals("owner", self.owner.value))
        if self.service:
            found.append(equals("service", self.service))
        if self.attention:
            found.append(needs_attention())
        if self.on_hold is not None:
            found.append(equals("on_hold", self.on_hold))
        if (words := having_words(self.text)) is not None:
            found.append(words)
        if self.among is not None:
            found.append(LEADS.c.lead_id.in_(self.among))
        return found


EVERYTHING: Final = BoardFilter()
"""The filter of a board without filters."""


class Card(NamedTuple):
    """One lead on the board."""

    row: LeadRow
    stage_since: datetime | None


class Page(NamedTuple):
    """Some cards of a column, and the cursor of the next ones if there are more."""

    cards: tuple[Card, ...]
    after: str | None


def column(
    connection: Connection,
    stage: Stage,
    sort: Sort = "date",
    only: BoardFilter = EVERYTHING,
    after: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Return the cards of a column: earliest date, highest value, longest at the stage, or first name first.

    Raises BrokenCursor.
    """
    return leads(connection, (stage,), sort, only, after, limit)


def leads(
    connection: Connection,
    stages: Collection[Stage],
    sort: Sort = "date",
    only: BoardFilter = EVERYTHING,
    after: str | None = None,
    limit: int = PAGE,
) -> Page:
    """Return the leads at these stages in one order, as `column` does. Raises BrokenCursor."""
    order = _ORDERS[sort]
    columns = (order.column, LEADS.c.lead_id)
    wanted = select(
        order.column.label("first"), LEADS.c.lead_id, LEADS.c.document, LEADS.c.stage_since
    ).where(order.column.is_not(None), LEADS.c.document.is_not(None), *only.conditions())
    if after is not None:
        wanted = wanted.where(beyond(columns, read_cursor(after, order.type, str), descends=order.descends))
    wanted = wanted.order_by(*_in_order(columns, order)).limit(limit + 1)
    # each stage alone, as its index has it
    parts = [wanted.where(LEADS.c.stage == stage.value).subquery() for stage in dict.fromkeys(stages)]
    every = union_all(*(select(part) for part in parts)).subquery()
    in_order = _in_order((every.c.first, every.c.lead_id), order)
    found = list(connection.execute(select(every).order_by(*in_order).limit(limit + 1)))
    cards = tuple(Card(LeadRow.model_validate_json(each[2]), each[3]) for each in found[:limit])
    more = len(found) > limit
    return Page(cards, write_cursor(found[limit - 1][:2]) if more else None)


def _in_order(columns: Sequence[Any], order: _Order) -> list[Any]:
    return [each.desc() if order.descends else each for each in columns]


COUNTED: Final = 1_000
"""Number of leads in a column up to which a place in it is counted."""


class Neighbours(NamedTuple):
    """The leads before and after a lead in a column of the board."""

    before: str | None
    """Id of the lead before it; None for the first one."""
    after: str | None


class Place(NamedTuple):
    """The place of a lead in a column of the board."""

    position: int | None
    """Its number from 1; None if it is not in the column, or further down than `COUNTED`."""
    leads: int
    """Number of leads in the column, at most `COUNTED` + 1."""


def neighbours(
    connection: Connection, lead_id: str, stage: Stage, sort: Sort = "date", only: BoardFilter = EVERYTHING
) -> Neighbours | None:
    """Return the neighbours of a lead in a column; for one that has left it, those of the place where it would be.

    It is None if there is no row of the lead, or nothing by which it could be ordered.
    """
    up, down = _around(connection, lead_id, stage, sort, only.narrowed(connection))
    if up is None or down is None:
        return None
    return Neighbours(connection.scalar(up.limit(1)), connection.scalar(down.limit(1)))


def place(
    connection: Connection, lead_id: str, stage: Stage, sort: Sort = "date", only: BoardFilter = EVERYTHING
) -> Place | None:
    """Return the place of a lead in a column, or None as `neighbours` does."""
    only = only.narrowed(connection)
    up, _ = _around(connection, lead_id, stage, sort, only)
    if up is None:
        return None
    column = _in_column(stage, sort, only)
    above = _count(connection, up)
    is_there = connection.scalar(column.where(LEADS.c.lead_id == lead_id)) is not None
    return Place(above + 1 if is_there and above < COUNTED else None, _count(connection, column))


def _in_column(stage: Stage, sort: Sort, only: BoardFilter) -> Select[Any]:
    """Return the question for the ids of the leads in a column."""
    column = _ORDERS[sort].column
    there = (LEADS.c.stage == stage.value, column.is_not(None), LEADS.c.document.is_not(None))
    return select(LEADS.c.lead_id).where(*there, *only.conditions())


def _around(
    connection: Connection, lead_id: str, stage: Stage, sort: Sort, only: BoardFilter
) -> tuple[Select[Any], Select[Any]] | tuple[None, None]:
    """Return the questions for the leads above and below a lead, from it on."""
    order = _ORDERS[sort]
    columns = (order.column, LEADS.c.lead_id)
    own = connection.execute(select(*columns).where(LEADS.c.lead_id == lead_id)).one_or_none()
    if own is None or own[0] is None:
        return None, None

    def others(*, descends: bool) -> Select[Any]:
        found = _in_column(stage, sort, only).where(beyond(columns, tuple(own), descends=descends))
        return found.order_by(*(each.desc() if descends else each for each in columns))

    return others(descends=not order.descends), others(descends=order.descends)


def _count(connection: Connection, wanted: Select[Any]) -> int:
    some = wanted.limit(COUNTED + 1).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def is_empty(connection: Connection) -> bool:
    """Return True if the ledger has no lead at all."""
    return connection.execute(select(LEADS.c.lead_id).limit(1)).first() is None


class Total(NamedTuple):
    """Leads of one stage whose price is in one currency."""

    stage: Stage
    currency: str | None
    """None for leads without a price."""
    leads: int
    attention: int
    """Number of them that need attention."""
    value: int
    """Sum of their prices for a year, in minor units."""


def totals(connection: Connection, only: BoardFilter = EVERYTHING) -> list[Total]:
    """Return count and value of the leads that are not archived, by stage and currency.

    With a filter, at most COUNTED + 1 leads of each stage are counted: no index has the totals then.
    """
    what = (LEADS.c.stage, LEADS.c.currency, LEADS.c.attention, LEADS.c.value)
    if only == EVERYTHING:
        leads = select(*what).where(LEADS.c.stage.is_not(None), *only.conditions()).subquery()
    else:
        some = (select(*what).where(LEADS.c.stage == stage.value, *only.conditions()) for stage in Stage)
        leads = union_all(*(select(each.limit(COUNTED + 1).subquery()) for each in some)).subquery()
    by = (leads.c.stage, leads.c.currency)
    wanted = select(
        *by,
        func.count(),
        func.count().filter(leads.c.attention > 0),
        func.coalesce(func.sum(leads.c.value), 0),
    )
    found = connection.execute(wanted.group_by(*by).order_by(*by))
    return [Total(Stage(row[0]), row[1], row[2], row[3], int(row[4])) for row in found]


def stages_on(connection: Connection, moment: datetime) -> dict[Stage, int]:
    """Return the number of leads at each stage at a past moment, as it was known then."""
    wanted = select(STAGES.c.stage, func.count()).where(*_then(moment)).group_by(STAGES.c.stage)
    found = {row[0]: row[1] for row in connection.execute(wanted)}
    return {stage: found[stage.value] for stage in Stage if stage.value in found}


def leads_on(
    connection: Connection, moment: datetime, stage: Stage, after: str = "", limit: int = PAGE
) -> Sequence[str]:
    """Return ids of leads at a stage at a past moment, as it was known then, those after an id."""
    wanted = select(STAGES.c.lead_id).where(
        *_then(moment), STAGES.c.stage == stage.value, STAGES.c.lead_id > after
    )
    return connection.scalars(wanted.order_by(STAGES.c.lead_id).limit(limit)).all()


def _then(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        IS_TOLD,
        STAGES.c.from_at <= moment,
        or_(STAGES.c.to_at.is_(None), STAGES.c.to_at > moment),
    )
