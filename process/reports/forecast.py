"""The forecast: FMRR = contracted + ρ × renewals + η × new, month by month."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from process.money.minor_units import in_units, money_of
from process.reports.catalog import REPORTS
from process.reports.months import month_name
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Table, table, total
from process.reports.rows import Days, Expected, Outcomes, Renewals
from process.reports.valuing import KINDS, USUAL_TO_SIGNATURE, Months, by_month, hoped_month
from process.reports.words import MEDIAN, counted, listed, percent_text, percentile

INFO = REPORTS["forecast"]
SERIES = {"contract": "contracted", "renewal": "renewals × ρ", "new": "new × η"}


class Measured(NamedTuple):
    """The rates that the leads' past shows."""

    renewals: Renewals
    outcomes: Outcomes
    to_signature: Sequence[Days]
    """Days for which first offers were quoted before they were signed."""

    @property
    def median_to_signature(self) -> int | None:
        """Median number of days from an offer to its signature; None if none was signed."""
        return percentile([(each.days, each.spans) for each in self.to_signature], MEDIAN)

    def texts(self) -> dict[str, str]:
        """Return the measured values in words, by the names of the parameters."""
        decided = self.outcomes.signed + self.outcomes.lost
        signed = sum(each.spans for each in self.to_signature)
        return {
            "rho": _rate(self.renewals.renewed, self.renewals.ended, "term that ended", "terms that ended"),
            "eta": _rate(
                self.outcomes.signed,
                decided,
                "first quote that was decided",
                "first quotes that were decided",
            ),
            "to-signature": f"{self.median_to_signature}, the median of {counted(signed, 'offer', 'offers')}"
            if signed
            else "",
        }


def _rate(part: int, whole: int, one: str, many: str) -> str:
    if not whole:
        return ""
    return f"{percent_text(part, whole)}, {part} of {counted(whole, one, many)} within 24 months"


class Known(NamedTuple):
    """The rows of the ledger from which the forecast is made."""

    money: Sequence[Expected]
    """The money that was expected at the end of the day."""
    measured: Measured
    unpriced: int
    """Number of open leads that have no price yet."""
    currencies: Sequence[str]
    """Currencies in which money was ever expected."""


def days_to_signature(choice: Choice, measured: Measured) -> int:
    """Return the days from an offer to its signature: those that are set, else measured, else the usual ones."""
    if choice.to_signature is not None:
        return choice.to_signature
    return USUAL_TO_SIGNATURE if measured.median_to_signature is None else measured.median_to_signature


def forecast(choice: Choice, known: Known) -> Report:
    """Return the report."""
    to_signature = days_to_signature(choice, known.measured)
    months = by_month(known.money, choice, hoped_month(choice.day, to_signature))
    whole = sum(each.share for each in months.values())
    return INFO.report(
        choice,
        measured=known.measured.texts(),
        choices={"currency": known.currencies},
        headline=(_headline(choice, whole),),
        tables=(_table(choice, months),),
        chart=_chart(choice, months, whole),
        notes=tuple(notes(choice, known.unpriced, known.money, to_signature, known.currencies)),
    )


def _headline(choice: Choice, whole: int) -> str:
    name = f"Expected revenue (FMRR{choice.window.size})"
    first, last = month_name(choice.window.first), month_name(choice.window.last)
    return f"{name}, {first} to {last}: {money_of(whole, choice.currency)}"


def _table(choice: Choice, months: dict[str, Months]) -> Table:
    money = {"kind": "money", "currency": choice.currency}
    titles = (
        "contracted",
        "renewals",
        f"{_percent(choice.rho)} of renewals",
        "new",
        f"{_percent(choice.eta)} of new",
    )
    in_all = Column(title="expected", **money)
    columns = [
        Column(title="month", kind="month"),
        in_all,
        *(Column(title=title, **money) for title in titles),
    ]
    lines = [
        _line(
            choice,
            month_name(month),
            {kind: (each.amounts[n], each.shares[n]) for kind, each in months.items()},
        )
        for n, month in enumerate(choice.window)
    ]
    whole = _line(choice, "", {kind: (each.amount, each.share) for kind, each in months.items()})
    return table("By month", columns, [*lines, total([Cell(value="sum"), *whole[1:]])])


def _line(choice: Choice, month: str, of_kind: dict[str, tuple[int, int]]) -> list[Cell]:
    """Return the cells of a month, or of the whole window for an empty name."""
    whole = sum(share for _, share in of_kind.values())
    in_all = rows_of(INFO.specs, choice, "all", month)
    cells = [Cell(value=month), Cell(value=in_units(whole, choice.currency), rows=in_all)]
    for kind in KINDS:
        rows = rows_of(INFO.specs, choice, kind, month)
        shown = of_kind[kind][:1] if kind == "contract" else of_kind[kind]
        cells += (Cell(value=in_units(amount, choice.currency), rows=rows) for amount in shown)
    return cells


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f} %"


def _chart(choice: Choice, months: dict[str, Months], whole: int) -> Chart:
    names = tuple(map(month_name, choice.window))
    return Chart(
        kind="stacked",
        title=INFO.title,
        description=f"Forecast revenue by month as of {choice.day}. {_headline(choice, whole)}.",
        x_title="month",
        y_title=choice.currency,
        currency=choice.currency,
        xs=names,
        series=tuple(SERIES.values()),
        marks=tuple(
            Mark(
                x=name,
                series=SERIES[kind],
                value=in_units(each.shares[n], choice.currency),
                rows=rows_of(INFO.specs, choice, kind, name),
            )
            for kind, each in months.items()
            for n, name in enumerate(names)
        ),
    )


def notes(
    choice: Choice, unpriced: int, money: Sequence[Expected], to_signature: int, currencies: Sequence[str]
) -> Iterator[str]:
    """Yield what the reader of a forecast should know."""
    if unpriced:
        yield f"{counted(unpriced, 'open lead has', 'open leads have')} no price yet, and {_is(unpriced)} not counted."
    floating = sum(each.spans for each in money if each.first is None)
    if floating:
        start = month_name(hoped_month(choice.day, to_signature))
        they = "it is" if floating == 1 else "they are"
        yield (
            f"{counted(floating, 'offer names', 'offers name')} no start: {they} counted from {start} on, "
            f"{to_signature} days after the day."
        )
    if others := [each for each in currencies if each != choice.currency]:
        yield f"Money is expected in {listed(others)}, too: choose the currency."


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
