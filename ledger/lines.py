"""The lines of one lead in the read tables: pure conversions from its row and its spans."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zlib import crc32

from pydantic_core import to_json

from ledger.read_tables import AGENDA, INVOICES, NAMES, TERMS, UNBILLED, WORDS
from ledger.tables import storable
from process.actor import plain_name
from process.money.minor_units import minor_of
from process.types import Model
from process.views.agenda_items import Section
from process.views.lead_row import LeadRow
from process.views.snapshot import Snapshot
from process.views.spans import MoneySpan, StageSpan

Line = dict[str, Any]
"""One row of a read table, by column."""

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Moments that stand for no beginning and no end, so that they can be compared and sorted."""

_SECTIONS: Final = {section: number for number, section in enumerate(Section)}


def lines_of(row: LeadRow) -> dict[str, list[Line]]:
    """Return the lines of the lead as it is now, by table, without the lead's id."""
    return {
        TERMS.name: [_plain(term) for term in row.terms],
        INVOICES.name: [
            {
                "number": invoice.number,
                "currency": invoice.total.currency,
                "total": minor_of(invoice.total.amount, invoice.total.currency),
                "period_start": invoice.period_start,
                "period_end": invoice.period_end,
                "prepared_on": invoice.prepared_on,
                "sent_on": invoice.sent_on,
                "overdue": invoice.overdue,
            }
            for invoice in row.open_invoices
        ],
        UNBILLED.name: [
            {"number": number} | _plain(unbilled) for number, unbilled in enumerate(row.unbilled, start=1)
        ],
        AGENDA.name: [*_agenda(row)],
        NAMES.name: [
            {"role": str(role), "name": name}
            for role, assignee in row.assigned.items()
            for name in sorted({*map(_name, assignee.names)})
        ],
        WORDS.name: [{"text": storable(row.words)}],
    }


def _agenda(row: LeadRow) -> Iterator[Line]:
    for number, item in enumerate(row.items if not row.archived else (), start=1):
        yield {
            "number": number,
            "role": str(item.role),
            "is_assigned": item.role in row.assigned,
            "section": _SECTIONS[item.section],
            "day": item.until or item.since or date.max,
            "text": storable(item.text),
            "since": item.since,
            "until": item.until,
            "holds_from": item.holds_from or EVER,
            "holds_until": item.holds_until or NEVER,
        }


def _plain(model: Model) -> Line:
    return dict(model)


def _name(name: str) -> str:
    return storable(plain_name(name))


def checksums(lines: Mapping[str, list[Line]]) -> dict[str, int]:
    """Return a checksum of the lines of each table, by which those that did not change are known."""
    return {name: checksum(found) if found else 0 for name, found in lines.items()}


def checksum(values: list[Any]) -> int:
    """Return the checksum of these values."""
    return crc32(to_json(values))


def stage_line(book: str, span: StageSpan) -> Line:
    """Return a span as a row of `ledger_stages`."""
    return {
        "book": book,
        "from_seq": span.from_seq,
        "stage": str(span.stage),
        "before": span.before and str(span.before),
        "before_days": span.before_days,
        "reason": storable(span.reason) or None,
        "from_at": span.from_at,
        "to_at": span.to_at,
        "to_seq": span.to_seq,
        "days": span.days,
        "opened_at": span.opened_at,
        "open_days": span.open_days,
        "is_first": span.is_first,
    }


def money_line(span: MoneySpan) -> Line:
    """Return a span as a row of `ledger_money`."""
    ends = {"from_seq": span.from_seq, "from_at": span.from_at, "to_at": span.to_at, "to_seq": span.to_seq}
    return span.flow._asdict() | ends


def content_of(snapshot: Snapshot) -> str:
    """Return the content of a snapshot as text, equal if and only if nothing but the event differs."""
    return snapshot.model_dump_json(include={"stage", "reason", "flows"})
