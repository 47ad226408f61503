"""Figures of many leads: funnel, time in stage, money and what moved it, losses, what is unbilled, contracts and hubs.

Amounts are minor units of one currency. Sums over months and shares are made by the caller, exactly.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    union_all,
)

from ledger.queries.cursors import beyond
from ledger.read_tables import INVOICES, IS_NOW, MONEY, STAGES, TERMS, UNBILLED
from ledger.tables import ENTRIES, LEADS
from process.reports.rows import (
    AwaitedHub,
    Days,
    Expected,
    HubDays,
    Losses,
    LostMoney,
    Moved,
    OpenInvoice,
    Outcomes,
    Renewals,
    StageTimes,
    UnbilledDays,
    Waiting,
)
from process.types import OPEN_STAGES, Stage

PAGE = 100


def merged() -> Select[tuple[str]]:
    """Return the question for the ids of merged duplicates."""
    return select(LEADS.c.lead_id).where(LEADS.c.merged_into.is_not(None))


def funnel(connection: Connection, first: datetime, before: datetime) -> dict[Stage, int]:
    """Return how many leads that were opened in this time have reached each stage; merged duplicates are left out."""
    wanted = (
        select(STAGES.c.stage, func.count())
        .where(
            IS_NOW,
            STAGES.c.is_first == true(),
            STAGES.c.opened_at >= first,
            STAGES.c.opened_at < before,
            STAGES.c.lead_id.not_in(merged()),
        )
        .group_by(STAGES.c.stage)
    )
    found = {row[0]: row[1] for row in connection.execute(wanted)}
    return {stage: found.get(stage.value, 0) for stage in Stage}


def time_in_stage(connection: Connection, first: datetime, before: datetime) -> StageTimes:
    """Return how long leads that were opened in this time were at each stage, and who is still at an open one."""
    by = (STAGES.c.stage, STAGES.c.days)
    wanted = select(*by, func.count(), func.min(STAGES.c.from_at)).where(
        IS_NOW, STAGES.c.opened_at >= first, STAGES.c.opened_at < before
    )
    found = connection.execute(wanted.group_by(*by).order_by(*by)).all()
    return StageTimes(
        [Days(Stage(stage), days, n) for stage, days, n, _ in found if days is not None],
        [
            Waiting(Stage(stage), n, since)
            for stage, days, n, since in found
            if days is None and stage in OPEN_STAGES
        ],
    )


def to_contract(connection: Connection, first: datetime, before: datetime) -> list[Days]:
    """Return the days from opening to the first contract, of leads that got it in this time."""
    by = STAGES.c.open_days
    wanted = select(by, func.count()).where(*_first_contracts(first, before)).group_by(by).order_by(by)
    return [Days(Stage.CONTRACTED, days, n) for days, n in connection.execute(wanted)]


def to_signature(connection: Connection, first: datetime, before: datetime) -> list[Days]:
    """Return the days for which leads were quoted before their first contract, of those that got it in this time."""
    by = STAGES.c.before_days
    wanted = select(by, func.count()).where(
        *_first_contracts(first, before), STAGES.c.before == Stage.QUOTED.value
    )
    return [Days(Stage.QUOTED, days, n) for days, n in connection.execute(wanted.group_by(by).order_by(by))]


def outcomes(connection: Connection, first: datetime, before: datetime) -> Outcomes:
    """Return how many first quotes were signed in this time, and how many lost; merged duplicates are left out."""
    signed = select(func.count()).where(*_first_contracts(first, before))
    lost = select(func.count()).where(
        *_lost(first, before), STAGES.c.before == Stage.QUOTED.value, STAGES.c.to_seq.is_(None)
    )
    return Outcomes(connection.scalar(signed) or 0, connection.scalar(lost) or 0)


def _first_contracts(first: datetime, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        IS_NOW,
        STAGES.c.stage == Stage.CONTRACTED.value,
        STAGES.c.is_first == true(),
        STAGES.c.from_at >= first,
        STAGES.c.from_at < before,
    )


def currencies(connection: Connection) -> list[str]:
    """Return the currencies in which money was ever expected, the most frequent one first."""
    wanted = select(MONEY.c.currency, func.count()).group_by(MONEY.c.currency)
    found = {row[0]: row[1] for row in connection.execute(wanted)}
    return sorted(found, key=lambda currency: (-found[currency], currency))


def expected(connection: Connection, currency: str, moment: datetime) -> list[Expected]:
    """Return the money that was expected at this moment, as it was known then."""
    by = (MONEY.c.kind, MONEY.c.first, MONEY.c.months)
    sums = (func.count(), func.sum(MONEY.c.month), func.sum(MONEY.c.rest))
    known = (MONEY.c.currency == currency, MONEY.c.from_at <= moment)
    # What lasts, and what has ended since, are in an index each.
    parts = (MONEY.c.to_at.is_(None), MONEY.c.to_at > moment)
    wanted = union_all(*(select(*by, *sums).where(*known, part).group_by(*by) for part in parts))
    found: dict[tuple[Any, ...], Expected] = {}
    for kind, first, months, spans, month, rest in connection.execute(wanted):
        other = found.get((kind, first, months), Expected(kind, first, months, 0, 0, 0))
        found[kind, first, months] = other._replace(
            spans=other.spans + spans, month=other.month + int(month), rest=other.rest + int(rest)
        )
    return [*found.values()]


def known_at(moment: datetime) -> ColumnElement[bool]:
    """Return the condition for money that was expected at this moment."""
    return and_(MONEY.c.from_at <= moment, or_(MONEY.c.to_at.is_(None), MONEY.c.to_at > moment))


def changes(currency: str, after: datetime, until: datetime) -> CompoundSelect[Any]:
    """Return the question for the money that began (sign 1) or ended (-1) between two moments, with its event."""
    money = [MONEY.c[name] for name in ("kind", "term", "first", "months", "month", "rest")]

    def part(sign: int, at: ColumnElement[datetime], seq: ColumnElement[int]) -> Select[Any]:
        event = (
            select(ENTRIES.c.kind)
            .where(ENTRIES.c.lead_id == MONEY.c.lead_id, ENTRIES.c.seq == seq)
            .order_by(ENTRIES.c.revision.desc())
            .limit(1)
            .scalar_subquery()
        )
        known = (literal(sign).label("sign"), MONEY.c.lead_id, seq.label("seq"))
        wanted = select(*known, func.coalesce(event, "").label("event"), *money)
        return wanted.where(MONEY.c.currency == currency, at > after, at <= until)

    return union_all(part(1, MONEY.c.from_at, MONEY.c.from_seq), part(-1, MONEY.c.to_at, MONEY.c.to_seq))


def moved(connection: Connection, currency: str, after: datetime, until: datetime) -> list[Moved]:
    """Return what moved the expected money between two moments. The sum is exactly the difference."""
    each = changes(currency, after, until).subquery()
    by = (each.c.sign, each.c.event, each.c.kind, each.c.first, each.c.months)
    wanted = select(*by, func.count(), func.sum(each.c.month), func.sum(each.c.rest)).group_by(*by)
    return [
        Moved(sign, event, Expected(kind, first, months, spans, int(month), int(rest)))
        for sign, event, kind, first, months, spans, month, rest in connection.execute(wanted)
    ]


def unpriced(connection: Connection) -> int:
    """Return the number of open leads that have no price yet."""
    wanted = select(func.count()).where(
        LEADS.c.archived == false(), LEADS.c.stage == Stage.LEAD.value, LEADS.c.currency.is_(None)
    )
    return connection.scalar(wanted) or 0


def losses(connection: Connection, moments: Sequence[datetime]) -> list[list[Losses]]:
    """Return the losses from each moment to the next one, as they stand now; merged duplicates are left out."""
    each = select(
        _part(STAGES.c.from_at, moments).label("part"),
        STAGES.c.reason,
        STAGES.c.before,
        STAGES.c.to_seq.is_not(None).label("reopened"),
    )
    lost = each.where(*_lost(moments[0], moments[-1])).subquery()
    wanted: Select[Any] = select(*lost.c, func.count()).group_by(*lost.c)
    found: list[list[Losses]] = [[] for _ in moments[1:]]
    for part, reason, stage, again, leads in connection.execute(wanted):
        found[part].append(Losses(reason or "", stage and Stage(stage), bool(again), leads))
    return found


def lost_money(connection: Connection, moments: Sequence[datetime]) -> list[list[LostMoney]]:
    """Return the money that was expected no longer from the losses on, from each moment to the next one."""
    what = (STAGES.c.reason, STAGES.c.before, MONEY.c.currency, MONEY.c.kind, MONEY.c.first, MONEY.c.months)
    each = select(_part(STAGES.c.from_at, moments).label("part"), *what, MONEY.c.month, MONEY.c.rest)
    ended = (MONEY.c.lead_id == STAGES.c.lead_id, MONEY.c.to_seq == STAGES.c.from_seq)
    lost = each.where(*_lost(moments[0], moments[-1]), *ended).subquery()
    by = [column for column in lost.c if column.name not in ("month", "rest")]
    wanted = select(*by, func.count(), func.sum(lost.c.month), func.sum(lost.c.rest)).group_by(*by)
    found: list[list[LostMoney]] = [[] for _ in moments[1:]]
    for part, reason, stage, currency, kind, first, months, spans, month, rest in connection.execute(wanted):
        money = Expected(kind, first, months, spans, int(month), int(rest))
        found[part].append(LostMoney(reason or "", stage and Stage(stage), currency, money))
    return found


def _part(at: ColumnElement[datetime], moments: Sequence[datetime]) -> ColumnElement[int]:
    """Return the number of the part of a time in which a moment is: one question for all parts is far quicker."""
    inner = [(at < end, number) for number, end in enumerate(moments[1:-1])]
    return case(*inner, else_=len(inner)) if inner else literal(0)


def _lost(first: datetime, before: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        IS_NOW,
        STAGES.c.stage == Stage.LOST.value,
        STAGES.c.from_at >= first,
        STAGES.c.from_at < before,
        STAGES.c.lead_id.not_in(merged()),
    )


def unbilled(
    connection: Connection, after: tuple[date, str, int] | None = None, limit: int = PAGE
) -> list[UnbilledDays]:
    """Return what is unbilled, the oldest first. `after`: start, lead and number of the last one of the page before."""
    order = (UNBILLED.c.start, UNBILLED.c.lead_id, UNBILLED.c.number)
    wanted = select(*(UNBILLED.c[name] for name in UnbilledDays._fields))
    if after:
        wanted = wanted.where(beyond(order, after))
    return [UnbilledDays(*row) for row in connection.execute(wanted.order_by(*order).limit(limit))]


def open_invoices(connection: Connection) -> list[OpenInvoice]:
    """Return the open invoices, the longest sent first and those that are not sent last."""
    wanted = select(*(INVOICES.c[name] for name in OpenInvoice._fields))
    keys = (INVOICES.c.sent_on, INVOICES.c.lead_id, INVOICES.c.number)
    sent = wanted.where(INVOICES.c.sent_on.is_not(None)).order_by(*keys)
    unsent = wanted.where(INVOICES.c.sent_on.is_(None)).order_by(*keys)
    return [OpenInvoice(*row) for part in (sent, unsent) for row in connection.execute(part)]


def hubs_without_contract(connection: Connection, day: date) -> list[HubDays]:
    """Return the hubs that run on this day in no contract."""
    wanted = select(LEADS.c.lead_id, LEADS.c.live_on, LEADS.c.exception_by).where(
        *_running(day),
        not_(_covered(LEADS.c.lead_id, day)),
    )
    return [HubDays(*row) for row in connection.execute(wanted.order_by(LEADS.c.live_on, LEADS.c.lead_id))]


def running_hubs(connection: Connection, day: date) -> int:
    """Return the number of hubs that run on this day."""
    return connection.scalar(select(func.count()).where(*_running(day))) or 0


def _running(day: date) -> tuple[ColumnElement[bool], ...]:
    return LEADS.c.live_on <= day, or_(LEADS.c.down_on.is_(None), LEADS.c.down_on > day)


def contracts_without_hub(connection: Connection, day: date) -> list[AwaitedHub]:
    """Return the leads that have a contract on this day and still wait for a hub."""
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
    return [AwaitedHub(*row) for row in connection.execute(wanted.order_by(TERMS.c.start, TERMS.c.lead_id))]


def _covered(lead_id: ColumnElement[str], day: date) -> ColumnElement[bool]:
    term = select(TERMS.c.number).where(
        TERMS.c.lead_id == lead_id, TERMS.c.start <= day, TERMS.c.until >= day
    )
    return term.exists()


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
