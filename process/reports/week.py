"""The figures of a week's digest: the forecast and what moved it, what is un-billed, and overdue invoices."""

from collections.abc import Sequence
from typing import Final

from process.money.minor_units import money_of
from process.reports.invoices import overdue_totals
from process.reports.moved import Movement, step_title
from process.reports.parameters import Choice
from process.reports.rows import OpenInvoice, UnbilledDays
from process.reports.unbilled import totals_of
from process.views.digest import DigestFigures, ForecastFigure, MovedBy, OverdueInvoices

CAUSES: Final = 4
"""Maximum number of causes that are named; the others are summed up."""


def forecast_figure(choice: Choice, found: Movement) -> ForecastFigure | None:
    """Return the forecast in one currency; None if nothing is expected, nor was."""
    if not (found.before or found.after or any(step.change for step in found.steps)):
        return None
    moved = [(step_title(step), step.change) for step in found.steps if step.change]
    shown, others = moved[:CAUSES], sum(change for _, change in moved[CAUSES:])
    named = [*shown, *([("Other", others)] if others else [])]
    return ForecastFigure(
        months=choice.window.size,
        amount=money_of(found.after, choice.currency),
        change=money_of(found.after - found.before, choice.currency),
        moved_by=tuple(
            MovedBy(what=what, change=money_of(change, choice.currency)) for what, change in named
        ),
    )


def week_figures(
    forecasts: Sequence[ForecastFigure | None],
    unbilled: Sequence[UnbilledDays],
    invoices: Sequence[OpenInvoice],
) -> DigestFigures:
    """Return the figures of the week."""
    return DigestFigures(
        forecasts=tuple(filter(None, forecasts)),
        unbilled=tuple(money_of(amount, currency) for currency, amount in totals_of(unbilled).items()),
        overdue=tuple(
            OverdueInvoices(number=number, total=money_of(amount, currency))
            for currency, (number, amount) in overdue_totals(invoices).items()
        ),
    )
