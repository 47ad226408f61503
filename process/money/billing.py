"""Billing (process.md, Money): the fixed fee at the start of each interval, usage and cloud after the month.

A yearly bill is the sum of its months. One-time items go on the first invoice of the term. If days of a month are
already billed (by an extension before a renewal, or under a contract that was corrected), only the share of the other
days is billed: no day is billed twice, and none is left out. The content of a voided invoice is due again on the day
after, so that people can first correct the mistake in it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from process.calendar import DAY
from process.core.cache import cached_per_lead
from process.lead.invoice import Invoice, InvoiceLine, Usage, interval
from process.lead.lead import Lead
from process.lead.quote import LineItem, Quote
from process.money.amounts import Money
from process.money.terms import Days, Term, intervals, priced_by, term_for_usage, terms_of
from process.money.usage import missing_usage, next_usage, usage_lines
from process.types import Stage

BILLED = frozenset({Stage.CONTRACTED, Stage.HUB, Stage.CLOSED})
"""Stages in which a lead is billed."""


@dataclass(frozen=True)
class Draft:
    """The next invoice: its number within the lead, and the days of its fee (or of its usage alone)."""

    number: int
    term: Term
    days: Days
    due: date
    lines: tuple[InvoiceLine, ...] = ()
    """The fixed fee of these days and one-time items; empty for usage alone."""
    index: int | None = None
    """Number, from 0, of the interval of its term in which the days begin; None without a fixed fee."""
    usage: tuple[Usage, ...] = ()
    earliest: date = date.min
    """Earliest day for the invoice: the one after the latest voiding."""

    @property
    def due_on(self) -> date:
        """Day for the invoice. A fixed fee is due when its days begin, usage when they are over."""
        return max(self.due, self.earliest)

    @property
    def description(self) -> str:
        """The days, months or items that it bills, as text."""
        if self.index is not None:
            return f"The interval from {self.days.start}"
        months = ", ".join(month.month for month in self.usage)
        return f"Usage of {months}" if months else ", ".join(line.text for line in self.lines)


def next_draft(lead: Lead) -> Draft | None:
    """Return the next invoice, or None if nothing is left to bill."""
    return _next_at_any_stage(lead) if lead.stage in BILLED else None


def unbilled_at_loss(lead: Lead) -> Draft | None:
    """Return the invoice that was due before the lead was lost and must replace a voided one, or None."""
    if lead.lost is None or lead.contracted_on is None:
        return None
    draft = _next_at_any_stage(lead)
    return draft if draft and draft.due <= lead.lost.on else None


def settled(lead: Lead) -> bool:
    """Return True if nothing is left to bill, report, send or pay; missing usage of a lost lead is ignored."""
    if lead.unsent or any(invoice.owed for invoice in lead.invoices):
        return False
    return bool(lead.lost) or not (next_draft(lead) or next_usage(lead) or lead.gaps)


@cached_per_lead
def _next_at_any_stage(lead: Lead) -> Draft | None:
    """Return the next invoice at any stage, or None. Nothing is billed on the day of a voiding."""
    fixed, usage = _fixed_fee_draft(lead), [month for month in lead.usage if month.invoice_number is None]
    if fixed:
        usage = [month for month in usage if not _joins_invoice(lead, month, fixed)]
    drafts = (fixed, _once_draft(lead), _usage_draft(lead, usage))
    draft = min((draft for draft in drafts if draft), key=lambda draft: draft.due, default=None)
    voided = max((invoice.voided_on for invoice in lead.invoices if invoice.voided_on), default=None)
    return replace(draft, earliest=voided + DAY) if draft and voided else draft


def _joins_invoice(lead: Lead, usage: Usage, fixed: Draft) -> bool:
    """Return True if a month's usage goes on this invoice: it is in the same currency, and soon."""
    quote = priced_by(lead, usage.month)
    newest = max((invoice.period_start for invoice in _fixed_fee_invoices(lead)), default=None)
    if quote is None or quote.price.currency != fixed.term.quote.price.currency:
        return False
    soon = newest is None or fixed.days.start <= interval(newest, 0)[1] + DAY
    return soon or f"{fixed.days.start - DAY:%Y-%m}" <= usage.month


def _usage_draft(lead: Lead, usage: list[Usage]) -> Draft | None:
    """Return an invoice of usage in one currency, due when its last month is over, or None."""
    priced = [(month, term) for month in usage if (term := term_for_usage(lead, month.month))]
    if not priced:
        return None
    term = priced[0][1]
    currency = term.quote.price.currency
    months = tuple(month for month, other in priced if other.quote.price.currency == currency)
    first, last = (date.fromisoformat(f"{month.month}-01") for month in (months[0], months[-1]))
    days = Days(first, interval(last, 0)[1])
    return Draft(len(lead.invoices) + 1, term, days, due=days.end + DAY, usage=months)


def _unbilled_once(lead: Lead) -> Iterator[tuple[Term, LineItem]]:
    """Yield the one-time items that no invoice bills.

    An item billed under a contract that was corrected later counts as the same item of another contract.
    """
    terms = terms_of(lead)
    billed: Counter[tuple[int, str]] = Counter()
    billed_elsewhere: Counter[str] = Counter()
    for version, text in _billed_once(lead):
        if any(term.quote.version == version for term in terms):
            billed[version, text] += 1
        else:
            billed_elsewhere[text] += 1
    for term in terms:
        for item in term.quote.once if term.days.start <= term.until else ():
            if billed[term.quote.version, item.text]:
                billed[term.quote.version, item.text] -= 1
            elif billed_elsewhere[item.text]:
                billed_elsewhere[item.text] -= 1
            else:
                yield term, item


def _billed_once(lead: Lead) -> Iterator[tuple[int, str]]:
    """Yield quote version and text of the one-time items on valid invoices."""
    for invoice in lead.invoices:
        for line in invoice.lines if invoice.is_valid else ():
            if line.once_of is not None:
                yield line.once_of, line.text


def _once_draft(lead: Lead) -> Draft | None:
    """Return an invoice of the unbilled one-time items of the first term that has any, or None."""
    term = next((term for term, _ in _unbilled_once(lead)), None)
    if term is None:
        return None
    return Draft(len(lead.invoices) + 1, term, term.days, due=term.days.start, lines=_once_lines(lead, term))


def _once_lines(lead: Lead, term: Term) -> tuple[InvoiceLine, ...]:
    return tuple(
        InvoiceLine(text=item.text, amount=item.price, once_of=term.quote.version)
        for other, item in _unbilled_once(lead)
        if other.quote.version == term.quote.version
    )


def _fixed_fee_invoices(lead: Lead) -> Iterator[Invoice]:
    """Yield the valid invoices with a fixed fee."""
    return (invoice for invoice in lead.invoices if invoice.index is not None and invoice.is_valid)


def first_double_billing(lead: Lead) -> Invoice | None:
    """Return the first invoice that bills something twice, or None. Only a restored one could do that."""
    days: list[Days] = []
    months: set[str] = set()
    once = _allowed_once(lead)
    for invoice in (invoice for invoice in lead.invoices if invoice.is_valid):
        period = Days(invoice.period_start, invoice.period_end)
        if not months.isdisjoint(invoice.usage_months):
            return invoice
        if invoice.index is not None:
            if any(other.start <= period.end and period.start <= other.end for other in days):
                return invoice
            days.append(period)
        months.update(invoice.usage_months)
        once.subtract(line.text for line in invoice.lines if line.once_of is not None)
        if any(once[line.text] < 0 for line in invoice.lines if line.once_of is not None):
            return invoice
    return None


def _allowed_once(lead: Lead) -> Counter[str]:
    """Count how often each one-time item may be billed: as signed, or as quoted if no signed quote has it."""
    signed = Counter(item.text for term in terms_of(lead) for item in term.quote.once)
    quoted: Counter[str] = Counter()
    for quote in lead.quotes:
        quoted |= Counter(item.text for item in quote.once)
    return Counter({text: signed[text] or quoted[text] for text in quoted})


def _fixed_fee_draft(lead: Lead) -> Draft | None:
    """Return the next invoice with a fixed fee, or None."""
    billed = sorted(Days(invoice.period_start, invoice.period_end) for invoice in _fixed_fee_invoices(lead))
    whole = frozenset(billed)
    for term in terms_of(lead):
        for index, month in intervals(term):
            if month in whole:
                continue
            fee, days = _fee_from(term, index, month, billed)
            if days and fee.amount:
                lines = fee.lines(term.quote, days)
                if days.start == term.days.start:
                    lines += _once_lines(lead, term)
                usage = tuple(
                    u for u in lead.usage if u.invoice_number is None and u.month < f"{days.start:%Y-%m}"
                )
                draft = Draft(len(lead.invoices) + 1, term, days, days.start, lines, index)
                joining = tuple(month for month in usage if _joins_invoice(lead, month, draft))
                return replace(draft, usage=joining) if joining else draft
    return None


class Fee(NamedTuple):
    """The fee of some days by a quote."""

    listed: Money
    """Fee at the list price."""
    price: Money
    """Fee at the agreed price, after the discount."""
    items: tuple[Money, ...]
    """Fee of each recurring item of the quote."""

    @property
    def amount(self) -> Decimal:
        return sum((item.amount for item in self.items), start=self.price.amount)

    def plus(self, more: "Fee") -> "Fee":
        """Return the sum of two fees by the same quote."""
        items = tuple(one + other for one, other in zip(self.items, more.items, strict=True))
        return Fee(self.listed + more.listed, self.price + more.price, items)

    def lines(self, quote: Quote, days: Days) -> tuple[InvoiceLine, ...]:
        """Return the fee as invoice lines. A discount has its own line, unless it is rounded to nothing."""
        reduction, period = self.price - self.listed, f"{days.start} to {days.end}"
        shown = quote.discount is not None and reduction.amount < 0
        lines = [(f"{quote.name}, {period}", self.listed if shown else self.price)]
        if shown:
            lines.append((f"Discount of {quote.discount}", reduction))
        lines += [
            (f"{item.text}, {period}", amount)
            for item, amount in zip(quote.recurring, self.items, strict=True)
        ]
        return tuple(InvoiceLine(text=text, amount=amount) for text, amount in lines if amount.amount)


def _fee_from(term: Term, index: int, month: Days, billed: list[Days]) -> tuple[Fee, Days | None]:
    """Return the fee and its days: the unbilled ones of this interval, or of the rest of its year.

    The days are None if the interval has none left to bill.
    """
    days = _unbilled(month, billed)
    if days is None or days.start > term.until:
        return _fee(term.quote, index, month, month), None
    fee = _fee(term.quote, index, month, days)
    # is billed by the month, not by another year
    extension = index > 0 and month.start >= term.days.end
    if term.quote.per != "year" or term.contract.billing != "yearly" or extension:
        return fee, days
    for later, following in intervals(term):
        if index < later < index - index % 12 + 12 and following.start <= term.days.end:
            more = _unbilled(following, billed)
            if more is None or more.start != days.end + DAY:
                break
            fee, days = fee.plus(_fee(term.quote, later, following, more)), Days(days.start, more.end)
    return fee, days


def _unbilled(days: Days, billed: list[Days]) -> Days | None:
    """Return the first of these days without a fixed fee on an invoice, up to the next with one, or None."""
    day = days.start
    for paid in billed:
        if paid.start > day:
            return Days(day, min(days.end, paid.start - DAY))
        if paid.end >= day:
            day = paid.end + DAY
        if day > days.end:
            return None
    return Days(day, days.end)


def _fee(quote: Quote, index: int, month: Days, days: Days) -> Fee:
    """Return the fee of these days of interval `index`. Twelve shares sum exactly to the year's price."""

    def share(price: Money) -> Money:
        whole = price.share(index % 12, 12) if quote.per == "year" else price.rounded()
        return whole if days == month else whole.times(Decimal(days.length) / month.length).rounded()

    price, items = share(quote.price), tuple(share(item.price) for item in quote.recurring)
    return Fee(share(quote.list_price) if quote.discount else price, price, items)


class TermBill(NamedTuple):
    """The bill of a whole term: its months, and the sum of its fixed fees and one-time items, without usage."""

    months: int
    """Number of months that are billed; 0 for a one-time price."""
    total: Money
    usage: bool
    """True if usage is billed in addition."""

    def __str__(self) -> str:
        months = f"{self.months} month{'s' if self.months != 1 else ''}, " if self.months else ""
        return f"{months}{self.total} to be billed{', and usage' if self.usage else ''}"


def newest_term_bill(lead: Lead) -> TermBill | None:
    """Return the bill of the newest signed term, without the days that were billed before it; None without one."""
    terms = terms_of(lead)
    if not terms:
        return None
    term = terms[-1]
    billed = sorted(Days(invoice.period_start, invoice.period_end) for invoice in _fixed_fee_invoices(lead))
    months = list(intervals(term))
    once = (item.price.amount for other, item in _unbilled_once(lead) if other is term)
    fees = (
        _fee(term.quote, index, month, days).amount
        for index, month in months
        if (days := _unbilled(month, billed))
    )
    total = Money(amount=sum((*once, *fees), start=Decimal(0)), currency=term.quote.price.currency)
    return TermBill(0 if term.quote.per == "once" else len(months), total, bool(term.quote.tiers))


def make_invoice(lead: Lead, draft: Draft, today: date) -> Invoice:
    """Return the invoice of a draft: its fixed fee, its items and its usage."""
    lines = [*draft.lines]
    for month in draft.usage:
        lines += usage_lines(priced_by(lead, month.month) or draft.term.quote, month)
    if not lines:  # an invoice keeps its number even if nothing is left on it
        nothing = Money.zero(draft.term.quote.price.currency)
        lines.append(InvoiceLine(text="Nothing to bill", amount=nothing))
    return Invoice(
        number=draft.number,
        index=draft.index,
        period_start=draft.days.start,
        period_end=draft.days.end,
        prepared_on=today,
        lines=tuple(lines),
        usage_months=tuple(month.month for month in draft.usage),
        missing_usage=missing_usage(lead, draft.days.start if draft.index is not None else today),
        reference=draft.term.contract.reference or lead.reference,
    )
