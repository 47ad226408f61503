"""All lines of one lead in the read tables."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from ledger.read_tables import INVOICES, MONEY, STAGES, TERMS, UNBILLED
from ledger.tables import LEADS
from process.views.lead_row import LeadRow

Line = Mapping[str, Any]


class LeadLines(NamedTuple):
    """One lead: its row, and its lines of each table by their keys."""

    row: LeadRow
    stage_since: datetime | None
    projected: int
    """Number of the newest event in the lines."""
    version: int | None
    """Version of the rules by which they were made."""
    stages: Sequence[Line]
    money: Sequence[Line]
    terms: Sequence[Line]
    invoices: Sequence[Line]
    unbilled: Sequence[Line]


def lead_lines(connection: Connection, lead_id: str) -> LeadLines | None:
    """Return the lines of a lead; None if there is no row of it."""
    names = ("document", "stage_since", "projected", "version")
    wanted = select(*(LEADS.c[name] for name in names)).where(LEADS.c.lead_id == lead_id)
    found = connection.execute(wanted).one_or_none()
    if found is None or found.document is None:
        return None
    lines: list[Sequence[Any]] = [
        connection.execute(select(table).where(table.c.lead_id == lead_id).order_by(*table.primary_key))
        .mappings()
        .all()
        for table in (STAGES, MONEY, TERMS, INVOICES, UNBILLED)
    ]
    stages, money, terms, invoices, unbilled = lines
    row = LeadRow.model_validate_json(found.document)
    return LeadLines(
        row, found.stage_since, found.projected, found.version, stages, money, terms, invoices, unbilled
    )
