"""Reports of leads in a ledger, on both engines: figures by hand, the leads of each, and what is refused."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import update

from client.reports import Reports
from ledger.ledger import Ledger
from ledger.queries.asking import LedgerQueries
from ledger.queries.cursors import BrokenCursor
from ledger.tables import LEADS
from process.reports.catalog import REPORTS
from process.reports.parameters import ParameterRefused
from process.reports.report import Cell, Column, FigureRow, Report, Table
from tests.support.engines import engine, made_copy, made_database, postgres, url
from tests.support.lives import HUB, MONDAY, RENEWAL, SIGNED, Life, a_life
from tests.support.report_examples import figures
from tests.support.rows import write_events

__all__ = ["engine", "made_copy", "made_database", "postgres", "url"]

TODAY = date(2026, 6, 30)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with closing(Ledger.open(url)) as found:
        yield found


@pytest.fixture
def lives(ledger: Ledger) -> dict[str, Life]:
    """A new lead, an offer in USD that begins in August, one in EUR without a start, a loss, a hub, a contract."""
    made = {
        "ada": a_life("ada"),
        "bo": a_life("bo").quoted(),
        "cy": a_life("cy").quoted(amount="15000", currency="EUR", per="year"),
        "di": a_life("di").wait(hours=1).quoted().wait(2).lost(),
        "ed": a_life("ed").live().wait(20).perform(),
        "flo": a_life("flo").contracted(),
    }
    made["bo"].does("hub_information_given", **HUB)
    for life in made.values():
        write_events(ledger, life)
    return made


@pytest.fixture
def reports(url: str, lives: dict[str, Life]) -> Iterator[Reports]:
    with closing(Reports(LedgerQueries.open(url), "Europe/Berlin")) as found:
        yield found


def cells(table: Table, line: int = -1) -> list[Any]:
    return [cell.value for cell in table.rows[line].cells]


def rows_of(reports: Reports, report: Report, cell: Cell) -> list[FigureRow]:
    """Return all rows of a figure, page by page."""
    given, after, found = dict(parse_qsl(cell.rows)), None, list[FigureRow]()
    while True:
        page = reports.rows(report.name, given, TODAY, after)
        found += page.rows
        if (after := page.after) is None:
            return found


def test_the_forecast_by_hand(reports: Reports) -> None:
    report = reports.make("forecast", {}, TODAY)
    (months,) = report.tables
    assert [row.cells[0].value for row in months.rows] == [
        *(f"2026-{month:02}" for month in range(7, 13)),
        "sum",
    ]
    contract, offer = Decimal(1000), Decimal("0.3") * 1000
    july, august = cells(months, 0), cells(months, 1)
    assert july[1:] == [2 * contract, 2 * contract, 0, 0, 0, 0]
    assert august[1:] == [2 * contract + offer, 2 * contract, 0, 0, 1000, offer]
    assert cells(months)[1] == 6 * 2 * contract + 5 * offer
    assert report.headline == ("Expected revenue (FMRR6), 2026-07 to 2026-12: 13,500.00 USD",)
    assert report.notes[0].startswith("1 open lead has no price yet")
    assert "EUR" in report.notes[-1]


def test_weights_are_set_and_measured_values_stand_beside_them(reports: Reports) -> None:
    report = reports.make("forecast", {"eta": "0.5", "rho": "1", "to": "2026-08"}, TODAY)
    assert cells(report.tables[0])[1] == 4_500
    known = {parameter.name: parameter for parameter in report.parameters}
    assert (known["eta"].value, known["eta"].measured) == (
        "0.5",
        "0.67, 2 of 3 first quotes that were decided within 24 months",
    )
    assert known["rho"].measured == ""
    assert known["currency"].choices == ("USD", "EUR")


def test_an_offer_without_a_start_begins_after_the_time_to_a_signature(reports: Reports) -> None:
    report = reports.make("forecast", {"currency": "eur", "to-signature": "40"}, TODAY)
    assert [row.cells[5].value for row in report.tables[0].rows] == [0, *[1_250] * 5, 6_250]
    assert "1 offer names no start: it is counted from 2026-08" in " ".join(report.notes)


def test_what_moved_is_the_difference(reports: Reports) -> None:
    report = reports.make("moved", {"since": "2026-05-31", "day": "2026-06-30"}, TODAY)
    (table,) = report.tables
    assert cells(table, 0)[0::6] == ["2026-05-31", 0]
    assert cells(table)[0::6] == ["2026-06-30", 13_500]
    moved = {str(row.cells[0].value): row.cells[5].value for row in table.rows[1:-1]}
    assert sum(moved.values()) == 13_500  # type: ignore[arg-type]
    assert {"Contract signed", "Price quoted", "Lost", "Time passed"} <= {*moved}
    assert moved["Time passed"] == 0


def test_a_figure_leads_to_its_leads_and_events(reports: Reports) -> None:
    report = reports.make("forecast", {}, TODAY)
    (contracted, new) = (report.tables[0].rows[-1].cells[n] for n in (2, 5))
    rows = rows_of(reports, report, contracted)
    assert [(row.lead_id, row.amount) for row in rows] == [
        ("lead-ed", Decimal(6_000)),
        ("lead-flo", Decimal(6_000)),
    ]
    assert "University of Ed" in rows[0].heading
    assert "signed" in rows[0].what
    assert [(row.lead_id, row.amount) for row in rows_of(reports, report, new)] == [
        ("lead-bo", Decimal(5_000))
    ]


def test_each_figure_of_each_report_is_the_sum_of_its_rows(reports: Reports) -> None:
    given = {"moved": {"since": "2026-05-31"}, "coverage": {"day": "2027-12-01"}}
    checked = dict.fromkeys(REPORTS, 0)
    for name in REPORTS:
        report = reports.make(name, given.get(name, {}), TODAY)
        for table in report.tables:
            for row in table.rows:
                for column, cell in zip(table.columns, row.cells, strict=True):
                    if cell.rows:
                        assert_adds_up(name, column, cell, rows_of(reports, report, cell))
                        checked[name] += 1
    del checked["unbilled"]  # nothing is
    assert all(checked.values()), checked


def assert_adds_up(name: str, column: Column, cell: Cell, rows: list[FigureRow]) -> None:
    if column.kind == "count":
        counted = {row.lead_id for row in rows} if name == "unbilled" else rows
        assert len(counted) == cell.value, (name, cell, rows)
    elif column.kind == "money" and column.title not in _WEIGHTED:
        assert sum(row.amount or 0 for row in rows) == cell.value, (name, column, cell)


_WEIGHTED = ("80 % of renewals", "30 % of new", "expected", "moved by")


def test_the_funnel_counts_each_month(reports: Reports) -> None:
    report = reports.make("funnel", {"from": "2026-05"}, TODAY)
    may, june = report.tables[0].rows[:2]
    assert [cell.value for cell in may.cells[:2]] == ["2026-05", 0]
    assert [cell.value for cell in june.cells[1:]] == [
        *(6, 5, Decimal("0.833"), 2, Decimal("0.400"), 1, Decimal("0.500"), 1),
        "",
    ]


def test_losses_have_a_reason_a_value_and_may_be_reopened(
    ledger: Ledger, reports: Reports, lives: dict[str, Life]
) -> None:
    report = reports.make("lost", {}, TODAY)
    assert cells(report.tables[0], 0) == ["budget", 1, 1, 0, 12_000]
    lives["di"].wait(1).does("reopened", reason="They found a grant")
    write_events(ledger, lives["di"])
    assert cells(reports.make("lost", {}, TODAY).tables[0], 0) == ["budget", 1, 1, 1, 12_000]


def test_hubs_that_outlive_their_contract_are_counted(reports: Reports) -> None:
    report = reports.make("coverage", {"day": "2026-06-30"}, TODAY)
    assert [row.cells[1].value for row in report.tables[0].rows] == [1, 0, 0, 1]
    later = reports.make("coverage", {"day": "2027-12-01"}, TODAY)
    assert [row.cells[1].value for row in later.tables[0].rows] == [0, 0, 1, 0]
    assert cells(later.tables[1])[0] == "lead-ed"


def test_unbilled_months_are_listed_the_oldest_first(ledger: Ledger, reports: Reports) -> None:
    assert reports.make("unbilled", {}, TODAY).headline == ("Nothing is un-billed",)
    gap = a_life("gap").live().perform().until("2027-05-10").accepted(**RENEWAL)
    gap.does("contract_signed", **SIGNED, start="2027-08-01")
    write_events(ledger, gap.until("2027-08-01").perform())
    report = reports.make("unbilled", {}, TODAY)
    assert cells(report.tables[0], 0) == ["2027-06", 1, 1_250]
    assert cells(report.tables[0], 1) == ["2027-07", 1, 1_250]
    for cell in figures(report):
        assert {row.lead_id for row in rows_of(reports, report, cell)} == {"lead-gap"}


def test_a_report_is_kept_until_an_event_is_recorded(
    ledger: Ledger, reports: Reports, lives: dict[str, Life]
) -> None:
    first = reports.make("funnel", {}, TODAY)
    assert reports.make("funnel", {}, TODAY) is first
    assert reports.make("funnel", {}, TODAY + timedelta(1)) is not first
    lives["ada"].quoted()
    write_events(ledger, lives["ada"])
    again = reports.make("funnel", {}, TODAY)
    assert again is not first
    assert cells(again.tables[0])[2] == 6


def test_leads_with_older_lines_are_counted_in_a_note(ledger: Ledger, reports: Reports) -> None:
    assert not [note for note in reports.make("lost", {}, TODAY).notes if "rebuilt" in note]
    with ledger._database.writing() as connection:
        connection.execute(update(LEADS).where(LEADS.c.lead_id == "lead-ada").values(version=0))
        connection.execute(update(LEADS).where(LEADS.c.lead_id == "lead-bo").values(projected=0))
    (note,) = reports.make("lost", {}, TODAY).notes
    assert note == "The read tables are being rebuilt: 2 of 6 leads are shown as they were before."


def test_no_more_reports_are_kept_than_there_is_room_for(url: str, lives: dict[str, Life]) -> None:
    with closing(Reports(LedgerQueries.open(url), size=2)) as few:
        first = few.make("funnel", {}, TODAY)
        few.make("lost", {}, TODAY)
        assert few.make("funnel", {}, TODAY) is first
        few.make("coverage", {}, TODAY)
        assert few.make("funnel", {}, TODAY) is first
        few.make("unbilled", {}, TODAY)
        few.make("invoices", {}, TODAY)
        assert few.make("funnel", {}, TODAY) is not first


def test_an_empty_ledger_has_every_report(ledger: Ledger, url: str) -> None:
    ledger.check()
    with closing(Reports(LedgerQueries.open(url))) as reports:
        made = [reports.make(name, {}, TODAY) for name in REPORTS]
    assert [report.name for report in made if report.notes] == ["funnel"]


REFUSED: list[tuple[str, Mapping[str, str], str]] = [
    ("forecast", {"currency": "CHF"}, "no money was ever expected in CHF; take USD and EUR"),
    ("forecast", {"figure": "won", "of": ""}, "has no figure 'won'"),
    ("forecast", {"figure": "new", "of": "then"}, "'then' is no month"),
    ("funnel", {"figure": "qualified"}, "has no figure 'qualified'"),
    ("lost", {"figure": "why"}, "has no figure 'why'"),
    ("moved", {"figure": "Robert'); --"}, "has no figure"),
    ("unbilled", {"figure": "day"}, "has no figure 'day'"),
    ("coverage", {"figure": "hubs", "of": "x"}, "has no figure 'hubs'"),
]


def test_a_wrong_question_names_the_parameter(reports: Reports) -> None:
    for name, given, message in REFUSED:
        ask = reports.rows if "figure" in given else reports.make
        with pytest.raises(ParameterRefused) as refused:
            ask(name, given, TODAY)
        assert message in str(refused.value)
        assert refused.value.name in ("currency", "figure", "of")


def test_a_broken_cursor_is_said(reports: Reports) -> None:
    for name, figure in (("forecast", "new"), ("funnel", "lead"), ("invoices", "all")):
        with pytest.raises(BrokenCursor):
            reports.rows(name, {"figure": figure}, TODAY, "x")


def test_many_rows_go_page_by_page(ledger: Ledger, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        write_events(ledger, a_life(f"n{number}", now=MONDAY + timedelta(hours=number)).quoted())
    monkeypatch.setattr("ledger.queries.figure_lines.PAGE", 3)
    with closing(Reports(LedgerQueries.open(url))) as many:
        report = many.make("funnel", {}, TODAY)
        rows = rows_of(many, report, report.tables[0].rows[-1].cells[1])
    assert [row.lead_id for row in rows] == [f"lead-n{number}" for number in range(7)]
