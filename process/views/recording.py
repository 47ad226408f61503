"""The content of a writing to the ledger: a lead's new events, and the row by which lists know it."""

from datetime import datetime

from process.core.aggregate import LeadAggregate
from process.core.events import Event
from process.effects.summaries import joined
from process.types import Model
from process.views.row import LeadRow, row_of


class RecordRequest(Model):
    """New events of one lead, and its row."""

    lead_id: str
    after: int
    """Number of the newest event that is final, because a task that is in the history has recorded it."""
    events: tuple[Event, ...] = ()
    row: LeadRow | None
    """None in a replay, in which nothing is written."""

    def summary(self) -> str:
        """Return what became true in one line, for the Temporal UI."""
        if not self.events:
            return "Bring the lead's line in lists up to date"
        return joined([f"{event.seq} {event.summary}" for event in self.events])


class Recorded(Model):
    """The answer of the ledger, as it stands in Temporal's history."""

    seq: int
    """Highest event number in the ledger, without a gap before it."""
    keys: tuple[str, ...] = ()
    """The service's public keys, by which the lead knows who signed a decision (`process.envelope`)."""


def record_request(
    aggregate: LeadAggregate, after: int, now: datetime, *, replaying: bool = False
) -> RecordRequest:
    """Return the request to record all events after this number. In a replay the row is not made."""
    events = aggregate.event_log.events[after:]
    row = None if replaying else row_of(aggregate, now)
    return RecordRequest(lead_id=aggregate.lead.id, after=after, events=events, row=row)
