"""Converts between a lead's events and the entries of the ledger."""

from ledger.events import Entry
from process.core.events import Event
from process.core.kinds import read_event


def entry_of(lead: str, event: Event) -> Entry:
    return Entry(
        lead=lead,
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
    """The event as it was, of whichever kind its JSON says; one that this code does not know is kept whole."""
    return read_event(
        {
            "seq": entry.seq,
            "at": entry.at,
            "policy": entry.policy,
            "summary": entry.summary,
            "fact": entry.data,
        }
    )
