"""Takes a person's decision for a page, and tells each way in which that can end."""

from collections.abc import Sequence

from client.connection import as_leads_errors
from client.leads import Waiting
from process.actor import Face
from process.core.aggregate import LeadAggregate
from process.core.events import Event, Observation
from process.core.receipts import Answer
from process.decisions.base import Decision
from starter.web.services import Services
from starter.web.visitors import Visitor


def as_visitor(visitor: Visitor, face: Face = Face.PAGE) -> dict[str, object]:
    """Return the fields by which a decision says who decided. They come from the session, never from a form."""
    return {"by": visitor.name, "source": face, "actor": visitor.actor(face)}


async def take(services: Services, lead_id: str, decision: Decision) -> Answer | Waiting:
    """Take the decision. Raises DecisionRefused and other RequestRefused, LeadMissing, or Unavailable.

    DecisionUnknown, one of the last, means that it may have been taken: the same key may be sent again.
    """
    leads = services.leads
    async with as_leads_errors():
        return await leads.decide(leads.client.get_workflow_handle(lead_id), decision)


def news_since(aggregate: LeadAggregate, seq: int, key: str) -> Sequence[Event]:
    """Return what people and dates have decided since the event `seq`.

    It is nothing if the decision with this key is among it: then it was only sent twice.
    """
    newer = [event for event in aggregate.event_log.events if event.seq > seq]
    if any(event.key == key for event in newer):
        return ()
    return [event for event in newer if not isinstance(event.fact, Observation)]
