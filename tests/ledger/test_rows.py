"""Rows of leads: stored with their events, found by filters, on both engines."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.ledger import Ledger
from ledger.rows import above, differs, equals, needs_attention, one_of
from process.types import Stage
from process.views.lead_row import LeadRow

from .conftest import DAY, entry, make_row


def write(ledger: Ledger, lead_id: str = "lead-1", seq: int = 1, **changed: Any) -> LeadRow:
    """Append one event with a row of the same time, and return the row."""
    written = entry(seq, lead_id)
    made = make_row(lead_id=lead_id, last_seq=seq, updated_at=written.at, **changed)
    ledger.append(lead_id, [written], after=seq - 1, row=made)
    return made


def found(ledger: Ledger, *where: Any, **more: Any) -> list[str]:
    return [each.lead_id for each in ledger.rows(*where, **more)]


def test_a_row_comes_back_as_it_was(ledger: Ledger) -> None:
    assert ledger.row("lead-1") is None
    first = write(ledger, org_key="acme", attention=("Call Ann",), next_date=datetime(2026, 4, 1, tzinfo=UTC))
    assert ledger.row("lead-1") == first
    newer = write(ledger, seq=2, stage=Stage.QUOTED)
    assert ledger.row("lead-1") == newer
    assert found(ledger, differs("org_key", None)) == []  # what is gone from the row is gone from its columns


def test_rows_are_filtered_ordered_and_counted(ledger: Ledger) -> None:
    write(ledger, "a", stage=Stage.QUOTED, next_date=DAY, org_key="acme", attention=("x", "y"))
    write(ledger, "b", stage=Stage.LEAD, next_date=DAY + timedelta(days=1), people="0b")
    write(ledger, "c", stage=Stage.LEAD, seq=2, on_hold=True)
    ledger.append("d", [entry(1, "d")], after=0)  # a lead without a row is in no list
    assert found(ledger) == ["a", "b", "c"]
    assert found(ledger, equals("stage", Stage.LEAD)) == ["b", "c"]
    assert found(ledger, equals("stage", Stage.LEAD), equals("on_hold", True)) == ["c"]
    assert found(ledger, equals("next_date", None)) == ["c"]
    assert found(ledger, differs("people", "0a")) == ["b"]
    assert found(ledger, differs("org_key", "acme")) == ["b", "c"]
    assert found(ledger, one_of("stage", [Stage.HUB, Stage.QUOTED])) == ["a"]
    assert found(ledger, above("next_date", DAY)) == ["b"]
    assert found(ledger, needs_attention()) == ["a"]
    assert found(ledger, differs("next_date", None), order=["-next_date"]) == ["b", "a"]
    assert found(ledger, order=["-next_date"]) == ["b", "a", "c"]
    assert found(ledger, order=["next_date"], limit=2, offset=1) == ["b", "c"]
    assert ledger.counts("stage") == {"lead": 2, "quoted": 1}
    assert ledger.counts("stage", equals("on_hold", False)) == {"lead": 1, "quoted": 1}


def test_an_older_row_does_not_replace_a_newer_one(ledger: Ledger) -> None:
    write(ledger)
    newer = make_row(updated_at=DAY + timedelta(days=9), heading="Bob's lead")
    older = make_row(updated_at=DAY + timedelta(days=8))
    ledger.append("lead-1", [], after=1, row=newer)
    ledger.append("lead-1", [], after=1, row=older)
    ledger.append("lead-1", [entry(1)], after=1, row=older)
    assert ledger.row("lead-1") == newer
    same_time = newer.model_copy(update={"heading": "Carol's lead"})
    ledger.append("lead-1", [], after=1, row=same_time)
    assert ledger.row("lead-1") == same_time


def test_text_that_postgresql_cannot_store_is_replaced_in_a_row(ledger: Ledger) -> None:
    write(ledger, heading="a\0b", policy="a\0b")
    assert found(ledger, equals("policy", "a\ufffdb")) == ["lead-1"]
    kept = ledger.row("lead-1")
    assert kept is not None
    assert kept.heading == "a\0b"  # JSON writes it with other characters
