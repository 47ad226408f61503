"""Conversion between a lead's events and the entries of the ledger."""

from ledger.entry import Entry
from process.core.events import Event
from process.core.stored_events import read_event


def entry_of(lead_id: str, event: Event) -> Entry:
    """Return the ledger entry that records this event."""
    return Entry(
        lead_id=lead_id,
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        by=event.fact.by,
        source=event.fact.source,
        key=event.key or "",
        policy=event.policy,
        summary=event.summary,
        data=event.fact.model_dump(mode="json"),
    )


def event_of(entry: Entry) -> Event:
    """Return the recorded event. An event of an unknown kind is kept with all of its data."""
    return read_event(
        {
            "seq": entry.seq,
            "at": entry.at,
            "policy": entry.policy,
            "summary": entry.summary,
            "fact": entry.data,
        }
    )
