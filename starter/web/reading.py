"""Reads one lead from the ledger, as pages, links and the API show it. No workflow is asked."""

from datetime import date

from client.errors import LeadNotInLedger
from client.past import events_of
from process.core.aggregate import LeadAggregate
from process.core.events import EventLog
from process.core.fold import fold
from process.views.as_of import as_of
from starter.web.services import Services


async def read_lead(services: Services, lead_id: str, day: date | None = None) -> LeadAggregate:
    """Return the lead as recorded, or as it was known at the end of a past day in its zone.

    What no event tells is missing: refusals, and effects that are under way or failed for good. Raises LeadNotInLedger,
    LedgerUnavailable, or NotYetOpened for a day before the lead.
    """
    return await services.run(lambda: _read(services, lead_id, day))


class NotYetOpened(LeadNotInLedger):
    """On that day there was no such lead."""

    def __str__(self) -> str:
        return f"On that day there was no lead {self.name} yet."


def _read(services: Services, lead_id: str, day: date | None) -> LeadAggregate:
    events = events_of(services.ledger, lead_id)
    if not events:
        raise LeadNotInLedger(lead_id, services.ledger.location)
    if day is None:
        return LeadAggregate.of(EventLog.of(events, fold(events, lead_id)))
    try:
        return as_of(events, lead_id, day)[0]
    except ValueError:
        raise NotYetOpened(lead_id, services.ledger.location) from None
