"""The terms of the signed contracts, and their intervals (process.md, Money).

A term is billed by the months that begin in it; a month that has begun is billed whole. One that would begin on the
term's last day, its anniversary, has not begun: that day belongs to the month before.
"""

from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from process.calendar import DAY, months_begun, months_between
from process.core.cache import cached_per_lead
from process.lead.contract import Contract
from process.lead.invoice import interval
from process.lead.lead import Lead
from process.lead.quote import Quote


class Days(NamedTuple):
    """A period from its first to its last day, both included."""

    start: date
    end: date

    @property
    def length(self) -> int:
        return (self.end - self.start).days + 1


class Term(NamedTuple):
    """The term of a signed contract, for billing."""

    contract: Contract
    quote: Quote
    days: Days
    """The days of the contract, without extensions."""
    until: date
    """Last day of the service under it, with extensions."""

    @property
    def months(self) -> int:
        """Number of months that begin in it. The day of its anniversary begins one if the service goes on."""
        start, end = self.days
        return months_between(start, end) if self.until == end else max(0, months_begun(start, self.until))


def agreed(lead: Lead) -> Quote | None:
    """Return the quote of the newest signed contract, or None."""
    return lead.quote_of(lead.contract) if lead.contract.signed_on else None


def priced_by(lead: Lead, month: str) -> Quote | None:
    """Return the quote for a month's usage: of the contract that ran at its start, else of the first one."""
    term = term_for_usage(lead, month)
    return term.quote if term else None


def term_for_usage(lead: Lead, month: str) -> Term | None:
    """Return the term that prices a month's usage, or None."""
    terms = terms_of(lead)
    began = [term for term in terms if f"{term.days.start - DAY:%Y-%m}" < month]
    return (began[-1] if began else terms[0]) if terms else None


@cached_per_lead
def terms_of(lead: Lead) -> tuple[Term, ...]:
    """Return the terms of the signed contracts, oldest first; each ends at the next one's start."""
    found = []
    for contract, successor in zip_longest(lead.signed, lead.signed[1:]):
        quote = lead.quote_of(contract)
        if quote and contract.start and contract.end and contract.term_ends:
            ends = [
                contract.term_ends,
                lead.closed_on,
                successor and successor.start and successor.start - DAY,
            ]
            until = min(day for day in ends if day)
            found.append(Term(contract, quote, Days(contract.start, contract.end), until))
    return tuple(found)


def intervals(term: Term) -> Iterator[tuple[int, Days]]:
    """Yield number and days of the intervals that begin in a term. A one-time price has one: the term.

    A term that ends on its anniversary has no interval for that one day: the day belongs to the last month.
    """
    if term.quote.per == "once":
        yield 0, term.days
        return
    for index in range(term.months):
        month = Days(*interval(term.days.start, index))
        is_last = index == term.months - 1
        yield index, Days(month.start, max(month.end, term.until)) if is_last else month
