"""The content of a writing to the ledger: a lead's new events, and the row by which lists know it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from process.core.aggregate import LeadAggregate
from process.core.events import Event
from process.effects.summaries import joined
from process.identity import Digests
from process.types import Id, Model
from process.views.lead_row import LeadRow
from process.views.row import row_of
from process.views.snapshot import Snapshot, snapshot_of


class RecordRequest(Model):
    """New events of one lead, and its row."""

    lead_id: Id
    after: int
    """Number of the newest event that is final, because a task that is in the history has recorded it."""
    events: tuple[Event, ...] = ()
    row: LeadRow
    snapshots: tuple[Snapshot, ...] = ()
    """The lead's snapshot after each of the events that is not in the ledger yet, as far as it is in memory."""


class Recorded(Model):
    """The answer of the ledger, as it stands in Temporal's history."""

    seq: int
    """Highest event number in the ledger, without a gap before it."""
    keys: tuple[Id, ...] = ()
    """The service's public keys, by which the lead knows who signed a decision (`process.envelope`)."""
    digests: Digests | None = None
    """The digests of the recorded row for search attributes, since the lead does not know the pepper."""


def record_request(aggregate: LeadAggregate, after: int, now: datetime) -> RecordRequest:
    """Return the request to record all events after this number."""
    events = aggregate.event_log.events[after:]
    return RecordRequest(
        lead_id=aggregate.lead.id,
        after=after,
        events=events,
        row=row_of(aggregate, now),
        snapshots=tuple(_snapshots(aggregate, events)),
    )


def record_summary(aggregate: LeadAggregate, after: int) -> str:
    """Return what became true after this number in one line, for the Temporal UI."""
    events = aggregate.event_log.events[after:]
    if not events:
        return "Bring the lead's line in lists up to date"
    return joined([f"{event.seq} {event.summary}" for event in events])


def _snapshots(aggregate: LeadAggregate, events: Sequence[Event]) -> Iterator[Snapshot]:
    leads = {lead.last_seq: lead for lead in aggregate.trail}
    for event in events:
        if lead := leads.get(event.seq):
            yield snapshot_of(lead, event)
