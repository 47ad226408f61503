"""State of a lead at the end of a past day; later corrections are ignored."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from process.calendar import end_of
from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog
from process.core.fold import fold

_MOMENT = timedelta(microseconds=1)


def as_of(events: Sequence[Event], lead_id: str, day: date) -> tuple[LeadAggregate, datetime]:
    """Return the lead at the end of the day in its own zone, and the last moment of that day.

    The result has no refusals and no outbox. Raises ValueError if the first event does not open a
    lead, or if the lead was opened later.
    """
    past, end = events_as_of(events, lead_id, day)
    return LeadAggregate.of(EventLog.of(past, fold(past, lead_id))), end


def events_as_of(events: Sequence[Event], lead_id: str, day: date) -> tuple[tuple[Event, ...], datetime]:
    """Return the events until the end of the day in the lead's own zone, and the last moment of that day.

    Raises ValueError if the first event does not open a lead, or if the lead was opened later.
    """
    zone = fold(events[:1], lead_id).zone
    past = _until(events, end_of(day, zone))
    if not past:
        raise ValueError(f"there was no lead {lead_id} on {day} yet")
    zone = fold(past, lead_id).zone  # that of the day: it may have changed since the lead was opened
    return _until(events, end_of(day, zone)), end_of(day, zone) - _MOMENT


def _until(events: Sequence[Event], moment: datetime) -> tuple[Event, ...]:
    return tuple(event for event in events if event.at < moment)
