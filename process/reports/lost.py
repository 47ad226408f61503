"""Lost leads: reasons, value, and those that were reopened."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from process.money.minor_units import in_units
from process.reports.catalog import REPORTS
from process.reports.months import Window
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Table, table, total
from process.reports.rows import Losses, LostMoney
from process.reports.valuing import worth
from process.reports.words import counted, share_of

INFO = REPORTS["lost"]
UNKNOWN: Final = "not known"
NEVER: Final = 1_000_000
"""A month after all others."""


class MonthLost(NamedTuple):
    """Leads and money that were lost in one month."""

    losses: Sequence[Losses]
    money: Sequence[LostMoney]


class _Group(NamedTuple):
    """Losses that have a reason or a stage in common."""

    name: str
    leads: int
    reopened: int
    values: dict[str, int]
    """By currency."""


def value_from(money: LostMoney, month: int) -> int:
    """Return what was expected for this month and later ones. An offer without a start would have begun then."""
    return worth(money.money, Window(month, NEVER), month)


def lost(choice: Choice, months: Sequence[MonthLost]) -> Report:
    """Return the report. `months`: one for each month of the window."""
    reasons = _groups(choice, months, by_reason=True)
    whole = sum(each.leads for each in reasons)
    reopened = sum(each.reopened for each in reasons)
    return INFO.report(
        choice,
        headline=(f"{counted(whole, 'loss', 'losses')}, {reopened:,} of them reopened since",),
        tables=(
            _table("By reason", "reason", choice, reasons),
            _table("By stage before", "stage", choice, _groups(choice, months, by_reason=False)),
        ),
        chart=_chart(choice, reasons),
    )


def _groups(choice: Choice, months: Sequence[MonthLost], *, by_reason: bool) -> list[_Group]:
    found: dict[str, _Group] = {}

    def group(each: Losses | LostMoney) -> _Group:
        name = each.reason if by_reason else (each.before or "")
        return found.setdefault(name, _Group(name, 0, 0, {}))

    for month, (losses, money) in zip(choice.window, months, strict=True):
        for loss in losses:
            known = group(loss)
            found[known.name] = known._replace(
                leads=known.leads + loss.leads, reopened=known.reopened + loss.leads * loss.reopened
            )
        for each in money:
            values = group(each).values
            values[each.currency] = values.get(each.currency, 0) + value_from(each, month)
    return sorted(found.values(), key=lambda each: (-each.leads, each.name))


def _table(title: str, of: str, choice: Choice, groups: Sequence[_Group]) -> Table:
    currencies = sorted({currency for group in groups for currency in group.values})
    columns = [
        Column(title=of),
        Column(title="lost", kind="count"),
        Column(title="share", kind="percent"),
        Column(title="of them reopened", kind="count"),
        *(Column(title="value lost", kind="money", currency=currency) for currency in currencies),
    ]
    whole = sum(group.leads for group in groups)
    lines = [
        [
            Cell(value=group.name or UNKNOWN, rows=rows_of(INFO.specs, choice, of, group.name or UNKNOWN)),
            Cell(value=group.leads, rows=rows_of(INFO.specs, choice, of, group.name or UNKNOWN)),
            Cell(value=share_of(group.leads, whole)),
            Cell(
                value=group.reopened,
                rows=rows_of(INFO.specs, choice, f"{of}-reopened", group.name or UNKNOWN)
                if group.reopened
                else "",
            ),
            *(Cell(value=in_units(group.values.get(currency, 0), currency)) for currency in currencies),
        ]
        for group in groups
    ]
    sums = [
        Cell(value="sum"),
        Cell(value=whole, rows=rows_of(INFO.specs, choice, "all")),
        Cell(value=share_of(whole, whole)),
        Cell(value=sum(group.reopened for group in groups)),
        *(
            Cell(value=in_units(sum(group.values.get(currency, 0) for group in groups), currency))
            for currency in currencies
        ),
    ]
    return table(title, columns, [*lines, total(sums)])


def _chart(choice: Choice, reasons: Sequence[_Group]) -> Chart:
    counted_reasons = ", ".join(f"{group.name or 'not known'} {group.leads:,}" for group in reasons)
    return Chart(
        kind="bars",
        title=INFO.title,
        description=f"Losses within the window by reason: {counted_reasons or 'none'}.",
        x_title="",
        y_title="leads",
        xs=tuple(group.name or UNKNOWN for group in reasons),
        series=("lost", "reopened"),
        marks=tuple(
            Mark(
                x=group.name or UNKNOWN,
                series=name,
                value=number,
                rows=rows_of(INFO.specs, choice, "reason", group.name or UNKNOWN),
            )
            for group in reasons
            for name, number in (("lost", group.leads - group.reopened), ("reopened", group.reopened))
        ),
    )
