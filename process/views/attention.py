"""Concerns about a lead: problems that need attention. Each has really occurred (process.md)."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from process.calendar import DAY, day_of
from process.core.cache import cached_per_lead
from process.corrections.unresolved import Remainder
from process.deadlines.contracting import renewal_start, silence
from process.lead.contract import Contract, VendorStatus
from process.lead.lead import Lead
from process.money.billing import next_draft, unbilled_at_loss
from process.money.usage import missing_usage, next_missed_usage
from process.types import Role, Stage


class ConcernKind(StrEnum):
    """Kind of concern: a wrong state, a missed date, or no progress."""

    WRONG = "wrong"
    OVERDUE = "overdue"
    STUCK = "stuck"


class Concern(NamedTuple):
    """A problem that needs attention, the role that has to act, and the day since which it exists."""

    owner: Role
    text: str
    kind: ConcernKind = ConcernKind.WRONG
    since: date | None = None
    decision: str = ""
    """Kind of the usual decision that ends it; empty if that depends."""
    fields: Mapping[str, Any] = {}
    """Fields of that decision that are known."""


_WRONG: dict[Remainder, str] = {
    "mail": "people who got a mail about it were not told",
    "answer": "the answer to its comment still confirms it",
    "hub": "the hub's issue is still open",
}


def attention(lead: Lead, today: date) -> tuple[str, ...]:
    """Return the texts of all concerns."""
    return tuple(concern.text for concern in concerns(lead, today))


@cached_per_lead
def concerns(lead: Lead, today: date) -> tuple[Concern, ...]:
    """Return all concerns; first a hub without a live contract, or a live contract without a hub."""
    return tuple(_concerns(lead, today))


def _concerns(lead: Lead, today: date) -> Iterator[Concern]:
    yield from _contract_and_hub(lead, today)
    for other in lead.undecided:
        text = f"It may be the same request as {other.name}{other.reasons_text}: merge it into that lead, or keep it apart"
        since = day_of(lead.opened_at, lead.zone)
        yield Concern(Role.SALES, text, since=since, decision="merged", fields={"into": other.lead_id})
    if not lead.ended and (others := lead.questionnaire.open_responses):
        ids = ", ".join(other.response_id for other in others)
        text = f"The questionnaire was answered more than once; decide which response counts: {ids}, or the first"
        text = f"{text}, {lead.questionnaire.response_id}"
        yield Concern(Role.SALES, text, decision="questionnaire_answered")
    if missing := missing_usage(lead, today):
        text = f"Usage is not reported, so not billed, for {', '.join(missing)}"
        first, month = date.fromisoformat(f"{missing[0]}-01"), {"month": missing[0]}
        yield Concern(Role.ENGINEERING, text, ConcernKind.OVERDUE, first, "usage_reported", month)
    for invoice in lead.invoices:
        if invoice.overdue:
            text = f"Invoice {invoice.number} ({invoice.total}) is overdue"
            number = {"number": invoice.number}
            yield Concern(Role.CONTRACTS, text, ConcernKind.OVERDUE, invoice.sent_on, "invoice_paid", number)
    days = lead.policy.periods.invoice_unsent
    if unsent := [i for i in lead.unsent if (today - i.prepared_on).days > days]:
        numbers = ", ".join(str(invoice.number) for invoice in unsent)
        text = f"Prepared more than {days} days ago and not sent: invoice {numbers}"
        number = {"number": unsent[0].number}
        yield Concern(
            Role.CONTRACTS, text, ConcernKind.OVERDUE, unsent[0].prepared_on, "invoice_sent", number
        )
    draft = next_draft(lead)
    if draft and draft.due_on < today:
        yield Concern(Role.CONTRACTS, f"{draft.description} is not billed", since=draft.due_on)
    yield from _held_up_bills(lead, today)
    if lead.hub.running and lead.hub.decommission_on and lead.hub.decommission_on < today:
        text = f"The hub was to be taken down on {lead.hub.decommission_on} and still runs"
        late = lead.hub.decommission_on
        yield Concern(Role.ENGINEERING, text, ConcernKind.OVERDUE, late, "hub_decommissioned")
    if lead.contract.decision_due and _is_extended_undecided(lead, today):
        text = f"The contract ended on {lead.contract.end}, and whether it is renewed is not decided"
        yield Concern(Role.SALES, text, ConcernKind.OVERDUE, lead.contract.end)
    elif _renewal_is_late(lead, today):
        ends = "ends" if lead.contract.end and today <= lead.contract.end else "ended"
        text = f"The contract {ends} on {lead.contract.end}, and its renewal has no price yet"
        yield Concern(Role.SALES, text, ConcernKind.OVERDUE, renewal_start(lead), "price_quoted")
    if lead.pending.escalated and not lead.ended:
        last = lead.pending.last_news_on
        yield Concern(Role.CONTRACTS, silence(lead), ConcernKind.STUCK, last, "contract_progressed")
    if lead.pending.overdue and not lead.ended:
        text = f"The contract was to be signed by {lead.pending.due}"
        yield Concern(Role.CONTRACTS, text, ConcernKind.OVERDUE, lead.pending.due, "contract_signed")
    for gap in lead.gaps:
        lasts = lead.hub.running and gap.start <= today <= gap.end
        if not lasts or _covered(lead, today):  # otherwise it is reported above
            when = f"On {gap.start}" if gap.start == gap.end else f"From {gap.start} to {gap.end}"
            text = f"{when} the hub is in no contract, and nobody is billed for it"
            yield Concern(Role.SALES, text, since=gap.start, decision="gap_explained")
    if lead.stale_on:
        moved = day_of(lead.progressed_at, lead.zone)
        yield Concern(Role.SALES, f"Nothing has moved since {moved}", ConcernKind.STUCK, moved)
    if lead.hub.requested_on and (missing_fields := lead.hub.missing()) and not lead.ended:
        text = f"The hub's information still lacks {', '.join(missing_fields)}"
        asked = lead.hub.requested_on
        yield Concern(Role.SALES, text, ConcernKind.STUCK, asked, "hub_information_given")
    if (
        (quote := lead.quote)
        and quote.discount
        and quote.discount.asked_on
        and quote.asked_approver
        and not lead.ended
    ):
        text = (
            f"The discount of {quote.reduction} in version {quote.version} of the quote waits for an approval"
        )
        version = {"version": quote.version}
        yield Concern(
            quote.asked_approver, text, ConcernKind.STUCK, quote.quoted_on, "discount_approved", version
        )
    for correction in lead.unresolved:
        left = [_WRONG[each] for each in correction.wrong if each != "hub" or lead.hub_stands_unwanted]
        if left:
            text = f"{correction.seq} no longer counts (corrected as {correction.correction}), but {' and '.join(left)}"
            text, seq = f"{text}: put it right, or say that it is fine", {"seq": correction.seq}
            yield Concern(Role.SALES, text, since=correction.on, decision="corrected", fields=seq)
    for text in lead.drift.values():
        yield Concern(Role.SALES, text)


def _held_up_bills(lead: Lead, today: date) -> Iterator[Concern]:
    """Yield agreed fees that no deadline bills in the lead's present state."""
    first = min((term.start for term in lead.signed if term.start), default=None)
    if first and first <= today and not lead.ended and not lead.vendor.settled:
        text = f"Nothing is billed since {first}: the vendor set-up is not settled"
        started = lead.vendor.status is VendorStatus.STARTED
        kind = "vendor_setup_done" if started else "vendor_setup_started"
        yield Concern(Role.CONTRACTS, text, since=first, decision=kind)
    if draft := unbilled_at_loss(lead):
        text = f"{draft.description} is not billed, and the lead is lost: reopen it to have it billed"
        yield Concern(Role.SALES, text, since=draft.due, decision="reopened")


@cached_per_lead
def next_change(lead: Lead, today: date) -> date | None:
    """Return the next day on which the concerns differ from today's, unless an event happens before; or None."""
    known = concerns(lead, today)
    return next((day for day in _possible_changes(lead, today) if concerns(lead, day) != known), None)


def _possible_changes(lead: Lead, today: date) -> list[date]:
    """Return the later days with which the concerns compare the present day, in order.

    A month's usage is missed from the first day after it: only the first such day counts, because the concerns differ
    on it. So the list is as long as the lead's terms, invoices and gaps are many, however far it reaches.
    """
    days = [day for term in lead.signed for day in (term.start, _after(term.end), _after(term.term_ends))]
    days += [_after(lead.contract.end), _after(lead.contract.extended_until)]
    days += [day for gap in lead.gaps for day in (gap.start, _after(gap.end))]
    unsent = timedelta(days=lead.policy.periods.invoice_unsent)
    days += [_after(invoice.prepared_on + unsent) for invoice in lead.unsent]
    draft = next_draft(lead)
    days += [_after(draft.due_on if draft else None), _after(renewal_start(lead))]
    days += [next_missed_usage(lead, today), _after(lead.hub.decommission_on)]
    return sorted({day for day in days if day and day > today})


def _after(day: date | None) -> date | None:
    return day and day + DAY


def _contract_and_hub(lead: Lead, today: date) -> Iterator[Concern]:
    contract = lead.contract
    live = _covered(lead, today)
    ended = max((c.term_ends for c in lead.signed if c.term_ends and c.term_ends < today), default=None)
    if lead.hub.running and not live:
        if lead.hub.exception_by and not contract.signed_on:
            text = f"The hub runs without a contract, allowed by {lead.hub.exception_by}"
            yield Concern(Role.SALES, text, since=lead.hub.live_on)
        elif ended:
            text = f"The hub runs although its contract ended on {_ending(lead, ended)}"
            yield Concern(Role.SALES, text, since=ended)
        elif contract.start:
            text = f"The hub runs although its contract begins only on {contract.start}"
            yield Concern(Role.SALES, text, since=lead.hub.live_on)
        else:
            yield Concern(Role.SALES, "The hub runs without a contract", since=lead.hub.live_on)
    if lead.service == "hub" and not lead.hub.live_on and _awaits_hub(lead):
        if ended and not live:
            yield Concern(Role.SALES, "The contract has ended before its hub was live", since=ended)
        else:
            yield Concern(_owes_hub(lead), "A live contract without a hub", since=contract.signed_on)
    elif lead.stage is Stage.CONTRACTED and not live and ended:
        text = f"The contract ended on {_ending(lead, ended)}, and it is neither renewed nor recorded as lost"
        yield Concern(Role.SALES, text, since=ended)
    elif lead.lost and (runs := _runs_on(lead.signed, today)):
        text = f"A live contract without a hub: it runs until {runs}, and the lead is lost"
        yield Concern(Role.SALES, text, since=lead.lost.on)


def _ending(lead: Lead, last: date) -> str:
    """Describe the end of the term with this last day, with its extension if it has one."""
    contract = next(term for term in lead.signed if term.term_ends == last)
    return str(last) if contract.end in (None, last) else f"{contract.end}, and its extension on {last}"


def _covered(lead: Lead, today: date) -> bool:
    """Return True if a contract or its extension runs today."""
    return any(c.start and c.term_ends and c.start <= today <= c.term_ends for c in lead.signed)


def _awaits_hub(lead: Lead) -> bool:
    if lead.stage is Stage.CONTRACTED:
        return True
    # signed, and the vendor set-up is not settled
    return lead.stage is Stage.QUOTED and lead.contract.signed_on is not None


def _owes_hub(lead: Lead) -> Role:
    """Return the role that has to act on a contract without a hub."""
    if lead.stage is Stage.QUOTED:
        return Role.CONTRACTS
    return Role.ENGINEERING if lead.hub.requested_on else Role.SALES


def _runs_on(terms: tuple[Contract, ...], today: date) -> date | None:
    """Return the last day of all signed terms that have not ended, or None if there are none."""
    return max((term.term_ends for term in terms if term.term_ends and term.term_ends >= today), default=None)


def _is_extended_undecided(lead: Lead, today: date) -> bool:
    """Return True if the contract was extended until today or later, and no end of the service is decided."""
    until = lead.contract.extended_until
    return until is not None and today <= until and not (lead.ended or lead.hub.decommission_on)


def _renewal_is_late(lead: Lead, today: date) -> bool:
    start = renewal_start(lead)
    return start is not None and start < today and not lead.contract.lapsed
