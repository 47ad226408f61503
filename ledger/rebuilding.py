"""Makes the row of a lead from its recorded events, where the lead itself does not write it anew."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.conversion import event_of
from ledger.entry import Entry
from process.core.aggregate import LeadAggregate
from process.core.events import EventLog
from process.views.lead_row import LeadRow
from process.views.row import row_of
from process.views.spans import Spans, spans_of


def without_gaps(entries: Sequence[Entry]) -> list[Entry]:
    """Return the events from the first one up to the first gap. They are given in order."""
    return [entry for number, entry in enumerate(entries, start=1) if entry.seq == number]


class RecordedLead(NamedTuple):
    """A lead as its recorded events make it."""

    event_log: EventLog
    spans: Spans


def read_lead(lead_id: str, entries: Sequence[Entry]) -> RecordedLead | None:
    """Return the lead of these events, or None if this code cannot read them as a lead."""
    try:
        events = tuple(event_of(entry) for entry in entries)
        spans = spans_of(events, lead_id)
    except ValueError:
        return None
    return RecordedLead(EventLog.of(events, spans.lead), spans) if spans.lead else None


def row_from(recorded: RecordedLead, before: LeadRow | None, now: datetime) -> LeadRow:
    """Return the row of the lead after these events.

    Events do not tell which effects are parked and what was refused; that is kept from the row before, if there is one.
    """
    row = row_of(LeadAggregate(event_log=recorded.event_log, event_bytes=0), now)
    if before is None:
        return row
    items = (*row.items, *(item for item in before.items if not item.from_events))
    return row.replaced(parked=before.parked, refused_total=before.refused_total, items=items)
