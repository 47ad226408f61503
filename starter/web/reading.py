"""Reads one lead from the ledger, as pages, links and the API show it. No workflow is asked."""

from datetime import date, datetime

from client.errors import LeadNotInLedger, LeadsError
from client.past import events_of
from process.calendar import DAY, day_of
from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog
from process.core.fold import fold
from process.views.folded import FoldedLead, folded, folded_as_of
from starter.web.services import Services


async def read_lead(services: Services, lead_id: str) -> LeadAggregate:
    """Return the lead as recorded.

    What no event tells is missing: refusals, and effects that are under way or failed for good. Raises LeadNotInLedger
    or LedgerUnavailable.
    """
    return await services.run(lambda: _read(services, lead_id))


class NotYetOpened(LeadNotInLedger):
    """On that day there was no such lead."""

    def __str__(self) -> str:
        return f"On that day there was no lead {self.name} yet."


class NotYetCome(LeadsError):
    """Nobody knows how the lead will be on a day to come."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} has not come yet. Leave the day out to see how the lead is now.")


async def read_folded(
    services: Services, lead_id: str, day: date | None = None
) -> tuple[FoldedLead, datetime]:
    """Return the lead as `read_lead` does, folded once, with the moment at which it is looked at.

    That is now, or the last moment of a past day in its zone. Raises NotYetOpened for a day before the lead, and
    NotYetCome for one in the future, beside what `read_lead` raises.
    """
    now = services.clock()
    return await services.run(lambda: _read_folded(services, lead_id, day, now))


def _read_folded(
    services: Services, lead_id: str, day: date | None, now: datetime
) -> tuple[FoldedLead, datetime]:
    events = _events(services, lead_id)
    if day is None:
        return folded(events, lead_id), now
    if day > max(now, events[-1].at).date() + DAY:
        raise NotYetCome(day)
    if day < events[0].at.date() - DAY:  # and no calendar is asked about the year 1
        raise NotYetOpened(lead_id, services.ledger.location)
    try:
        found, end = folded_as_of(events, lead_id, day)
    except ValueError:
        raise NotYetOpened(lead_id, services.ledger.location) from None
    if day > max(day_of(now, found.lead.zone), day_of(events[-1].at, found.lead.zone)):
        raise NotYetCome(day)
    return found, end


def _read(services: Services, lead_id: str) -> LeadAggregate:
    events = _events(services, lead_id)
    return LeadAggregate.of(EventLog.of(events, fold(events, lead_id)))


def _events(services: Services, lead_id: str) -> tuple[Event, ...]:
    events = events_of(services.ledger, lead_id)
    if not events:
        raise LeadNotInLedger(lead_id, services.ledger.location)
    return events
