"""`leads list`: which leads, and what is told of them, read from a ledger without any server."""

import csv
import io
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from templates.spreadsheets import cell
from tests.support.commands import Ended
from tests.support.lives import Life
from tests.support.rows import write_rows

Say = Callable[..., Ended]


@pytest.fixture
def listed(say: Say, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`leads list`, with a new lead, a quoted one, a lost one, a hub and an archived lead in the ledger."""
    monkeypatch.setenv("LEADS_LEDGER_URL", ledger_url)
    lost, archived = Life(lead_id="lead-lost"), Life(lead_id="lead-archived")
    for life in (lost, archived):
        life.does("lost", reason="budget")
    archived.wait(800)
    write_rows(
        ledger_url,
        Life(lead_id="lead-new", org='=HYPERLINK("x"), Inc', title="A hub"),
        Life(lead_id="lead-quoted").quoted(),
        lost,
        Life(lead_id="lead-hub").live().wait(45),
        archived,
    )
    return lambda *arguments: say("list", *arguments)


@pytest.mark.parametrize(
    ("options", "leads"),
    [
        ("", "hub new quoted"),
        ("--all", "archived hub lost new quoted"),
        ("--all --stage lost", "archived lost"),
        ("--stage lost", "lost"),
        ("--since 2026-06-01", "hub new quoted"),
        ("--since 2026-06-02", ""),
        ("--until 2026-06-01", "hub new quoted"),
        ("--until 2026-05-31", ""),
        ("--ends-by 2027-05-31", "hub"),
        ("--ends-by 2027-05-30", ""),
        ("--unpaid", "hub"),
        ("--all --unpaid --stage quoted", ""),
    ],
)
def test_it_selects(listed: Say, options: str, leads: str) -> None:
    found = listed(*options.split(), "--sort", "lead", "--json").json
    assert [row["lead_id"].removeprefix("lead-") for row in found] == leads.split()
    counts = listed(*options.split(), "--count", "--json").json
    assert sum(counts.values()) == len(found)


def test_json_has_amounts_dates_and_organisation(listed: Say) -> None:
    (hub,) = listed("--stage", "hub", "--json").json
    assert (hub["org"], hub["title"]) == ("Example University", "Hub for a course")
    assert (hub["price"], hub["per"]) == ({"amount": "12000", "currency": "USD"}, "year")
    assert (hub["contract_start"], hub["contract_end"]) == ("2026-06-01", "2027-05-31")
    assert hub["open_invoices"][0]["total"] == {"amount": "1000.00", "currency": "USD"}
    assert hub["open_invoices"][0]["sent_on"] is None
    assert (listed("--stage", "lost", "--json").json)[0]["ended_on"] == "2026-06-01"


def test_csv_is_text_for_a_spreadsheet(listed: Say) -> None:
    ended = listed("--all", "--csv", "--sort", "contract-end")
    assert ended.code == 0
    assert not ended.err
    assert ended.out.count("\r\n") == 6
    hub, *others = csv.DictReader(io.StringIO(ended.out, newline=""))
    assert (hub["lead"], hub["price"], hub["currency"], hub["per"]) == ("lead-hub", "12000", "USD", "year")
    assert hub["contract end"] == "2027-05-31"
    assert hub["open invoices"].startswith("1: 1,000.00 USD, not sent yet")
    (new,) = (row for row in others if row["lead"] == "lead-new")
    assert new["organisation"] == """'=HYPERLINK("x"), Inc"""
    assert (new["price"], new["on hold"]) == ("", "no")


def test_csv_goes_alone(listed: Say) -> None:
    for option in ("--json", "--count"):
        assert listed("--csv", option).code == 2


@pytest.mark.parametrize(
    ("value", "written"),
    [
        *((f"{sign}1+1", f"'{sign}1+1") for sign in "=+-@\t\r\n＝"),
        (" =1", "' =1"),
        ("A-1", "A-1"),
        (-3, "-3"),
        (True, "yes"),
        (None, ""),
    ],
)
def test_a_cell_is_never_a_formula(value: object, written: str) -> None:
    assert cell(value) == written


@given(st.text(max_size=40))
def test_no_text_becomes_a_formula_or_another_cell(text: str) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerow([cell(text), "end"])
    (row,) = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert row[1:] == ["end"]
    assert not row[0].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
