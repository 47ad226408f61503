"""A lead as it was at the end of a past day: its events up to then, corrections as they counted then."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from process.calendar import end_of
from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog
from process.core.fold import fold

_MOMENT = timedelta(microseconds=1)


def as_of(events: Sequence[Event], lead_id: str, day: date) -> tuple[LeadAggregate, datetime]:
    """The lead at the end of that day in its own zone, and its last moment.

    It knows what became true, not what was refused or still to be done outside. Raises ValueError where the first event
    does not open a lead, or where that was later.
    """
    zone = fold(events[:1], lead_id).zone
    told = _until(events, end_of(day, zone))
    if told:  # the zone of that day: it may have been changed
        zone = fold(told, lead_id).zone
        told = _until(events, end_of(day, zone))
    lead = fold(told, lead_id)
    return LeadAggregate.of(EventLog(lead=lead, events=told)), end_of(day, zone) - _MOMENT


def _until(events: Sequence[Event], moment: datetime) -> tuple[Event, ...]:
    return tuple(event for event in events if event.at < moment)
