"""Folding events into a lead, with corrections."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from process.authorization import lacking_confirmation
from process.core.events import Event, EventLog, Observation
from process.decisions.base import Decision
from process.decisions.opening import LeadOpened
from process.lead.lead import Lead
from process.personal import ERASED


def fold(events: Iterable[Event], lead_id: str) -> Lead:
    """Return the lead that these events make, without the decisions that were corrected.

    Raises ValueError if the first event does not open a lead.
    """
    events = tuple(events)
    return _fold(events, lead_id, superseded(events))


def _fold(events: tuple[Event, ...], lead_id: str, skip: Collection[int | None]) -> Lead:
    lead = _opened(events, lead_id)
    for event in events:
        lead = withdraw(lead, event) if event.seq in skip else apply(lead, event)
    return lead


def _opened(events: tuple[Event, ...], lead_id: str) -> Lead:
    if not events or not isinstance(events[0].fact, LeadOpened):
        raise ValueError("a lead's event log begins with lead_opened")
    return events[0].fact.opened(lead_id, events[0].at)


def leads_as_told(events: tuple[Event, ...], lead_id: str) -> Iterator[tuple[Event, Lead]]:
    """Yield each event with the lead after it, as it was known then: a correction counts from its own time.

    Raises ValueError if the first event does not open a lead.
    """
    lead = _opened(events, lead_id)
    for number, event in enumerate(events, start=1):
        corrects = event.fact.supersedes is not None
        lead = fold(events[:number], lead_id) if corrects else apply(lead, event)
        yield event, lead


def leads_now(events: tuple[Event, ...], lead_id: str) -> Iterator[tuple[Event, Lead]]:
    """Yield each event with the lead after it, as it stands now: without what was corrected since.

    Raises ValueError if the first event does not open a lead.
    """
    lead, skip = _opened(events, lead_id), superseded(events)
    for event in events:
        lead = withdraw(lead, event) if event.seq in skip else apply(lead, event)
        yield event, lead


def superseded(events: Iterable[Event]) -> frozenset[int]:
    """Return the numbers of events that a correction takes out. A corrected correction takes out nothing.

    Of the events, only the corrections count.
    """
    return frozenset(corrected_by(events))


def corrected_by(events: Iterable[Event]) -> dict[int, int]:
    """Return the number of the correction that takes each event out, by the event's number.

    An observation that replaces an earlier one does so for good, even if a third one replaces it in turn.
    """
    out: dict[int, int] = {}
    corrections = [event for event in events if event.fact.supersedes is not None]
    for event in sorted(corrections, key=lambda event: -event.seq):
        stands = event.seq not in out or isinstance(event.fact, Observation)
        if event.fact.supersedes is not None and stands:
            out[event.fact.supersedes] = event.seq
    return out


def without_effects(corrections: Iterable[Event]) -> frozenset[int]:
    """Return the numbers of events whose unsent mails are suspended: those taken out, and additions to them."""
    corrections = tuple(corrections)
    out = superseded(corrections)
    return out | {event.seq for event in corrections if event.fact.completes in out}


def without(event_log: EventLog, *seqs: int) -> Lead:
    """Return the lead as it would be if these events were corrected now."""
    undone = {
        correction.fact.supersedes
        for correction in event_log.corrections
        if correction.seq in seqs and not isinstance(correction.fact, Observation)
    }
    skip = (superseded(event_log.corrections) | {*seqs}) - undone
    return _fold(tuple(event_log.events), event_log.lead.id, skip)


def broken(event_log: EventLog, without: int) -> Iterator[Event]:
    """Yield the decisions that would be refused without the event `without` and without each other, oldest first.

    If that event is a correction, the decision that it took out counts again, and is checked as well.
    """
    target = event_log.find(without)
    undone = target.fact.supersedes if target else None
    skip = (superseded(event_log.corrections) | {without}) - {undone}
    since = without if undone is None else undone
    replayed: EventLog | None = None
    for event in event_log.events:
        if replayed is None:
            replayed = EventLog.of((event,), fold((event,), event_log.lead.id))
            continue
        fallen = event.seq in skip
        if not fallen and event.seq >= since and _refused(event, replayed) and not _is_odd(event, event_log):
            yield event
            fallen = True
        replayed = replayed.then(event, (withdraw if fallen else apply)(replayed.lead, event))


def _is_odd(event: Event, event_log: EventLog) -> bool:
    """Return True if what was erased in the lead is the reason to refuse the decision, so that it would be in any case."""
    if ERASED not in event_log.lead.model_dump_json():
        return False
    before = event_log.events[: event.seq - 1]
    return _refused(event, EventLog.of(before, fold(before, event_log.lead.id)))


def _refused(event: Event, event_log: EventLog) -> bool:
    """Return True if a person's decision, taken again on this lead, would be refused. Corrections are not checked."""
    fact = event.fact
    if not isinstance(fact, Decision) or fact.is_by_date or fact.supersedes is not None:
        return False
    log = fact.as_said(event_log, event.at)
    refusal = fact.allowed(log.lead) or fact.check(log, fact.moment(event.at))
    return (refusal or lacking_confirmation(fact, log)) is not None


def apply(lead: Lead, event: Event) -> Lead:
    """Return the lead after this event."""
    fact, lead = event.fact, event.fact.apply(lead, event)
    if isinstance(fact, Decision) and not fact.is_by_date and fact.is_progress:
        return _numbered(lead, event, progressed_at=event.at, stale_on=None)
    return _numbered(lead, event)


def withdraw(lead: Lead, event: Event) -> Lead:
    """Return the lead after this event, which was corrected."""
    return _numbered(event.fact.withdrawn(lead, event), event)


def _numbered(lead: Lead, event: Event, **changes: Any) -> Lead:
    """Set the number of the newest event. A lead that was reopened or corrected is no longer archived."""
    return lead.replaced(last_seq=event.seq, archived=lead.archived and lead.ended, **changes)
