"""`leads rebuild`: rows of the ledger made anew from its events."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.conversion import entry_of
from ledger.entry import Entry
from ledger.ledger import Ledger
from tests.support.commands import Ended
from tests.support.lives import Life

Say = Callable[..., Ended]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """The ledger in the test's own folder."""
    with closing(Ledger.open("sqlite:///.leads/ledger.sqlite")) as ledger:
        yield ledger


def record(ledger: Ledger, *lead_ids: str) -> None:
    events = Life().quoted().aggregate.event_log.events
    for lead_id in lead_ids:
        ledger.append(lead_id, [entry_of(lead_id, event) for event in events], after=0)


def unreadable(lead_id: str) -> Entry:
    """An event that opens no lead."""
    return Entry(
        lead_id=lead_id,
        seq=1,
        at=datetime.now(UTC),
        kind="lost",
        by="",
        source="",
        key="",
        policy="",
        summary="",
        data={"kind": "lost"},
    )


def test_rows_are_rebuilt(say: Say, ledger: Ledger) -> None:
    record(ledger, "lead-1", "lead-2")
    assert ledger.rows() == []
    ended = say("rebuild")
    assert (ended.code, ended.out) == (0, "Rows rebuilt: 2\n"), ended.err
    assert [row.lead_id for row in ledger.rows()] == ["lead-1", "lead-2"]
    assert say("rebuild", "--json").json == {"rebuilt": 2, "unread": []}


def test_a_rebuild_goes_on_where_it_was_interrupted(say: Say, ledger: Ledger) -> None:
    record(ledger, "lead-1", "lead-2", "lead-3")
    assert say("rebuild", "--from", "lead-2").out == "Rows rebuilt: 2\n"
    assert [row.lead_id for row in ledger.rows()] == ["lead-2", "lead-3"]


def test_only_leads_that_lag_are_rebuilt(say: Say, ledger: Ledger) -> None:
    record(ledger, "lead-1", "lead-2")
    assert say("rebuild", "--from", "lead-2").code == 0
    ended = say("rebuild", "--lagging")
    assert ended.out == "Rows rebuilt: 1\n", ended.err
    assert say("rebuild", "--lagging", "--json").json == {"rebuilt": 0, "unread": []}


def test_leads_that_cannot_be_read_are_named(say: Say, ledger: Ledger) -> None:
    record(ledger, "lead-2")
    ledger.append("lead-1", [unreadable("lead-1")], after=0)
    ended = say("rebuild")
    assert ended.code == 3
    assert "Rows rebuilt: 1" in ended.out
    assert "cannot read the events of 1 lead (lead-1)" in ended.err
    assert [row.lead_id for row in ledger.rows()] == ["lead-2"]


def test_a_ledger_out_of_reach_is_said(say: Say, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEADS_LEDGER_URL", f"sqlite:///{tmp_path}/file/ledger.sqlite")
    ended = say("rebuild")
    assert ended.code == 5
    assert "LEADS_LEDGER_URL" in ended.err
