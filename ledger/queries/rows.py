"""The rows of leads whose ids are known."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from ledger.tables import LEADS
from process.views.lead_row import LeadRow


def rows_of(connection: Connection, lead_ids: Collection[str]) -> dict[str, LeadRow]:
    """Return the rows of these leads by their ids. Leads without a row are left out."""
    wanted = select(LEADS.c.lead_id, LEADS.c.document).where(
        LEADS.c.lead_id.in_(sorted(lead_ids)), LEADS.c.document.is_not(None)
    )
    return {
        lead_id: LeadRow.model_validate_json(document) for lead_id, document in connection.execute(wanted)
    }
