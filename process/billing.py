"""What a month costs (process.md, Money): the fixed fee at the start of each interval, usage and cloud after the month."""

from dataclasses import dataclass
from datetime import date

from process.lead import Invoice, InvoiceLine, Lead, Quote, QuoteStatus, Usage, interval, months_of
from process.model import Stage
from process.money import Money
from process.pricing import usage_fee


@dataclass(frozen=True)
class Draft:
    """The invoice that comes next: its number within the lead, and the interval it opens (None: usage only)."""

    number: int
    index: int | None
    start: date
    end: date


def agreed(lead: Lead) -> Quote | None:
    """The quote that the contract was signed on."""
    quote = lead.quote
    return quote if quote and quote.status is QuoteStatus.ACCEPTED and lead.contract.signed_on else None


def fixed_fee(lead: Lead, quote: Quote, index: int) -> Money:
    """The fixed part of the `index`-th interval; twelve shares of a year sum to the year's price exactly."""
    nothing = Money.zero(quote.price.currency)
    if quote.per == "month":
        return quote.price.rounded()
    if quote.per == "once":
        return quote.price.rounded() if index == 0 else nothing
    start, end = lead.contract.start, lead.contract.end
    extension = start and end and interval(start, index)[0] > end  # goes by months, not by another year
    if lead.contract.billing == "yearly" and not extension:
        return quote.price.rounded() if index % 12 == 0 else nothing
    return quote.price.share(index % 12, 12)


def next_draft(lead: Lead) -> Draft | None:
    """Which invoice comes next, and for when; None when nothing is left to bill."""
    quote, contract = agreed(lead), lead.contract
    if quote is None or contract.start is None or contract.term_ends is None:
        return None
    if lead.stage not in (Stage.CONTRACTED, Stage.HUB, Stage.CLOSED):
        return None
    number = len(lead.invoices) + 1
    unbilled = [usage for usage in lead.usage if usage.billed_on is None]
    last_day = min(contract.term_ends, lead.closed_on or contract.term_ends)
    newest = max((i.index for i in lead.invoices if i.index is not None), default=-1)
    index = 0
    while (period := interval(contract.start, index))[0] <= last_day:
        fee_is_due = fixed_fee(lead, quote, index).amount and not _is_billed(lead, period[0])
        usage_is_due = index > newest and any(usage.month < f"{period[0]:%Y-%m}" for usage in unbilled)
        if fee_is_due or usage_is_due:
            return Draft(number, index, period[0], _covered(lead, quote, index))
        index += 1
    if unbilled:
        months = sorted(usage.month for usage in unbilled)
        first = date.fromisoformat(f"{months[0]}-01")
        return Draft(number, None, first, interval(date.fromisoformat(f"{months[-1]}-01"), 0)[1])
    return None


def _is_billed(lead: Lead, day: date) -> bool:
    """Whether an invoice has the fixed fee of this day: under a corrected contract, too, no day is billed twice."""
    return any(i.index is not None and i.period_start <= day <= i.period_end for i in lead.invoices)


def _covered(lead: Lead, quote: Quote, index: int) -> date:
    """The last day that the fee of the `index`-th interval pays for: its month's, its year's, or the contract's."""
    month = interval(lead.contract.start or quote.quoted_on, index)
    end = lead.contract.end or month[1]
    if month[0] > end or not fixed_fee(lead, quote, index).amount:
        return month[1]
    if quote.per == "once":
        return end
    if quote.per == "year" and lead.contract.billing == "yearly":
        return min(end, interval(lead.contract.start or quote.quoted_on, index + 11)[1])
    return month[1]


def make_invoice(lead: Lead, draft: Draft, today: date) -> Invoice:
    """The draft with its lines: the interval's fixed fee, and what usage of earlier months is not billed yet."""
    quote = agreed(lead)
    lines: list[InvoiceLine] = []
    usage: list[Usage] = []
    if quote:
        if draft.index is not None and (fee := fixed_fee(lead, quote, draft.index)).amount:
            lines.append(
                InvoiceLine(text=f"{quote.plan or 'Service'}, {draft.start} to {draft.end}", amount=fee)
            )
        before = f"{draft.start:%Y-%m}" if draft.index is not None else f"{draft.end:%Y-%m}~"
        usage = [month for month in lead.usage if month.billed_on is None and month.month < before]
        lines += [line for month in usage for line in usage_lines(quote, month)]
    if not lines:  # an invoice keeps its number even if nothing is left on it
        lines.append(
            InvoiceLine(text="Nothing to bill", amount=Money.zero(quote.price.currency if quote else "USD"))
        )
    return Invoice(
        number=draft.number,
        index=draft.index,
        period_start=draft.start,
        period_end=draft.end,
        prepared_on=today,
        lines=tuple(lines),
        usage_months=tuple(month.month for month in usage),
        missing_usage=missing_usage(lead, draft.start if draft.index is not None else today),
    )


def usage_lines(quote: Quote, usage: Usage) -> list[InvoiceLine]:
    """A month's usage by the quote's own tiers, and its cloud cost without markup."""
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


def missing_usage(lead: Lead, today: date) -> tuple[str, ...]:
    """Months that are over, had a running hub billed by usage, and have no usage reported: money nobody bills."""
    quote = agreed(lead)
    if quote is None or not quote.tiers or lead.hub.live_on is None:
        return ()
    until = min(today, lead.hub.decommissioned_on or today)
    known = {usage.month for usage in lead.usage}.union(*(invoice.usage_months for invoice in lead.invoices))
    months = months_of(lead.hub.live_on, until)
    return tuple(month for month in months if month < f"{today:%Y-%m}" and month not in known)
