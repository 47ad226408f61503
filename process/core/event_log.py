"""A lead's events in order, and the lead that they add up to."""

from typing import Self

from process.core.events import Event
from process.lead.lead import Lead
from process.types import Model


class History(Model):
    lead: Lead
    events: tuple[Event, ...] = ()

    def then(self, event: Event, lead: Lead) -> Self:
        """With one more event, after which the lead is `lead`."""
        return self.model_copy(update={"events": (*self.events, event), "lead": lead})

    def find(self, seq: int) -> Event | None:
        return next((event for event in self.events if event.seq == seq), None)
