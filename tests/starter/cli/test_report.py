"""`leads report`: figures of many leads from a ledger without any server, as tables, CSV, JSON and a picture."""

import csv
import io
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from ledger.ledger import Ledger
from process.reports.catalog import REPORTS
from starter.cli.report import Name
from tests.support.commands import Ended
from tests.support.lives import Life
from tests.support.rows import write_events

Say = Callable[..., Ended]


@pytest.fixture
def said(say: Say, ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Say:
    """`leads report`, with an offer, a loss whose reason looks like a formula, and a hub in the ledger."""
    monkeypatch.setenv("LEADS_LEDGER_URL", ledger_url)
    lives = [
        Life(lead_id="lead-quoted").quoted(),
        Life(lead_id="lead-lost").quoted().lost(),
        Life(lead_id="lead-hub").live(),
    ]
    with closing(Ledger.open(ledger_url)) as ledger:
        for life in lives:
            write_events(ledger, life)
    return lambda *arguments: say("report", *arguments)


def test_alone_it_lists_the_reports(said: Say) -> None:
    listed = said()
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == [*REPORTS]
    assert [each["name"] for each in said("--json").json] == [*REPORTS]


def test_all_reports_can_be_named() -> None:
    assert get_args(Name) == (*REPORTS,)


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_is_shown_as_text_csv_and_json(said: Say, name: str) -> None:
    shown = said(name, "--definition")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith(REPORTS[name].title)
    assert REPORTS[name].definition[0] in shown.out
    found = said(name, "--json").json
    assert (found["name"], found["definition"]) == (name, [*REPORTS[name].definition])
    table = said(name, "--csv")
    assert table.code == 0
    titles = {
        f"{c['title']} ({c['currency']})" if c["currency"] else c["title"]
        for t in found["tables"]
        for c in t["columns"]
    }
    cells = {cell for line in csv.reader(io.StringIO(table.out)) for cell in line}
    assert titles <= cells


def test_the_forecast_has_aligned_figures_and_what_was_chosen(said: Say) -> None:
    shown = said("forecast", "--from", "2026-07", "--to", "2026-08", "--eta", "0.5", "--currency", "usd").out
    assert "Expected revenue (FMRR2), 2026-07 to 2026-08: " in shown
    assert "eta: 0.5 (measured 0.50, 1 of 2 first quotes that were decided within 24 months)" in shown
    (july,) = (line for line in shown.splitlines() if line.startswith("2026-07"))
    assert july.split()[2] == "1,000.00"


def test_a_csv_has_plain_numbers_and_no_formula(said: Say) -> None:
    lines = [*csv.reader(io.StringIO(said("lost", "--from", "2026-06", "--to", "2026-06", "--csv").out))]
    assert lines[0] == ["reason", "lost", "share", "of them reopened", "value lost (USD)"]
    assert lines[1] == ["budget", "1", "1.000", "0", "12000.00"]
    assert [] in lines, "the tables stand apart"


def test_a_picture_is_drawn_into_a_file(said: Say, tmp_path: Path) -> None:
    file = tmp_path / "funnel.png"
    ended = said("funnel", "--png", str(file))
    assert ended.code == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    assert str(file) in ended.out
    failed = said("funnel", "--png", str(tmp_path / "no" / "where.png"))
    assert (failed.code, "can't be written" in failed.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("forecast --rho 2", "leads: --rho: '2' is no share"),
        ("forecast --from 2026-6", "from: '2026-6' is no month"),
        ("forecast --currency CHF", "no money was ever expected in CHF; take USD"),
        ("forecast --day 2999-01-01", "day: "),
        ("unbilled --rho 0.5", "leads: --rho: the report has no such parameter; it has none."),
        ("forecast --csv --png x.png", "Choose one of --csv, --json and --png."),
        ("--csv", "Name a report: forecast, "),
        ("forcast", "forecast"),
    ],
)
def test_wrong_usage_says_what_to_do(said: Say, arguments: str, message: str) -> None:
    ended = said(*arguments.split())
    assert ended.code == 2
    assert message in ended.err
    assert not ended.out


def test_without_a_ledger_it_says_which_setting_names_one(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_LEDGER_URL", f"sqlite:///{tmp_path}/none.sqlite")
    ended = say("report", "forecast")
    assert (ended.code, "LEADS_LEDGER_URL" in ended.err) == (5, True)
