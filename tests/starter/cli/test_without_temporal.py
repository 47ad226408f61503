"""Without a Temporal server, what the ledger has is shown, and it is said that this is so."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger.conversion import entry_of
from ledger.ledger import Ledger
from process.views.row import row_of
from tests.support.commands import Ended
from tests.support.lives import Life

NOBODY = "No Temporal server answers at 127.0.0.1:1"

Say = Callable[..., Ended]


@pytest.fixture
def life(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> Life:
    """A quoted lead in the ledger, and a Temporal server that nobody has started."""
    monkeypatch.setenv("LEADS_LEDGER_URL", ledger_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    life = Life().quoted()
    with closing(Ledger.open(ledger_url)) as ledger:
        entries = [entry_of(life.lead.id, event) for event in life.aggregate.event_log.events]
        ledger.append(life.lead.id, entries, after=0, row=row_of(life.aggregate, life.now))
    return life


def test_a_lead_is_shown_from_the_ledger(life: Life, say: Say) -> None:
    shown = say("show", life.lead.id)
    assert shown.code == 0, shown.err
    assert shown.out.startswith(NOBODY)
    assert "This is from the SQLite file" in shown.out
    assert life.lead.heading in shown.out
    as_json = say("show", life.lead.id, "--json")
    assert as_json.json["stage"] == "quoted"
    assert as_json.json["message"].startswith(NOBODY)
    assert as_json.json["from_ledger"].startswith("SQLite file")


def test_a_lead_that_the_ledger_lacks_is_not_shown(life: Life, say: Say) -> None:
    shown = say("show", "lead-other")
    assert (shown.code, shown.out) == (5, "")
    assert NOBODY in shown.err


@pytest.mark.parametrize("name", ["x" * 100_000, "xy z " * 20_000, f"a/{'x' * 100_000}#1"], ids=len)
def test_a_name_that_is_too_long_for_the_ledger_is_nobodys(name: str, life: Life, say: Say) -> None:
    for command in (["show", name, "--as-of", "2026-06-02"], ["what-if", name, "--period", "stale=60"]):
        unknown = say(*command)
        assert unknown.code == 4
        assert f"has no lead '{name[:50]}" in unknown.err
        assert len(unknown.err) < 300


@pytest.mark.parametrize("command", ["list", "agenda"])
def test_lists_come_from_the_ledger(command: str, life: Life, say: Say) -> None:
    listed = say(command)
    assert listed.code == 0
    assert life.lead.id in listed.out
    assert NOBODY in listed.err
    assert "set TEMPORAL_ADDRESS" in listed.err


def test_a_backup_says_where_the_keys_are_that_it_lacks(
    life: Life, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_KEYS__STORE_URL", f"sqlite:///{tmp_path}/keys.sqlite")
    taken = say("backup", str(tmp_path / "copies"))
    assert taken.code == 0, taken.err
    assert f"copy them (SQLite file {tmp_path}/keys.sqlite) and the master key" in taken.out


def test_a_folder_that_takes_no_backup_is_named(life: Life, say: Say) -> None:
    failed = say("backup", "/dev/null/copies")
    assert (failed.code, failed.err) == (5, "leads: '/dev/null/copies' can't be written: Not a directory.\n")
    long = say("backup", f"/dev/null/{'x' * 5000}")
    assert (long.code, len(long.err) < 200) == (5, True)
