"""Takes a person's decision for a page, and tells each way in which that can end."""

from collections.abc import Sequence

from client.answers import Waiting
from client.connection import as_leads_errors
from process.actor import Face
from process.core import news as core
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.events import Event
from process.decisions.base import Decision
from starter.web.services import Services
from starter.web.visitors import Visitor


def as_visitor(visitor: Visitor, face: Face = Face.PAGE) -> dict[str, object]:
    """Return the fields by which a decision says who decided. They come from the session, never from a form."""
    return {"by": visitor.name, "source": face, "actor": visitor.actor(face)}


async def take(
    services: Services, lead_id: str, decision: Decision, seen: int | None = None
) -> Answer | Waiting:
    """Take the decision. `seen`: the newest event that the person knew.

    Raises DecisionRefused and other RequestRefused, LeadMissing, or Unavailable. DecisionUnknown, one of the last, means
    that it may have been taken: the same key may be sent again.
    """
    leads = services.leads
    async with as_leads_errors():
        return await leads.decide(leads.client.get_workflow_handle(lead_id), decision, seen)


def news_since(aggregate: LeadAggregate, seq: int, key: str) -> Sequence[Event]:
    """Return what people and dates have decided since the event `seq`.

    It is nothing if the decision with this key is among it: then it was only sent twice.
    """
    news = core.news_since(aggregate.event_log, seq)
    return () if any(event.key == key for event in news) else news
