"""`leads start` names the earlier losses of the organisation."""

from datetime import timedelta
from pathlib import Path

import pytest

from starter.cli.commands import _lost_before
from tests.support.lives import Life
from tests.support.rows import write_rows


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    monkeypatch.setenv("LEADS_LEDGER_URL", url)
    return url


def test_losses_are_named_also_long_after_the_lead_was_archived(ledger: str) -> None:
    first = Life(lead_id="lead-first")
    first.does("lost", reason="budget")
    second = Life(first.now + timedelta(days=1), lead_id="lead-second")
    second.does("lost", reason="other", note="A tool of their own")
    other = Life(lead_id="lead-other", org="Another").lost()
    still_open = Life(lead_id="lead-open")
    write_rows(ledger, first.wait(400), second, other, still_open)
    assert first.lead.archived
    org = first.lead.org
    found = _lost_before(org, "lead-new")
    assert [line.partition(",")[0] for line in found] == [
        f"{org} was lost before: lead-first",
        f"{org} was lost before: lead-second",
    ]
    assert "budget" in found[0]
    assert [line for line in _lost_before(org, "lead-first") if "lead-first" in line] == []


def test_without_a_ledger_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADS_LEDGER_URL", "sqlite:////nowhere/at/all.sqlite")
    assert _lost_before("Example University", "lead-new") == []
