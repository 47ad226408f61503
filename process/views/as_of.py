"""State of a lead at the end of a past day; later corrections are ignored."""

from collections.abc import Sequence
from datetime import date, datetime

from process.core.aggregate import LeadAggregate
from process.core.events import Event
from process.views.folded import folded_as_of


def as_of(events: Sequence[Event], lead_id: str, day: date) -> tuple[LeadAggregate, datetime]:
    """Return the lead at the end of the day in its own zone, and the last moment of that day.

    The result has no refusals and no outbox. Raises ValueError if the first event does not open a
    lead, or if the lead was opened later.
    """
    found, end = folded_as_of(events, lead_id, day)
    return LeadAggregate.of(found.log), end
