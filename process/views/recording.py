"""What is written to the ledger: a lead's new events, and the row by which lists know it."""

from datetime import datetime
from typing import Self

from process.core.aggregate import LeadAggregate
from process.core.events import Event
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
        """Return the request in one sentence, for the Temporal UI."""
        numbers = [event.seq for event in self.events]
        if not numbers:
            return "Write the lead's row to the ledger"
        if len(numbers) == 1:
            return f"Write event {numbers[0]} to the ledger"
        return f"Write events {numbers[0]} to {numbers[-1]} to the ledger"


class Recorded(Model):
    """The answer of the ledger, as it stands in Temporal's history."""

    seq: int
    """Highest event number in the ledger, without a gap before it."""
    events: tuple[str, ...] = ()
    """What became true, one sentence each."""

    @classmethod
    def of(cls, request: RecordRequest, seq: int) -> Self:
        """Return the answer to this request."""
        return cls(seq=seq, events=tuple(f"{event.seq} {event.summary}" for event in request.events))


def record_request(
    aggregate: LeadAggregate, after: int, now: datetime, *, replaying: bool = False
) -> RecordRequest:
    """Return the request to record all events after this number. In a replay the row is not made."""
    events = aggregate.event_log.events[after:]
    row = None if replaying else row_of(aggregate, now)
    return RecordRequest(lead_id=aggregate.lead.id, after=after, events=events, row=row)
