"""The figures of the weekly digest, for the roles that see money."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from sqlalchemy import Connection

from client.ledgers import queries_of
from client.lists import failing
from client.report_figures import all_unbilled, measured_rates
from config.settings import Settings
from ledger.queries import reports as asked
from process.calendar import last_moment
from process.reports.catalog import REPORTS
from process.reports.forecast import days_to_signature
from process.reports.moved import movement
from process.reports.week import forecast_figure, week_figures
from process.types import Role
from process.views.digest import DigestFigures, DigestMail, ForecastFigure

SEE_MONEY: Final = frozenset({Role.CONTRACTS, Role.SALES})
"""Roles whose digest has the figures. A person who has such a role for some leads gets those leads alone."""
SECONDS: Final = 60.0
"""Time for the questions together: nobody waits for them."""


def with_figures(
    mails: Iterable[DigestMail], settings: Settings, day: date, zone: str
) -> tuple[DigestMail, ...]:
    """Return the mails, with the figures as of now for the roles that see money. Raises LedgerFailed.

    `day`: that of the digest, in this time zone.
    """
    mails = tuple(mails)
    if not any(map(_sees_money, mails)):
        return mails
    with failing():
        queries = queries_of(settings)
        try:
            with queries.asking(SECONDS) as connection:
                figures = read_figures(connection, day, zone)
        finally:
            queries.close()
    return tuple(mail.replaced(figures=figures) if _sees_money(mail) else mail for mail in mails)


def _sees_money(mail: DigestMail) -> bool:
    return mail.role in SEE_MONEY and mail.person is None


def read_figures(connection: Connection, day: date, zone: str) -> DigestFigures:
    """Return the figures at the end of a day, and what moved the forecast in the week before it."""
    forecasts = [_forecast(connection, currency, day, zone) for currency in asked.currencies(connection)]
    return week_figures(forecasts, all_unbilled(connection), asked.open_invoices(connection))


def _forecast(connection: Connection, currency: str, day: date, zone: str) -> ForecastFigure | None:
    choice = REPORTS["moved"].usual(day)._replace(currency=currency)
    then, now = last_moment(choice.since, zone), last_moment(choice.day, zone)
    found = movement(
        choice,
        asked.expected(connection, currency, then),
        asked.moved(connection, currency, then, now),
        days_to_signature(choice, measured_rates(connection, day, zone)),
    )
    return forecast_figure(choice, found)
