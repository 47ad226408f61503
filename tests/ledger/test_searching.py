"""Every text that the ledger keeps can be read, so that a person's words are found or known to be gone."""

from keys.ring import KeyRing
from ledger.ledger import Ledger

from .conftest import entry, make_row


def test_each_text_of_each_table_is_read(ledger: Ledger) -> None:
    row = make_row(lead_id="lead-1", last_seq=2, updated_at=entry(2).at, heading="[Org / Marker] - A hub")
    ledger.append("lead-1", [entry(1), entry(2)], after=0, row=row)
    found = list(ledger.texts())
    assert {each.lead_id for each in found if "Marker" in each.text} == {"lead-1"}
    assert ("ledger_contents, event 2", "lead-1", "ann@example.org") in found
    assert any(each.where == "ledger_leads.document" for each in found)
    assert any(each.where == "ledger_entries.kind" for each in found)


def test_what_was_erased_says_nothing(ledger: Ledger, ring: KeyRing) -> None:
    ledger.append("lead-1", [entry(1)], after=0)
    ring.erase("lead-1")
    assert not any("Ann" in each.text for each in ledger.texts())
