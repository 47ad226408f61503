"""Un-billed months, the oldest first, with an estimate."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from process.calendar import month_number, months_between
from process.money.minor_units import in_units, money_of
from process.reports.catalog import REPORTS
from process.reports.months import month_name
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Table, table, total
from process.reports.rows import UnbilledDays
from process.reports.words import counted
from process.views.lead_row import UnbilledKind

INFO = REPORTS["unbilled"]
TITLES: Final[dict[UnbilledKind, str]] = {
    "gap": "hub runs in no contract",
    "usage": "usage is not reported",
    "draft": "invoice is not prepared",
    "vendor": "vendor set-up is not settled",
    "lost": "not billed when it was lost",
}


class UnbilledMonth(NamedTuple):
    """A month of a lead that nobody is billed for."""

    month: int
    days: UnbilledDays
    estimate: int | None
    """In minor units."""


def months_of(days: UnbilledDays) -> Iterator[UnbilledMonth]:
    """Yield the months that begin within the days, with equal parts of the estimate; the first has the rest."""
    first, number = month_number(days.start), months_between(days.start, days.end)
    each, rest = divmod(days.estimate or 0, number)
    for n in range(number):
        estimate = None if days.estimate is None else each + (rest if n == 0 else 0)
        yield UnbilledMonth(first + n, days, estimate)


def totals_of(days: Sequence[UnbilledDays]) -> dict[str, int]:
    """Return the estimates of all days, by currency."""
    found: Counter[str] = Counter()
    for each in days:
        if each.currency and each.estimate is not None:
            found[each.currency] += each.estimate
    return dict(sorted(found.items()))


def unbilled(choice: Choice, days: Sequence[UnbilledDays]) -> Report:
    """Return the report."""
    months = [month for each in days for month in months_of(each)]
    whole = totals_of(days)
    return INFO.report(
        choice,
        headline=tuple(str(money_of(amount, currency)) for currency, amount in whole.items())
        or ("Nothing is un-billed" if not days else "Nothing can be estimated",),
        tables=(_by_month(choice, months, [*whole]), _by_kind(choice, days, [*whole])),
        chart=_chart(choice, months),
        notes=_notes(days),
    )


def _notes(days: Sequence[UnbilledDays]) -> tuple[str, ...]:
    number = sum(each.estimate is None for each in days)
    if not number:
        return ()
    return (f"{counted(number, 'entry has', 'entries have')} no estimate, and adds nothing to the sums.",)


def _columns(first: Column, currencies: Sequence[str]) -> list[Column]:
    money = (Column(title="estimate", kind="money", currency=currency) for currency in currencies)
    return [first, Column(title="leads", kind="count"), *money]


def _by_month(choice: Choice, months: Sequence[UnbilledMonth], currencies: Sequence[str]) -> Table:
    lines = []
    for month in sorted({each.month for each in months}):
        of_month = [each for each in months if each.month == month]
        rows = rows_of(INFO.specs, choice, "month", month_name(month))
        lines.append(
            [
                Cell(value=month_name(month), rows=rows),
                Cell(value=len({each.days.lead_id for each in of_month}), rows=rows),
                *(
                    Cell(value=in_units(_sum(of_month, currency), currency), rows=rows)
                    for currency in currencies
                ),
            ]
        )
    sums = [
        Cell(value="sum"),
        Cell(value=len({each.days.lead_id for each in months}), rows=rows_of(INFO.specs, choice, "all")),
        *(Cell(value=in_units(_sum(months, currency), currency)) for currency in currencies),
    ]
    columns = _columns(Column(title="month", kind="month"), currencies)
    return table("By month, the oldest first", columns, [*lines, total(sums)])


def _sum(months: Sequence[UnbilledMonth], currency: str) -> int:
    return sum(each.estimate or 0 for each in months if each.days.currency == currency)


def _by_kind(choice: Choice, days: Sequence[UnbilledDays], currencies: Sequence[str]) -> Table:
    lines = []
    for kind, title in TITLES.items():
        of_kind = [each for each in days if each.kind == kind]
        if not of_kind:
            continue
        rows = rows_of(INFO.specs, choice, "kind", kind)
        known = totals_of(of_kind)
        lines.append(
            [
                Cell(value=title, rows=rows),
                Cell(value=len({each.lead_id for each in of_kind}), rows=rows),
                *(
                    Cell(value=in_units(known.get(currency, 0), currency), rows=rows)
                    for currency in currencies
                ),
            ]
        )
    return table("By cause", _columns(Column(title="cause"), currencies), lines)


def _chart(choice: Choice, months: Sequence[UnbilledMonth]) -> Chart:
    """Return the number of leads by month and cause: numbers of several currencies can be in one picture."""
    xs = tuple(map(month_name, sorted({each.month for each in months})))
    leads = Counter((month_name(each.month), each.days.kind) for each in months)
    kinds = [kind for kind in TITLES if any(kind == known for _, known in leads)]
    return Chart(
        kind="stacked",
        title=INFO.title,
        description=f"Leads that nobody is billed for by month: {xs[0]} to {xs[-1]}."
        if xs
        else "No month is un-billed.",
        x_title="month",
        y_title="leads",
        xs=xs,
        series=tuple(TITLES[kind] for kind in kinds),
        marks=tuple(
            Mark(
                x=x,
                series=TITLES[kind],
                value=leads[x, kind],
                rows=rows_of(INFO.specs, choice, "month", x),
            )
            for x in xs
            for kind in kinds
            if leads[x, kind]
        ),
    )
