"""Open invoices by age and currency."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from process.money.minor_units import in_units, money_of
from process.reports.catalog import REPORTS
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Table, table, total
from process.reports.rows import OpenInvoice
from process.reports.words import counted

INFO = REPORTS["invoices"]
BUCKETS: Final = (
    ("not-sent", "not sent yet", None),
    ("0-30", "up to 30 days", 30),
    ("31-60", "31 to 60 days", 60),
    ("61-90", "61 to 90 days", 90),
    ("over-90", "over 90 days", 10**6),
)
"""Name, title and greatest age of each bucket, in days since the invoice was sent."""


def bucket_of(invoice: OpenInvoice, day: date) -> str:
    """Return the name of the invoice's bucket on this day."""
    if invoice.sent_on is None:
        return BUCKETS[0][0]
    age = (day - invoice.sent_on).days
    return next(name for name, _, most in BUCKETS if most is not None and age <= most)


def overdue_totals(invoices: Sequence[OpenInvoice]) -> dict[str, tuple[int, int]]:
    """Return number and total of the overdue invoices, by currency."""
    found: dict[str, tuple[int, int]] = {}
    for each in invoices:
        if each.overdue:
            number, amount = found.get(each.currency, (0, 0))
            found[each.currency] = number + 1, amount + each.total
    return dict(sorted(found.items()))


def invoices(choice: Choice, found: Sequence[OpenInvoice]) -> Report:
    """Return the report: a table for each currency, or for the one that is chosen."""
    currencies = sorted({each.currency for each in found})
    shown = [each for each in currencies if choice.currency in ("", each)]
    of = {currency: [each for each in found if each.currency == currency] for currency in shown}
    return INFO.report(
        choice,
        choices={"currency": currencies},
        headline=tuple(_headline(currency, of[currency]) for currency in shown) or ("No invoice is open",),
        tables=tuple(_table(choice, currency, of[currency]) for currency in shown),
        chart=_chart(choice, of),
    )


def _headline(currency: str, found: Sequence[OpenInvoice]) -> str:
    number, overdue = overdue_totals(found).get(currency, (0, 0))
    whole = sum(each.total for each in found)
    return (
        f"{counted(len(found), 'open invoice', 'open invoices')}, {money_of(whole, currency)}; "
        f"{number:,} overdue, {money_of(overdue, currency)}"
    )


def _table(choice: Choice, currency: str, found: Sequence[OpenInvoice]) -> Table:
    columns = [
        Column(title="sent"),
        Column(title="invoices", kind="count"),
        Column(title="amount", kind="money", currency=currency),
        Column(title="of them overdue", kind="count"),
    ]
    within = choice._replace(currency=currency)
    lines = []
    for name, title, _ in BUCKETS:
        of_bucket = [each for each in found if bucket_of(each, choice.day) == name]
        lines.append([Cell(value=title), *_figures(of_bucket, currency, rows_of(INFO.specs, within, name))])
    sums = [Cell(value="sum"), *_figures(found, currency, rows_of(INFO.specs, within, "all"))]
    return table(currency, columns, [*lines, total(sums)])


def _figures(found: Sequence[OpenInvoice], currency: str, rows: str) -> list[Cell]:
    rows = rows if found else ""
    return [
        Cell(value=len(found), rows=rows),
        Cell(value=in_units(sum(each.total for each in found), currency), rows=rows),
        Cell(value=sum(each.overdue for each in found)),
    ]


def _chart(choice: Choice, of: dict[str, list[OpenInvoice]]) -> Chart:
    """Return the number of invoices by age: amounts of several currencies can't be in one picture."""
    marks = []
    for name, title, _ in BUCKETS:
        for currency, found in of.items():
            number = sum(bucket_of(each, choice.day) == name for each in found)
            rows = rows_of(INFO.specs, choice._replace(currency=currency), name) if number else ""
            marks.append(Mark(x=title, series=currency, value=number, rows=rows))
    whole = sum(map(len, of.values()))
    return Chart(
        kind="bars",
        title=INFO.title,
        description=f"{counted(whole, 'open invoice', 'open invoices')} on {choice.day} by days since they were sent.",
        x_title="",
        y_title="invoices",
        xs=tuple(title for _, title, _ in BUCKETS),
        series=tuple(of),
        marks=tuple(marks),
    )
