"""A lead's contracted terms, and the days or months that nobody is billed for, as lists and reports show them."""

from collections.abc import Iterator
from datetime import date

from dateutil.relativedelta import relativedelta

from process.calendar import DAY, months_between
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.lead.quote import Quote
from process.money.billing import make_invoice, next_draft, unbilled_at_loss
from process.money.minor_units import minor_of
from process.money.terms import agreed, terms_of
from process.money.usage import missing_usage
from process.views.lead_row import TermRow, Unbilled, UnbilledKind


def term_rows(lead: Lead) -> tuple[TermRow, ...]:
    """Return the terms of the signed contracts, oldest first."""
    return tuple(
        TermRow(
            number=number,
            start=term.days.start,
            end=term.days.end,
            until=term.until,
            signed_on=term.contract.signed_on,
            quote=term.quote.version,
            currency=term.quote.price.currency,
            yearly=yearly(term.quote),
        )
        for number, term in enumerate(terms_of(lead), start=1)
        if term.contract.signed_on
    )


def yearly(quote: Quote) -> int:
    """Return the price of a year in minor units, with the recurring items; of the whole term if it is priced once."""
    total = minor_of(quote.total.amount, quote.price.currency)
    return total * 12 if quote.per == "month" else total


def unbilled(lead: Lead, today: date) -> tuple[Unbilled, ...]:
    """Return what is unbilled on this day. It changes with the lead's concerns, on the same days."""
    return tuple(_unbilled(lead, today))


def _unbilled(lead: Lead, today: date) -> Iterator[Unbilled]:
    quote = agreed(lead)
    for gap in lead.gaps:
        if gap.start <= today:
            yield _estimated("gap", gap.start, gap.end, quote)
    for month in missing_usage(lead, today):
        first = date.fromisoformat(f"{month}-01")
        yield Unbilled(kind="usage", start=first, end=first + relativedelta(months=1) - DAY)
    draft = next_draft(lead)
    if draft and draft.due_on < today:
        yield _invoiced("draft", make_invoice(lead, draft, today))
    first_term = min((term.start for term in lead.signed if term.start), default=None)
    if first_term and first_term <= today and not lead.ended and not lead.vendor.settled:
        yield _estimated("vendor", first_term, max(first_term, lead.contract.term_ends or first_term), quote)
    if lost := unbilled_at_loss(lead):
        yield _invoiced("lost", make_invoice(lead, lost, today))


def _invoiced(kind: UnbilledKind, invoice: Invoice) -> Unbilled:
    """Return what an invoice that is not prepared yet would bill."""
    return Unbilled(
        kind=kind,
        start=invoice.period_start,
        end=invoice.period_end,
        currency=invoice.total.currency,
        estimate=minor_of(invoice.total.amount, invoice.total.currency),
    )


def _estimated(kind: UnbilledKind, start: date, end: date, quote: Quote | None) -> Unbilled:
    if quote is None or quote.per == "once":
        return Unbilled(kind=kind, start=start, end=end)
    months = months_between(start, end)
    return Unbilled(
        kind=kind,
        start=start,
        end=end,
        currency=quote.price.currency,
        estimate=yearly(quote) * months // 12,
    )
