"""Rows and events of leads, written into a ledger without their workflows."""

from contextlib import closing

from ledger.conversion import entry_of
from ledger.ledger import Ledger
from process.views.recording import record_request
from process.views.row import row_of
from tests.support.lives import Life


def write_rows(url: str, *lives: Life) -> None:
    """Make the ledger, if there is none, and write the rows of these leads as they are now."""
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
        for life in lives:
            ledger.append(life.lead.id, [], after=0, row=row_of(life.aggregate, life.now))


def write_events(ledger: Ledger, life: Life, lead_id: str = "") -> None:
    """Write the events of a lead that are new, with its read tables; as those of another one if an id is given."""
    lead_id = lead_id or life.lead.id
    request = record_request(life.aggregate, life.aggregate.in_ledger, life.now)
    assert request.row
    entries = [entry_of(lead_id, event) for event in request.events]
    row = request.row.replaced(lead_id=lead_id)
    seq = ledger.append(lead_id, entries, after=request.after, row=row, snapshots=request.snapshots)
    life.aggregate = life.aggregate.recorded(seq)
