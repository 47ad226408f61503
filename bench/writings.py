"""What leads write to the ledger: the events, the row and the snapshots, one writing or a whole life."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from ledger.conversion import entry_of
from ledger.entry import Entry
from ledger.ledger import Ledger
from process.core.fold import leads_as_told
from process.views.lead_row import LeadRow
from process.views.recording import record_request
from process.views.row import row_of
from process.views.snapshot import Snapshot, snapshot_of
from tests.support.lives import HUB, QUOTE, SIGNED, Life

TO_HUB: tuple[tuple[str, dict[str, Any]], ...] = (
    ("price_quoted", QUOTE),
    ("quote_accepted", {}),
    ("contract_handed_over", {}),
    ("contract_acknowledged", {}),
    ("contract_signed", SIGNED),
    ("vendor_setup_not_needed", {}),
    ("hub_information_given", HUB),
    ("hub_requested", {}),
    ("hub_live", {}),
)


class Writing(NamedTuple):
    """The events and the row that one lead writes at a time."""

    after: int
    entries: Sequence[Entry]
    row: LeadRow
    snapshots: Sequence[Snapshot]

    def write(self, ledger: Ledger, lead_id: str) -> None:
        """Append it for a lead with this id."""
        entries = [entry.model_copy(update={"lead_id": lead_id}) for entry in self.entries]
        row = self.row.replaced(lead_id=lead_id)
        ledger.append(lead_id, entries, after=self.after, row=row, snapshots=self.snapshots)


def on_the_way() -> list[Writing]:
    """Return the writings of a lead on its way to a hub, with what its effects bring back."""
    life, found = Life(), []
    for kind, body in (("", {}), *TO_HUB):
        if kind:
            life.wait(days=3).does(kind, **body)
        life.perform()
        request = record_request(life.aggregate, life.aggregate.in_ledger, life.now)
        assert request.row  # noqa: S101
        entries = [entry_of(life.lead.id, event) for event in request.events]
        found.append(Writing(request.after, entries, request.row, request.snapshots))
        life.aggregate = life.aggregate.recorded(life.lead.last_seq)
    return found


def whole(life: Life) -> Writing:
    """Return all that a lead has written so far."""
    events = life.aggregate.event_log.events
    told = leads_as_told(tuple(events), life.lead.id)
    return Writing(
        0,
        [entry_of(life.lead.id, event) for event in events],
        row_of(life.aggregate, life.now),
        [snapshot_of(lead, event) for event, lead in told],
    )
