"""Deadlines of stale leads, of holds and of the archive."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from process.actor import BY_CALENDAR
from process.calendar import day_of, end_of, start_of
from process.core.events import BY_DATE, Change, Deadline, Event, EventLog
from process.deadlines.base import Due, Schedules, waiting_for_us
from process.decisions.base import mail
from process.decisions.waiting import Resumed
from process.effects import Effect
from process.lead.lead import Lead
from process.money.billing import settled
from process.types import Role, Stage


class GoneStale(Deadline):
    """The lead made no progress for 30 days, or for the period of its stage, without being on hold."""

    kind = "gone_stale"

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(stale_on=lead.today(event.at))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "stale", Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        return f"Nothing has moved since {day_of(event_log.lead.progressed_at, event_log.lead.zone)}"


def _stale(lead: Lead) -> Iterator[Due]:
    # a member without a hub has nothing left to wait for
    awaits_hub = lead.stage is Stage.CONTRACTED and lead.hold is None and lead.awaits_hub
    if waiting_for_us(lead) or awaits_hub:
        days = timedelta(days=lead.policy.periods.stale_after(lead.stage))
        when = end_of(day_of(lead.progressed_at, lead.zone) + days, lead.zone)
        if lead.stale_on:
            when = max(when, start_of(lead.stale_on + days, lead.zone))  # it goes stale when a day begins
        yield Due(when, GoneStale())


def _hold(lead: Lead) -> Iterator[Due]:
    if lead.hold and lead.hold.until:
        yield Due(end_of(lead.hold.until, lead.zone), Resumed(by=BY_CALENDAR, source=BY_DATE))


class Archived(Deadline):
    """The workflow completes a year after the lead's end, once all is billed and paid. The ledger keeps the log."""

    kind = "archived"

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(archived=True)

    def summary(self, event_log: EventLog) -> str:
        return "The lead was archived"


def _archive(lead: Lead) -> Iterator[Due]:
    ended: date | None = lead.closed_on or (lead.lost.on if lead.lost else None)
    if ended and not lead.archived and settled(lead):
        yield Due(end_of(ended + timedelta(days=lead.policy.periods.archive), lead.zone), Archived())


SCHEDULES: Schedules = {
    GoneStale.kind: _stale,
    Resumed.kind: _hold,
    Archived.kind: _archive,
}
