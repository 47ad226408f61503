"""A lead folded from its events once, with the time since which it is at its stage."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from process.calendar import end_of, last_moment
from process.core.events import Event, EventLog
from process.core.fold import fold, leads_now
from process.lead.lead import Lead
from process.types import Stage


class FoldedLead(NamedTuple):
    """A lead with its events."""

    log: EventLog
    stage_since: datetime | None
    """Time since which it is at its stage, as it stands now; None if unknown."""

    @property
    def lead(self) -> Lead:
        """The lead after its events."""
        return self.log.lead


def folded(events: Sequence[Event], lead_id: str) -> FoldedLead:
    """Return the lead that these events make. Raises ValueError if the first one does not open a lead."""
    events = tuple(events)
    stage: Stage | None = None
    since: datetime | None = None
    lead: Lead | None = None
    for event, lead in leads_now(events, lead_id):
        if lead.stage is not stage:
            stage, since = lead.stage, event.at
    if lead is None:
        raise ValueError("a lead's event log begins with lead_opened")
    return FoldedLead(EventLog.of(events, lead), since)


def folded_as_of(events: Sequence[Event], lead_id: str, day: date) -> tuple[FoldedLead, datetime]:
    """Return the lead at the end of the day in its own zone, and the last moment of that day.

    Raises ValueError if the first event does not open a lead, or if the lead was opened later.
    """
    zone = fold(events[:1], lead_id).zone
    found = _folded_until(events, lead_id, end_of(day, zone))
    if found.lead.zone != zone:  # it was changed since the lead was opened
        zone = found.lead.zone
        found = _folded_until(events, lead_id, end_of(day, zone))
    return found, last_moment(day, zone)


def _folded_until(events: Sequence[Event], lead_id: str, moment: datetime) -> FoldedLead:
    return folded([event for event in events if event.at < moment], lead_id)
