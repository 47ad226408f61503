"""Deadlines of a hub's missing information, its community's events and its decommission."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from process.calendar import end_of, start_of
from process.core.events import Change, Deadline, Event, EventLog
from process.deadlines.base import Due, Schedules
from process.decisions.base import mail
from process.effects import Effect
from process.lead.hub import CommunityEvent
from process.lead.lead import Lead
from process.types import Mention, Role


class HubInformationMissed(Deadline):
    """The missing fields of the hub's information are asked for weekly."""

    kind = "hub_information_missed"
    visible = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.replaced(asked_on=lead.today(event.at))
        return lead.replaced(hub=hub)

    def effects(self, change: Change) -> Iterable[Effect]:
        roles = (Role.SALES, Role.ENGINEERING) if change.after.hub.requested_on else (Role.SALES,)
        yield mail(change, "hub_information_missing", *roles)

    def summary(self, event_log: EventLog) -> str:
        return f"The hub's information still lacks {', '.join(event_log.lead.hub.missing())}"


def _hub_information(lead: Lead) -> Iterator[Due]:
    """Yield the weekly reminder until the hub is live. Fields that are missing afterwards are only shown."""
    waiting = not (lead.ended or lead.hold or lead.hub.live_on)
    since = lead.hub.requested_on or (lead.contracted_on if lead.service == "hub" else None)
    if waiting and since and lead.hub.missing():
        week = timedelta(days=lead.policy.periods.hub_information)
        asked = lead.hub.asked_on
        when = start_of(asked + week, lead.zone) if asked else end_of(since + week, lead.zone)
        yield Due(when, HubInformationMissed())


class EventNear(Deadline):
    """Engineering is reminded of a community's event 7 days and 1 day before it begins."""

    kind = "event_near"
    event: Mention
    first: date
    days: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        events = tuple(
            known.replaced(notices=(*known.notices, self.days)) if self._is(known) else known
            for known in lead.hub.events
        )
        return lead.replaced(hub=lead.hub.replaced(events=events))

    def _is(self, known: CommunityEvent) -> bool:
        return (known.name, known.first) == (self.event, self.first)

    def effects(self, change: Change) -> Iterable[Effect]:
        known = next((str(known) for known in change.after.hub.events if self._is(known)), self.event)
        yield mail(change, "event_near", Role.ENGINEERING, event=known, days=str(self.days))

    def summary(self, event_log: EventLog) -> str:
        return f"{self.event} begins in {self.days} days, on {self.first}"


def _events(lead: Lead) -> Iterator[Due]:
    if lead.ended:
        return
    for event in lead.hub.events:
        for days in lead.policy.periods.event_notice:
            day = event.first - timedelta(days=days)
            if days not in event.notices and day > event.announced_on:
                near = EventNear(event=event.name, first=event.first, days=days)
                yield Due(start_of(day, lead.zone), near)


class DecommissionNoticeDue(Deadline):
    """A notice of the decommission is due: 14 days before to the customer, 2 days before about the data."""

    kind = "decommission_notice_due"
    days: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.replaced(notices=(*lead.hub.notices, self.days))
        return lead.replaced(hub=hub)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "decommission_notice", Role.SALES, Role.ENGINEERING, days=str(self.days))

    def summary(self, event_log: EventLog) -> str:
        return f"The hub is to be taken down in {self.days} days, on {event_log.lead.hub.decommission_on}"


def decommission_notices(lead: Lead) -> tuple[int, ...]:
    """Return the notices of the decommission, in days before it, that were ahead when it was decided."""
    on, decided = lead.hub.decommission_on, lead.hub.decommission_decided_on
    if on is None or decided is None or lead.ended:
        return ()
    return tuple(
        days for days in lead.policy.periods.decommission_notice if on - timedelta(days=days) > decided
    )


def _decommission(lead: Lead) -> Iterator[Due]:
    for days in decommission_notices(lead):
        if lead.hub.decommission_on and days not in lead.hub.notices:
            day = lead.hub.decommission_on - timedelta(days=days)
            yield Due(start_of(day, lead.zone), DecommissionNoticeDue(days=days))


SCHEDULES: Schedules = {
    HubInformationMissed.kind: _hub_information,
    EventNear.kind: _events,
    DecommissionNoticeDue.kind: _decommission,
}
