"""Usage by the month: its price, and the months that are not reported yet (process.md, Money)."""

from collections.abc import Iterator
from datetime import date

from dateutil.relativedelta import relativedelta

from process.core.cache import cached_per_lead
from process.lead.invoice import InvoiceLine, Usage, months_of
from process.lead.lead import Lead
from process.lead.quote import Quote
from process.money.amounts import Money
from process.money.pricing import usage_fee
from process.money.terms import priced_by, terms_of


def usage_lines(quote: Quote, usage: Usage) -> list[InvoiceLine]:
    """Return a month's usage by the quote's tiers and its cloud cost without markup, as invoice lines."""
    currency = quote.price.currency
    fee = Money(amount=usage_fee(quote.tiers, usage.active_users), currency=currency).rounded()
    cloud = Money(amount=usage.cloud_cost, currency=currency).rounded()
    lines = []
    if fee.amount:
        lines.append(
            InvoiceLine(text=f"Usage in {usage.month}: {usage.active_users} monthly active users", amount=fee)
        )
    if cloud.amount:
        lines.append(InvoiceLine(text=f"Cloud cost in {usage.month}, without markup", amount=cloud))
    return lines


@cached_per_lead
def missing_usage(lead: Lead, today: date) -> tuple[str, ...]:
    """Return past months in which a hub billed by usage ran and for which no usage is reported."""
    return tuple(month for month in _unreported(lead, today) if month < f"{today:%Y-%m}")


def next_usage(lead: Lead) -> str | None:
    """Return the first month, past or not, whose usage is still to be reported, or None."""
    return next(_unreported_or_next(lead), None)


def next_missed_usage(lead: Lead, today: date) -> date | None:
    """Return the first day after today on which another month's usage is missing if nobody reports it, or None."""
    month = next((month for month in _unreported_or_next(lead, today) if month >= f"{today:%Y-%m}"), None)
    return date.fromisoformat(f"{month}-01") + relativedelta(months=1) if month else None


def _unreported_or_next(lead: Lead, today: date = date.min) -> Iterator[str]:
    """Yield the months whose usage is still to be reported; after today at least the first one."""
    terms = terms_of(lead)
    if lead.hub.live_on is None or not any(term.quote.tiers for term in terms):
        return
    # No month after the newest usage and the start of the newest term differs from the one before.
    newest = max((date.fromisoformat(f"{month}-01") for month in _reported(lead)), default=date.min)
    until = max(lead.hub.live_on, newest, terms[-1].days.start, today) + relativedelta(months=2)
    yield from _unreported(lead, until)


def _unreported(lead: Lead, until: date) -> Iterator[str]:
    """Yield the months until then in which a hub billed by usage ran and that have no usage reported."""
    if lead.hub.live_on is None:
        return
    known = _reported(lead)
    for month in months_of(lead.hub.live_on, min(until, lead.hub.decommissioned_on or until)):
        if month not in known and (quote := priced_by(lead, month)) and quote.tiers:
            yield month


def _reported(lead: Lead) -> frozenset[str]:
    """Return the months whose usage is reported, or was when a valid invoice billed it."""
    known = frozenset(usage.month for usage in lead.usage)
    return known.union(*(invoice.usage_months for invoice in lead.invoices if invoice.is_valid))
