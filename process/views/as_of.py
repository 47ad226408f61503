"""State of a lead at the end of a past day; later corrections are ignored."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from process.calendar import end_of
from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog
from process.core.fold import fold

MOMENT = timedelta(microseconds=1)
"""The shortest time that counts."""


def as_of(events: Sequence[Event], lead_id: str, day: date) -> tuple[LeadAggregate, datetime]:
    """Return the lead at the end of the day in its own zone, and the last moment of that day.

    The result has no refusals and no outbox. Raises ValueError if the first event does not open a
    lead, or if the lead was opened later.
    """
    zone = fold(events[:1], lead_id).zone
    past = _until(events, end_of(day, zone))
    if past:  # use the zone of that day: it may have changed since the lead was opened
        zone = fold(past, lead_id).zone
        past = _until(events, end_of(day, zone))
    lead = fold(past, lead_id)
    return LeadAggregate.of(EventLog.of(past, lead)), end_of(day, zone) - MOMENT


def _until(events: Sequence[Event], moment: datetime) -> tuple[Event, ...]:
    return tuple(event for event in events if event.at < moment)
