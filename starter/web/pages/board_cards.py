"""The columns of the board with their totals and cards, read from the ledger."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.queries import board
from ledger.queries.cursors import BrokenCursor
from ledger.queries.rows import rows_of
from process.calendar import day_of
from process.money.minor_units import in_units, weighted
from process.money.weights import WEIGHTS
from process.types import Stage
from process.views.agenda_items import Section
from process.views.lead_row import LeadRow
from starter.web.pages.board_view import BoardView


class Worth(NamedTuple):
    """The price of several leads for a year in one currency, and its likely part."""

    currency: str
    value: Decimal
    likely: Decimal


class CardView(NamedTuple):
    """One lead as the board shows it."""

    row: LeadRow
    days: int | None
    """Whole days that it has been at its stage."""
    overdue: date | None
    """Day since when something is overdue; None if nothing is."""
    due: date | None
    """Day of the next deadline, unless the next step names it."""


class Column(NamedTuple):
    """One stage on the board."""

    leads: int = 0
    is_more: bool = False
    """True if there are more leads than these, which were not counted. Their values are not added up then."""
    attention: int = 0
    worth: tuple[Worth, ...] = ()
    cards: tuple[CardView, ...] = ()
    more: str = ""
    """Address of the next cards; empty if there are none."""
    left: int = 0
    """Number of leads that follow."""
    is_open: bool = False
    """False if only the totals are shown."""


def read_columns(
    connection: Connection, view: BoardView, stages: Sequence[Stage], now: datetime
) -> dict[Stage, Column]:
    """Return all stages with their totals, and these ones with their cards. Raises BrokenCursor."""
    only = view.only.narrowed(connection)
    found = board.totals(connection, only)
    most = board.COUNTED if view.is_filtered else None
    columns = {stage: _totals(stage, found, most) for stage in Stage}
    for stage in stages:
        cards = board.column(connection, stage, view.sort, only, view.after if view.stage else None)
        columns[stage] = _with_cards(columns[stage], stage, cards, view, now)
    return columns


def _totals(stage: Stage, totals: Iterable[board.Total], most: int | None) -> Column:
    """Return the totals of a stage. `most`: number of leads above which not all were counted."""
    mine = [each for each in totals if each.stage is stage]
    leads = sum(each.leads for each in mine)
    if most is not None and leads > most:
        return Column(most, is_more=True)
    return Column(
        leads,
        attention=sum(each.attention for each in mine),
        worth=tuple(worth_of(each) for each in mine if each.currency and each.value),
    )


def worth_of(total: board.Total) -> Worth:
    """Return the value of a total in whole units of its currency."""
    currency = total.currency or ""
    likely = weighted(total.value, WEIGHTS[total.stage])
    return Worth(currency, in_units(total.value, currency), in_units(likely, currency))


def _with_cards(column: Column, stage: Stage, found: board.Page, view: BoardView, now: datetime) -> Column:
    shown = view.shown + len(found.cards) if view.after else len(found.cards)
    more = view.address(stage=stage.value, after=found.after, shown=shown) if found.after else ""
    return column._replace(
        cards=tuple(card_of(card, now) for card in found.cards),
        more=more,
        left=max(0, column.leads - shown),
        is_open=True,
    )


def card_of(card: board.Card, now: datetime) -> CardView:
    """Return what a card shows at this moment."""
    row = card.row
    overdue = [item for item in row.items if item.section is Section.OVERDUE and item.holds(now)]
    since = min((item.since or item.until or day_of(now, row.zone) for item in overdue), default=None)
    due = row.next_day if row.next_day and str(row.next_day) not in row.next_step else None
    days = max(0, (now - card.stage_since).days) if card.stage_since else None
    return CardView(row, days, since, due)


class PastLead(NamedTuple):
    """A lead on a past board, by its present name."""

    lead_id: str
    row: LeadRow | None
    """None if it has no row any more."""


class PastColumn(NamedTuple):
    """One stage as it was known at a past moment."""

    leads: int = 0
    is_more: bool = False
    cards: tuple[PastLead, ...] = ()
    more: str = ""
    left: int = 0
    is_open: bool = False


def read_past(
    connection: Connection, view: BoardView, stages: Sequence[Stage], moment: datetime
) -> dict[Stage, PastColumn]:
    """Return the stages as they were known at a moment, and some leads of these ones."""
    counts = board.stages_on(connection, moment)
    columns = {stage: PastColumn(counts.get(stage, 0)) for stage in Stage}
    for stage in stages:
        columns[stage] = _past_column(connection, columns[stage], view, stage, moment)
    return columns


def _past_column(
    connection: Connection, column: PastColumn, view: BoardView, stage: Stage, moment: datetime
) -> PastColumn:
    after = view.after if view.stage and view.after else ""
    if "\0" in after:
        raise BrokenCursor("This page does not exist: begin at the first one.")
    found = list(board.leads_on(connection, moment, stage, after, board.PAGE + 1))
    ids = found[: board.PAGE]
    rows = rows_of(connection, ids)
    shown = len(ids) + (view.shown if after else 0)
    more = view.address(stage=stage.value, after=ids[-1], shown=shown) if len(found) > len(ids) else ""
    cards = tuple(PastLead(lead_id, rows.get(lead_id)) for lead_id in ids)
    return column._replace(cards=cards, more=more, left=max(0, column.leads - shown), is_open=True)
