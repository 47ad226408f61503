"""A small snapshot of a lead after an event: its stage, and the money that is expected from it, month by month.

Amounts are whole minor units of the currency (cents), so that sums are exact on every database.
"""

from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from process.calendar import DAY, month_number, months_between
from process.core.cache import cached_per_lead
from process.core.events import Event
from process.lead.lead import Lead
from process.lead.quote import Quote
from process.money.minor_units import minor_of
from process.money.terms import Term, terms_of
from process.types import Code, Model, Stage

FlowKind = Literal["contract", "renewal", "new"]

NEW_MONTHS = 12
"""Months for which an offer without a contract is counted."""


class Flow(NamedTuple):
    """Money that is expected for consecutive months."""

    kind: FlowKind
    """`contract`: signed; `renewal`: the term after the newest one; `new`: an offer without a contract."""
    term: int
    """Number of the signed contract, from 1; 0 for the others."""
    currency: Code
    month: int
    """Amount for each month."""
    rest: int
    """Amount for the first month in addition: one-time items, and what cannot be divided."""
    first: int | None
    """The first month, as its year times 12 plus its number from 0; None if the start is not known yet."""
    months: int


class Snapshot(Model):
    """A lead's stage and expected money after one of its events. It does not depend on the time."""

    seq: int
    """Number of the event."""
    stage: Stage
    reason: Code = ""
    """Reason for which it was lost."""
    flows: tuple[Flow, ...] = ()
    refolds: bool = False
    """True if the event takes out or replaces an earlier one, so that the past looks different from now on."""

    @property
    def content(self) -> tuple[Stage, str, tuple[Flow, ...]]:
        """All of it except the event."""
        return self.stage, self.reason, self.flows


_SHOWN: tuple[str, ...] = ("quotes", "contract", "former", "hub", "vendor", "lost", "closed_on")
"""Fields of a lead on which a snapshot depends."""


def next_snapshot(before: Snapshot | None, past: Lead | None, lead: Lead, event: Event) -> Snapshot:
    """Return the snapshot after this event, given those before it. It is quick for an event that changes nothing in it."""
    if before and past and all(getattr(lead, name) is getattr(past, name) for name in _SHOWN):
        return before.replaced(seq=event.seq, refolds=event.fact.supersedes is not None)
    return snapshot_of(lead, event)


def snapshot_of(lead: Lead, event: Event) -> Snapshot:
    """Return the snapshot of the lead after this event. It is pure and never raises."""
    return Snapshot(
        seq=event.seq,
        stage=lead.stage,
        reason=lead.lost.reason if lead.stage is Stage.LOST and lead.lost else "",
        flows=_flows(lead),
        refolds=event.fact.supersedes is not None,
    )


@cached_per_lead
def _flows(lead: Lead) -> tuple[Flow, ...]:
    """Return the money that the lead lets expect. A lost lead lets expect none."""
    return () if lead.lost else tuple(_expected(lead))


def _expected(lead: Lead) -> Iterator[Flow]:
    terms = terms_of(lead)
    for number, term in enumerate(terms, start=1):
        if term.days.start <= term.until:
            first = month_number(term.days.start)
            yield _flow("contract", number, term.quote, first, term.months, once=True)
    if terms and not (lead.ended or lead.hub.decommission_on):
        yield from _renewal(lead, terms[-1])
    elif lead.quote and not (lead.contract.signed_on or lead.ended):
        yield _flow("new", 0, lead.quote, _hoped_start(lead), NEW_MONTHS, once=True)


def _renewal(lead: Lead, newest: Term) -> Iterator[Flow]:
    """Yield the term after the newest one, of the same length, at its own quote or at the present price."""
    quote = lead.quote or newest.quote
    if lead.quote is None and quote.per == "once":  # nothing recurs
        return
    months = months_between(newest.days.start, newest.days.end)
    first = month_number(max(newest.until, newest.days.start) + DAY) if newest.until < date.max else None
    yield _flow("renewal", 0, quote, first, months, once=lead.quote is not None)


def _flow(kind: FlowKind, term: int, quote: Quote, first: int | None, months: int, *, once: bool) -> Flow:
    total = minor_of(quote.total.amount, quote.price.currency)
    match quote.per:
        case "year":
            value = int((Decimal(total) * months / 12).quantize(Decimal(1), ROUND_HALF_UP))
        case "month":
            value = total * months
        case "once":
            value = total
    if once:
        value += minor_of(quote.total_once.amount, quote.price.currency)
    month = value // months
    return Flow(kind, term, quote.price.currency, month, value - month * months, first, months)


def _hoped_start(lead: Lead) -> int | None:
    """Return the month in which the hub should start, if that is known as a date."""
    try:
        return month_number(date.fromisoformat(lead.hub.information.get("start_date", "")))
    except ValueError:
        return None
