"""Search: leads by words of their organisation, person, title, hub, people, ids and issues."""

from sqlalchemy import ColumnElement, Connection, and_, case, select

from ledger.read_tables import WORDS
from ledger.tables import LEADS
from process.identity import same_text
from process.views.lead_row import LeadRow

MOST_WORDS = 8
MOST = 1_000
"""Number of leads that are found by words at most; beyond it, more words are needed."""


def having_words(text: str) -> ColumnElement[bool] | None:
    """Return the condition for leads that have all of these words somewhere; None for a text without words.

    It is asked about one lead after the other, which is right for words that many leads have (`leads_having`).
    """
    if (words := _words(text)) is None:
        return None
    return select(WORDS.c.lead_id).where(WORDS.c.lead_id == LEADS.c.lead_id, words).exists()


def leads_having(connection: Connection, text: str) -> list[str] | None:
    """Return ids of leads that have all of these words, one more than MOST if there are more; None without words."""
    if (words := _words(text)) is None:
        return None
    return list(connection.scalars(select(WORDS.c.lead_id).where(words).limit(MOST + 1)))


def search(connection: Connection, text: str, limit: int = 20) -> list[LeadRow]:
    """Return leads that have all of these words, also archived ones: the one with this id first, then the newest.

    If too many have them (MOST), these are some of them.
    """
    found = leads_having(connection, text)
    if not found:
        return []
    own_id = same_text(text.replace("\0", " "))
    wanted = select(LEADS.c.document).where(
        LEADS.c.lead_id.in_([*found, own_id]), LEADS.c.document.is_not(None)
    )
    exact = case((LEADS.c.lead_id == own_id, 0), else_=1)
    wanted = wanted.order_by(exact, LEADS.c.archived, LEADS.c.opened_at.desc(), LEADS.c.lead_id).limit(limit)
    return [LeadRow.model_validate_json(document) for document in connection.scalars(wanted)]


def _words(text: str) -> ColumnElement[bool] | None:
    words = same_text(text.replace("\0", " ")).split()[:MOST_WORDS]
    return and_(*(WORDS.c.text.contains(word, autoescape=True) for word in words)) if words else None
