"""A lead folded from its events once, with the time since which it is at its stage."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from process.core.events import Event, EventLog
from process.core.fold import leads_now
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
