"""Adds the next fact to a lead's event log."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from process.core.events import Event, EventLog, Fact
from process.core.fold import apply, fold, leads_as_told
from process.decisions.opening import LeadOpened


def begin(opened: LeadOpened, lead_id: str, at: datetime) -> EventLog:
    """Return the event log of a lead that starts now."""
    event = Event(seq=1, at=at, policy=opened.policy.version, fact=opened)
    lead = apply(opened.opened(lead_id, at), event)
    summary = opened.summary(EventLog.of((event,), lead))
    return EventLog.of((event.replaced(summary=summary),), lead)


def evolve(event_log: EventLog, fact: Fact, at: datetime) -> EventLog:
    """Return the log with this fact as its next event, and the lead that follows from it."""
    seq = len(event_log.events) + 1
    event = Event(seq=seq, at=at, policy=event_log.lead.policy.version, fact=fact)
    if fact.supersedes is not None:
        lead = fold((*event_log.events, event), event_log.lead.id)
    else:
        lead = apply(event_log.lead, event)
    summary = fact.summary(event_log.then(event, lead))
    return event_log.then(event.replaced(summary=summary), lead)


def retold(events: Sequence[Event], lead_id: str) -> Iterator[str]:
    """Yield the summary of each event as it would be written now. Raises ValueError if they do not open a lead."""
    log: EventLog | None = None
    for number, (event, lead) in enumerate(leads_as_told(tuple(events), lead_id), start=1):
        log = log.then(event, lead) if log else EventLog.of(events[:number], lead)
        yield event.fact.summary(log)
