"""Asks the ledger for the rows of each report, and makes it of them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final

from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection

from ledger.queries import reports as asked
from process.calendar import end_of, last_moment, start_of
from process.reports.coverage import Covered, coverage
from process.reports.forecast import Known, Measured, forecast
from process.reports.funnel import funnel
from process.reports.invoices import invoices
from process.reports.lost import MonthLost, lost
from process.reports.months import first_day
from process.reports.moved import moved
from process.reports.parameters import Choice, ParameterRefused
from process.reports.report import Report
from process.reports.rows import UnbilledDays
from process.reports.time_in_stage import time_in_stage
from process.reports.unbilled import unbilled
from process.reports.words import MEDIAN, listed, percentile

MEASURED_MONTHS: Final = 24
"""Months before the day within which rates are measured."""
USUAL_CURRENCY: Final = "USD"
"""Currency of a forecast if no money was ever expected."""
UNBILLED_PAGE: Final = 1_000


def _forecast(connection: Connection, choice: Choice, zone: str) -> Report:
    known, choice = _known(connection, choice, zone)
    return forecast(choice, known)


def _moved(connection: Connection, choice: Choice, zone: str) -> Report:
    known, choice = _known(connection, choice, zone)
    then, now = last_moment(choice.since, zone), last_moment(choice.day, zone)
    earlier = asked.expected(connection, choice.currency, then)
    return moved(choice, known, earlier, asked.moved(connection, choice.currency, then, now))


def _known(connection: Connection, choice: Choice, zone: str) -> tuple[Known, Choice]:
    currencies = asked.currencies(connection)
    choice = with_currency(choice, currencies)
    money = asked.expected(connection, choice.currency, last_moment(choice.day, zone))
    measured = measured_rates(connection, choice.day, zone)
    return Known(money, measured, asked.unpriced(connection), currencies), choice


def with_currency(choice: Choice, currencies: list[str]) -> Choice:
    """Set the currency that most money is in, if none is chosen."""
    if choice.currency and currencies and choice.currency not in currencies:
        raise ParameterRefused(
            "currency",
            f"no money was ever expected in {choice.currency}; take {listed(currencies)}.",
        )
    return choice._replace(currency=choice.currency or next(iter(currencies), USUAL_CURRENCY))


def measured_rates(connection: Connection, day: date, zone: str) -> Measured:
    """Return the rates of the months before the day, and of the day."""
    first = day - relativedelta(months=MEASURED_MONTHS)
    time = start_of(first, zone), end_of(day, zone)
    return Measured(
        asked.renewals(connection, first, day),
        asked.outcomes(connection, *time),
        asked.to_signature(connection, *time),
    )


def month_times(month: int, last: int, zone: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month, and the first one after the last month."""
    return start_of(first_day(month), zone), start_of(first_day(last + 1), zone)


def _funnel(connection: Connection, choice: Choice, zone: str) -> Report:
    reached = [asked.funnel(connection, *month_times(month, month, zone)) for month in choice.window]
    first = start_of(choice.day - relativedelta(months=MEASURED_MONTHS), zone)
    days = asked.to_contract(connection, first, end_of(choice.day, zone))
    return funnel(choice, reached, percentile([(each.days, each.spans) for each in days], MEDIAN))


def _time_in_stage(connection: Connection, choice: Choice, zone: str) -> Report:
    time = month_times(choice.window.first, choice.window.last, zone)
    return time_in_stage(choice, *asked.time_in_stage(connection, *time), zone)


def _lost(connection: Connection, choice: Choice, zone: str) -> Report:
    months = (*choice.window, choice.window.last + 1)
    moments = [start_of(first_day(month), zone) for month in months]
    found = zip(asked.losses(connection, moments), asked.lost_money(connection, moments), strict=True)
    return lost(choice, [MonthLost(*each) for each in found])


def all_unbilled(connection: Connection) -> list[UnbilledDays]:
    """Return all that is unbilled, the oldest first."""
    found = asked.unbilled(connection, limit=UNBILLED_PAGE)
    page = found
    while len(page) == UNBILLED_PAGE:
        last = page[-1]
        page = asked.unbilled(connection, (last.start, last.lead_id, last.number), UNBILLED_PAGE)
        found += page
    return found


def _unbilled(connection: Connection, choice: Choice, _zone: str) -> Report:
    return unbilled(choice, all_unbilled(connection))


def _coverage(connection: Connection, choice: Choice, _zone: str) -> Report:
    hubs = asked.running_hubs(connection, choice.day)
    bare = asked.hubs_without_contract(connection, choice.day)
    return coverage(choice, Covered(hubs, bare, asked.contracts_without_hub(connection, choice.day)))


def _invoices(connection: Connection, choice: Choice, _zone: str) -> Report:
    return invoices(choice, asked.open_invoices(connection))


MAKERS: Final[Mapping[str, Callable[[Connection, Choice, str], Report]]] = {
    "forecast": _forecast,
    "moved": _moved,
    "funnel": _funnel,
    "time-in-stage": _time_in_stage,
    "lost": _lost,
    "unbilled": _unbilled,
    "coverage": _coverage,
    "invoices": _invoices,
}
IN_ONE_CURRENCY: Final = ("forecast", "moved")
"""Names of the reports that are about one currency, the most frequent one if none is chosen."""
