"""Search: leads by words of their organisation, person, title, hub, people, ids and issues."""

from sqlalchemy import ColumnElement, Connection, and_, case, select

from ledger.read_tables import WORDS
from ledger.tables import LEADS
from process.identity import same_text
from process.views.lead_row import LeadRow

MOST_WORDS = 8


def having_words(text: str) -> ColumnElement[bool] | None:
    """Return the condition for leads that have all of these words somewhere; None for a text without words."""
    words = same_text(text.replace("\0", " ")).split()[:MOST_WORDS]
    if not words:
        return None
    found = select(WORDS.c.lead_id).where(
        and_(*(WORDS.c.text.contains(word, autoescape=True) for word in words))
    )
    return LEADS.c.lead_id.in_(found)


def search(connection: Connection, text: str, limit: int = 20) -> list[LeadRow]:
    """Return leads that have all of these words, also archived ones: the one with this id first, then the newest."""
    words = having_words(text)
    if words is None:
        return []
    exact = case((LEADS.c.lead_id == same_text(text.replace("\0", " ")), 0), else_=1)
    wanted = select(LEADS.c.document).where(words, LEADS.c.document.is_not(None))
    wanted = wanted.order_by(exact, LEADS.c.archived, LEADS.c.opened_at.desc(), LEADS.c.lead_id).limit(limit)
    return [LeadRow.model_validate_json(document) for document in connection.scalars(wanted)]
