"""Rows are derived: they can be made anew from the events, lead by lead, while leads go on writing."""

from datetime import UTC, datetime

import pytest

from ledger.conversion import entry_of
from ledger.errors import LedgerRefused
from ledger.ledger import Ledger
from process.types import Stage
from process.views.row import row_of
from tests.support.lives import Life

from .conftest import by_hand, entry


def recorded(ledger: Ledger, life: Life, lead_id: str) -> Life:
    """Append all events of a life, without a row."""
    ledger.append(lead_id, [entry_of(lead_id, event) for event in life.aggregate.event_log.events], after=0)
    return life


def test_a_row_is_made_from_the_events(ledger: Ledger) -> None:
    life = recorded(ledger, Life().quoted(), "lead-1")
    assert ledger.row("lead-1") is None
    before = datetime.now(UTC)
    assert ledger.rebuild("lead-1")
    row = ledger.row("lead-1")
    assert row
    assert row.updated_at >= before
    expected = row_of(life.aggregate, row.updated_at)
    kept = {"lead_id", "parked", "refused_total", "people"}
    assert row.model_dump(exclude=kept) == expected.model_dump(exclude=kept)
    assert ledger.counts("stage") == {Stage.QUOTED: 1}


def test_lost_rows_are_found_by_the_events(ledger: Ledger, url: str) -> None:
    for lead_id in ("b", "a", "c"):
        recorded(ledger, Life().quoted(), lead_id)
    by_hand(url, "DELETE FROM ledger_leads")
    assert list(ledger.leads_from()) == ["a", "b", "c"]
    assert list(ledger.leads_from("b")) == ["b", "c"]
    last = ledger.entries("a")[-1].seq
    for lead_id in ledger.leads_from():
        assert ledger.rebuild(lead_id)
    assert [row.lead_id for row in ledger.rows()] == ["a", "b", "c"]
    assert [(head.seq, head.complete) for head in ledger.heads()] == [(last, True)] * 3
    assert ledger.last_seq("a") == last


def test_what_the_events_do_not_tell_is_kept_from_the_row_before(ledger: Ledger) -> None:
    life = recorded(ledger, Life().quoted(), "lead-1")
    row = row_of(life.aggregate, life.now).replaced(
        lead_id="lead-1", parked=("Send the mail: no such address",), refused_total=3
    )
    ledger.append("lead-1", [], after=row.last_seq, row=row)
    assert ledger.rebuild("lead-1")
    rebuilt = ledger.row("lead-1")
    assert rebuilt
    assert (rebuilt.parked, rebuilt.refused_total) == (row.parked, 3)


def test_a_row_of_another_program_is_replaced(ledger: Ledger, url: str) -> None:
    recorded(ledger, Life().quoted(), "lead-1")
    by_hand(url, "UPDATE ledger_leads SET document = '{}'")
    assert ledger.rebuild("lead-1")
    assert ledger.row("lead-1")


def test_a_row_that_cannot_be_read_is_said_without_its_content(ledger: Ledger, url: str) -> None:
    recorded(ledger, Life().quoted(), "lead-1")
    assert ledger.rebuild("lead-1")
    by_hand(url, """UPDATE ledger_leads SET document = '{"heading": 1, "next_step": "Call Ann"}'""")
    with pytest.raises(LedgerRefused, match="holds a LeadRow that this program cannot read") as refused:
        ledger.rows()
    assert "Ann" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_row_that_knows_more_than_the_events_is_kept(ledger: Ledger) -> None:
    life = Life().quoted()
    first = life.aggregate.event_log.events[0]
    ledger.append("lead-1", [entry_of("lead-1", first)], after=0)
    row = row_of(life.aggregate, life.now).replaced(lead_id="lead-1")
    ledger.append("lead-1", [], after=row.last_seq, row=row)  # what lies between was lost
    assert not ledger.rebuild("lead-1")
    assert ledger.row("lead-1") == row


def test_events_that_cannot_be_read_keep_their_row(ledger: Ledger) -> None:
    ledger.append("lead-1", [entry(1)], after=0)
    assert not ledger.rebuild("lead-1")
    assert ledger.row("lead-1") is None
    with pytest.raises(LedgerRefused, match="no lead unknown"):
        ledger.rebuild("unknown")
    assert [head.lead_id for head in ledger.heads()] == ["lead-1"]


def test_the_leads_own_row_replaces_a_rebuilt_one(ledger: Ledger) -> None:
    life = recorded(ledger, Life().quoted(), "lead-1")
    assert ledger.rebuild("lead-1")
    rebuilt = ledger.row("lead-1")
    assert rebuilt
    newer = row_of(life.aggregate, datetime.now(UTC)).replaced(lead_id="lead-1", refused_total=5)
    ledger.append("lead-1", [], after=newer.last_seq, row=newer)
    assert ledger.row("lead-1") == newer
