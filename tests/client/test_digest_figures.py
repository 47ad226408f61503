"""The figures in the weekly digest: for the roles that see money, from the same functions as the reports."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from activities.digest import digest_text
from client.digest_figures import with_figures
from client.errors import LedgerFailed
from client.reports import Reports
from config.settings import Settings
from ledger.ledger import Ledger
from process.reports.report import Report
from process.types import Role
from process.views.digest import DigestFigures, DigestMail, Week
from tests.support.lives import MONDAY, QUOTE, Life
from tests.support.rows import write_events

TODAY = MONDAY.date() + timedelta(days=20)
WEEK = Week(name="2026-W25", day=TODAY)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, ledger_url=f"sqlite:///{tmp_path / 'ledger.sqlite'}")


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with closing(Ledger.open(settings.ledger_url.get_secret_value())) as opened:
        yield opened


@pytest.fixture
def lives(ledger: Ledger) -> None:
    """A hub, an offer and a loss of this week in USD, and an offer in EUR that is older."""
    this_week = MONDAY + timedelta(days=17)
    hub = Life(MONDAY - timedelta(days=70), lead_id="lead-hub").live().wait(16).perform()
    hub.does("invoice_sent", number=1)
    for life in (
        hub.wait(70),
        Life(this_week, lead_id="lead-new").quoted(),
        Life(lead_id="lead-lost").quoted().wait(17).lost(),
        Life(lead_id="lead-euro").quoted(**QUOTE | {"currency": "EUR"}),
    ):
        write_events(ledger, life.perform())


def a_mail(role: Role, person: str | None = None) -> DigestMail:
    return DigestMail(key=f"{role}-{person}", week=WEEK, role=role, person=person, sections=())


def figures_of(settings: Settings) -> DigestFigures:
    (mail,) = with_figures([a_mail(Role.SALES)], settings, TODAY, "UTC")
    assert mail.figures
    return mail.figures


def test_roles_that_see_money_get_the_figures(settings: Settings, lives: None) -> None:
    mails = [*map(a_mail, (Role.SALES, Role.CONTRACTS, Role.ENGINEERING)), a_mail(Role.SALES, "Grace")]
    found = with_figures(mails, settings, TODAY, "UTC")
    assert [mail.figures is not None for mail in found] == [True, True, False, False]
    assert "Figures" not in digest_text(found[2]).text


def report(settings: Settings, name: str, **given: str) -> Report:
    with closing(Reports.of(settings)) as reports:
        return reports.make(name, given, TODAY)


def test_they_are_those_of_the_reports(settings: Settings, lives: None) -> None:
    figures = figures_of(settings)
    assert {forecast.amount.currency for forecast in figures.forecasts} == {"USD", "EUR"}
    for forecast in figures.forecasts:
        table = report(settings, "moved", currency=forecast.amount.currency).tables[0]
        whole = [row.cells[6].value for row in table.rows if row.is_total]
        assert forecast.amount.amount == whole[1]
        assert forecast.change.amount == whole[1] - whole[0]  # type: ignore[operator]
        assert sum(moved.change.amount for moved in forecast.moved_by) == forecast.change.amount


def test_the_mail_says_what_moved_the_forecast(settings: Settings, lives: None) -> None:
    figures = figures_of(settings)
    text = digest_text(a_mail(Role.SALES).replaced(figures=figures)).text
    (usd,) = (forecast for forecast in figures.forecasts if forecast.amount.currency == "USD")
    assert f"- Forecast (FMRR6): {usd.amount}, as last week (" in text
    assert {moved.what for moved in usd.moved_by} == {"Price quoted", "Lost"}
    assert "Un-billed, estimated: nothing" in text
    (overdue,) = figures.overdue
    assert f"- Invoices overdue: 1, {overdue.total}" in text
    assert overdue.total.amount == Decimal(1_000)


def test_an_empty_ledger_expects_no_money(settings: Settings, ledger: Ledger) -> None:
    ledger.check()
    text = digest_text(a_mail(Role.SALES).replaced(figures=figures_of(settings))).text
    assert "- Forecast: no money is expected" in text
    assert "- Invoices overdue: none" in text


def test_without_a_ledger_it_fails_so_that_it_is_tried_again(settings: Settings) -> None:
    with pytest.raises(LedgerFailed):
        with_figures([a_mail(Role.SALES)], settings, TODAY, "UTC")
