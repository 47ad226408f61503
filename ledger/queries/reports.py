"""Figures of many leads: funnel, time in stage, money and what moved it, losses, what is unbilled, contracts and hubs.

Amounts are minor units of one currency. Sums over months and shares are made by the caller, exactly.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, or_, select, true

from ledger.read_tables import INVOICES, MONEY, NOW, STAGES, TERMS, UNBILLED
from ledger.tables import LEADS
from process.types import Stage
from process.views.lead_row import UnbilledKind

PAGE = 100


def funnel(connection: Connection, first: datetime, before: datetime) -> dict[Stage, int]:
    """Return how many leads that were opened in this time have reached each stage; merged duplicates are left out."""
    merged = select(LEADS.c.lead_id).where(LEADS.c.merged_into.is_not(None))
    wanted = (
        select(STAGES.c.stage, func.count())
        .where(
            STAGES.c.book == NOW,
            STAGES.c.is_first == true(),
            STAGES.c.opened_at >= first,
            STAGES.c.opened_at < before,
            STAGES.c.lead_id.not_in(merged),
        )
        .group_by(STAGES.c.stage)
    )
    found = {row[0]: row[1] for row in connection.execute(wanted)}
    return {stage: found.get(stage.value, 0) for stage in Stage}


class Days(NamedTuple):
    """Number of spans at a stage that lasted so many days."""

    stage: Stage
    days: int
    spans: int


def time_in_stage(connection: Connection, first: datetime, before: datetime) -> list[Days]:
    """Return how long leads that were opened in this time were at each stage that they have left."""
    by = (STAGES.c.stage, STAGES.c.days)
    wanted = select(*by, func.count()).where(
        STAGES.c.book == NOW,
        STAGES.c.opened_at >= first,
        STAGES.c.opened_at < before,
        STAGES.c.days.is_not(None),
    )
    return [
        Days(Stage(stage), days, n)
        for stage, days, n in connection.execute(wanted.group_by(*by).order_by(*by))
    ]


class Expected(NamedTuple):
    """Money that is expected alike by several leads: the same months and kind."""

    kind: str
    first: int | None
    """First month, as its year times 12 plus its number from 0; None if it is not known yet."""
    months: int
    spans: int
    month: int
    """Sum for each month."""
    rest: int
    """Sum for the first month in addition."""


def currencies(connection: Connection) -> list[str]:
    """Return the currencies in which money was ever expected."""
    return list(connection.scalars(select(MONEY.c.currency).distinct().order_by(MONEY.c.currency)))


def expected(connection: Connection, currency: str, moment: datetime) -> list[Expected]:
    """Return the money that was expected at this moment, as it was known then."""
    by = (MONEY.c.kind, MONEY.c.first, MONEY.c.months)
    wanted = (
        select(*by, func.count(), func.sum(MONEY.c.month), func.sum(MONEY.c.rest))
        .where(
            MONEY.c.currency == currency,
            MONEY.c.from_at <= moment,
            or_(MONEY.c.to_at.is_(None), MONEY.c.to_at > moment),
        )
        .group_by(*by)
    )
    return [
        Expected(kind, first, months, spans, int(month), int(rest))
        for kind, first, months, spans, month, rest in connection.execute(wanted)
    ]


class Moved(NamedTuple):
    """Money that an event let expect (`sign` 1), or expect no longer (-1)."""

    sign: int
    lead_id: str
    seq: int
    kind: str
    first: int | None
    months: int
    month: int
    rest: int


def moved(connection: Connection, currency: str, after: datetime, until: datetime) -> list[Moved]:
    """Return what moved the expected money between two moments. The sum is exactly the difference."""
    money = (MONEY.c.kind, MONEY.c.first, MONEY.c.months, MONEY.c.month, MONEY.c.rest)
    opened = select(MONEY.c.lead_id, MONEY.c.from_seq, *money).where(
        MONEY.c.currency == currency, MONEY.c.from_at > after, MONEY.c.from_at <= until
    )
    closed = select(MONEY.c.lead_id, MONEY.c.to_seq, *money).where(
        MONEY.c.currency == currency, MONEY.c.to_at > after, MONEY.c.to_at <= until
    )
    return [
        Moved(sign, *row) for sign, part in ((1, opened), (-1, closed)) for row in connection.execute(part)
    ]


class Loss(NamedTuple):
    """A loss that stands, or that a reopened lead has got over."""

    lead_id: str
    seq: int
    at: datetime
    reason: str
    before: Stage | None
    """The stage at which it was lost."""
    reopened: bool


def losses(connection: Connection, first: datetime, before: datetime) -> list[Loss]:
    """Return the losses of this time, as they stand now; merged duplicates are left out."""
    merged = select(LEADS.c.lead_id).where(LEADS.c.merged_into.is_not(None))
    wanted = select(STAGES).where(
        STAGES.c.book == NOW,
        STAGES.c.stage == Stage.LOST.value,
        STAGES.c.from_at >= first,
        STAGES.c.from_at < before,
        STAGES.c.lead_id.not_in(merged),
    )
    return [
        Loss(
            row.lead_id,
            row.from_seq,
            row.from_at,
            row.reason or "",
            Stage(row.before) if row.before else None,
            row.to_seq is not None,
        )
        for row in connection.execute(wanted.order_by(STAGES.c.from_at, STAGES.c.lead_id))
    ]


class UnbilledDays(NamedTuple):
    """Days or months of a lead that nobody is billed for."""

    lead_id: str
    number: int
    kind: UnbilledKind
    start: date
    end: date
    currency: str | None
    estimate: int | None


def unbilled(
    connection: Connection, after: tuple[date, str, int] | None = None, limit: int = PAGE
) -> list[UnbilledDays]:
    """Return what is unbilled, the oldest first. `after`: start, lead and number of the last one of the page before."""
    order = (UNBILLED.c.start, UNBILLED.c.lead_id, UNBILLED.c.number)
    wanted = select(*(UNBILLED.c[name] for name in UnbilledDays._fields))
    if after:
        wanted = wanted.where(UNBILLED.c.start >= after[0], _beyond(order, after))
    return [UnbilledDays(*row) for row in connection.execute(wanted.order_by(*order).limit(limit))]


def _beyond(columns: Sequence[ColumnElement[object]], values: Sequence[object]) -> ColumnElement[bool]:
    parts = []
    for number, column in enumerate(columns):
        same = (columns[n] == values[n] for n in range(number))
        parts.append(and_(*same, column > values[number]))
    return or_(*parts)


class OpenInvoice(NamedTuple):
    """An invoice that is neither paid nor voided."""

    lead_id: str
    number: int
    currency: str
    total: int
    prepared_on: date | None
    sent_on: date | None
    """None if it is only prepared."""
    overdue: bool


def open_invoices(connection: Connection) -> list[OpenInvoice]:
    """Return the open invoices, the longest sent first and those that are not sent last."""
    wanted = select(*(INVOICES.c[name] for name in OpenInvoice._fields))
    keys = (INVOICES.c.sent_on, INVOICES.c.lead_id, INVOICES.c.number)
    sent = wanted.where(INVOICES.c.sent_on.is_not(None)).order_by(*keys)
    unsent = wanted.where(INVOICES.c.sent_on.is_(None)).order_by(*keys)
    return [OpenInvoice(*row) for part in (sent, unsent) for row in connection.execute(part)]


class HubDays(NamedTuple):
    """A running hub without a contract."""

    lead_id: str
    live_on: date
    exception_by: str | None
    """The person who allowed it."""


def hubs_without_contract(connection: Connection, day: date) -> list[HubDays]:
    """Return the hubs that run on this day in no contract."""
    wanted = select(LEADS.c.lead_id, LEADS.c.live_on, LEADS.c.exception_by).where(
        LEADS.c.live_on <= day,
        or_(LEADS.c.down_on.is_(None), LEADS.c.down_on > day),
        not_(_covered(LEADS.c.lead_id, day)),
    )
    return [HubDays(*row) for row in connection.execute(wanted.order_by(LEADS.c.live_on, LEADS.c.lead_id))]


def contracts_without_hub(connection: Connection, day: date) -> list[tuple[str, date]]:
    """Return the leads that have a contract on this day and still wait for a hub, with its first day."""
    wanted = (
        select(TERMS.c.lead_id, TERMS.c.start)
        .join(LEADS, LEADS.c.lead_id == TERMS.c.lead_id)
        .where(
            TERMS.c.until >= day,
            TERMS.c.start <= day,
            LEADS.c.awaits_hub == true(),
            LEADS.c.ended == false(),
        )
    )
    return [(row[0], row[1]) for row in connection.execute(wanted.order_by(TERMS.c.start, TERMS.c.lead_id))]


def _covered(lead_id: ColumnElement[str], day: date) -> ColumnElement[bool]:
    term = select(TERMS.c.number).where(
        TERMS.c.lead_id == lead_id, TERMS.c.start <= day, TERMS.c.until >= day
    )
    return term.exists()


class Renewals(NamedTuple):
    """Terms that ended in a time, and how many of them were followed by another one."""

    ended: int
    renewed: int


def renewals(connection: Connection, first: date, before: date) -> Renewals:
    """Return how many terms that ended in this time were renewed."""
    later = TERMS.alias("later")
    followed = select(later.c.number).where(
        later.c.lead_id == TERMS.c.lead_id, later.c.number == TERMS.c.number + 1
    )
    wanted = select(func.count(), func.count().filter(followed.exists())).where(
        TERMS.c.until >= first, TERMS.c.until < before
    )
    ended, renewed = connection.execute(wanted).one()
    return Renewals(ended, renewed)
