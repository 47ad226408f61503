"""A lead's events in order, the lead that they add up to, and the step from one event to the next."""

from dataclasses import dataclass
from typing import Self

from process.core.events import Event
from process.lead.lead import Lead
from process.types import Model


class EventLog(Model):
    lead: Lead
    events: tuple[Event, ...] = ()

    def then(self, event: Event, lead: Lead) -> Self:
        """With one more event, after which the lead is `lead`."""
        return self.replaced(events=(*self.events, event), lead=lead)

    def find(self, seq: int) -> Event | None:
        return next((event for event in self.events if event.seq == seq), None)


@dataclass(frozen=True)
class Change:
    """An event of a lead, with the histories before and after it."""

    past: EventLog
    event_log: EventLog
    """The history whose last event this is."""

    @property
    def before(self) -> Lead:
        """The lead before the event."""
        return self.past.lead

    @property
    def after(self) -> Lead:
        """The lead after the event."""
        return self.event_log.lead

    @property
    def event(self) -> Event:
        """The event itself."""
        return self.event_log.events[-1]

    def key(self, name: str) -> str:
        """Return the key of an effect that this event causes."""
        return effect_key(self.after, self.event, name)


def effect_key(lead: Lead, event: Event, name: str) -> str:
    """Return a key that is unique for this lead, event and effect, and stable over retries and restarts."""
    return f"{lead.id}/{event.seq}/{name}"
