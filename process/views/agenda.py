"""Work to be done per role and person: due, overdue, waiting, stuck and upcoming."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from process.calendar import add_working_days, day_of, end_of, start_of
from process.core.aggregate import LeadAggregate
from process.core.cache import cached_per_lead
from process.deadlines.contracting import renewal_start
from process.deadlines.schedule import due, last_day
from process.hashing import short_hash
from process.lead.lead import Lead
from process.lead.quote import QuoteStatus
from process.types import Role, Stage
from process.views.agenda_items import AHEAD, AgendaItem, Section, TimedItem
from process.views.attention import ConcernKind, concerns
from process.views.next_step import step_of

RECENT = timedelta(days=7)
MANY = 5
"""Number of recent refusals from which on the agenda shows them."""


_SECTIONS = {
    ConcernKind.WRONG: Section.ATTENTION,
    ConcernKind.OVERDUE: Section.OVERDUE,
    ConcernKind.STUCK: Section.STUCK,
}

FORTHCOMING: dict[str, tuple[Role, str]] = {
    "questionnaire_nudged": (Role.SALES, "the questionnaire reminder is due"),
    "gone_stale": (Role.SALES, "the lead is stale if nothing moves until then"),
    "quote_running_out": (Role.SALES, "the quote expires soon"),
    "quote_expired": (Role.SALES, "the quote expires"),
    "approval_reminded": (Role.SALES, "the reminder of the discount's approval is due"),
    "handover_reminded": (Role.CONTRACTS, "the contracts team is asked for news of the contract"),
    "handover_escalated": (Role.CONTRACTS, "the contracts team's silence is escalated to sales"),
    "contract_overdue": (Role.CONTRACTS, "the contract should be signed by then"),
    "resumed": (Role.SALES, "the hold ends"),
    "invoice_due": (Role.CONTRACTS, "an invoice is prepared"),
    "invoice_overdue": (Role.CONTRACTS, "an unpaid invoice is overdue"),
    "invoices_unsent": (Role.CONTRACTS, "the reminder of unsent invoices is due"),
    "usage_missing": (Role.ENGINEERING, "the reminder of missing usage is due"),
    "renewal_window_opened": (Role.SALES, "a renewal window opens before the contract ends"),
    "renewal_not_begun": (Role.SALES, "the renewal should have a price by then"),
    "contract_lapsed": (Role.SALES, "the contract ends"),
    "lapse_decision_due": (Role.SALES, "the decision to renew or to take down is due"),
    "hub_information_missed": (Role.SALES, "the reminder of missing hub information is due"),
    "event_near": (Role.ENGINEERING, "an event of the community is near"),
    "decommission_notice_due": (Role.ENGINEERING, "the hub will be taken down soon"),
    "archived": (Role.NOBODY, "it is archived"),
}
"""Kind of deadline -> the role that it concerns, and its description on the agenda."""


class NextDate(NamedTuple):
    """A lead's next date, as people name it: the last day of a period that ends, and what the day is for."""

    day: date
    text: str

    def __str__(self) -> str:
        return f"{self.day}: {self.text}"


def next_date(lead: Lead) -> NextDate | None:
    """Return the day of the lead's next deadline in its own zone, with what comes then; None if none is due."""
    coming = next(iter(due(lead)), None)
    if coming is None:
        return None
    return NextDate(last_day(coming.when, lead.zone, coming.fact.kind), FORTHCOMING[coming.fact.kind][1])


def agenda(aggregate: LeadAggregate, now: datetime) -> tuple[AgendaItem, ...]:
    """Return the lead's agenda items at this time."""
    lead = aggregate.lead
    link = lead.issue.url if lead.issue else ""
    items = (item for item in timed_items(aggregate, now) if item.holds(now))
    return tuple(item.of_lead(lead.id, lead.heading, link, lead.assigned, lead.today(now)) for item in items)


class UsualDecision(NamedTuple):
    """The decision by which somebody usually ends a line of the agenda."""

    kind: str = ""
    """Its kind; empty if there is no usual one."""
    fields: Mapping[str, Any] = {}
    """Its fields that are known."""


class AgendaLine(NamedTuple):
    """A line of the agenda, and its usual decision."""

    item: TimedItem
    decision: UsualDecision = UsualDecision()


def find_line(lead: Lead, mark: str, now: datetime) -> AgendaLine | None:
    """Return the line that this mark names (`mark_of`), or None. What no event tells is not found."""
    found = lines(lead, now)
    return next((line for line in found if mark_of(line.item.role, line.item.text) == mark), None)


def lines(lead: Lead, now: datetime) -> tuple[AgendaLine, ...]:
    """Return the lines that follow from events, each with its usual decision, now and later."""
    return (*_to_do(lead, lead.today(now)), *map(AgendaLine, _coming(lead)))


def mark_of(role: Role, text: str) -> str:
    """Return a short name of a line of one lead, the same as long as the line is: it may move to another section."""
    return short_hash(f"{role}\n{text}")


def usual_decision(lead: Lead) -> UsualDecision:
    """Return the usual decision of the next step."""
    kind = next(iter(step_of(lead).decisions), "")
    about = {"merged": _into, "quote_accepted": _version, "discount_approved": _version}.get(kind)
    return UsualDecision(kind, about(lead) if about else {})


def timed_items(aggregate: LeadAggregate, now: datetime) -> tuple[TimedItem, ...]:
    """Return the items that are on the agenda now, or will be later if no event happens.

    They hold until the lead's next wake-up, when a deadline passes or the concerns differ.
    """
    lead = aggregate.lead
    to_do = (line.item for line in _to_do(lead, lead.today(now)))
    found = (*to_do, *_failed(aggregate), *_refused(aggregate), *_coming(lead))
    return tuple(item for item in found if item.holds_until is None or item.holds_until > now)


@cached_per_lead
def _to_do(lead: Lead, today: date) -> tuple[AgendaLine, ...]:
    """Return the lines of concerns, of the next step and of invoices."""
    return (*_concerns(lead, today), *_step(lead), *_invoices(lead))


def _concerns(lead: Lead, today: date) -> Iterator[AgendaLine]:
    for concern in concerns(lead, today):
        item = TimedItem(
            section=_SECTIONS[concern.kind], role=concern.owner, text=concern.text, since=concern.since
        )
        yield AgendaLine(item, UsualDecision(concern.decision, concern.fields))


def _failed(aggregate: LeadAggregate) -> Iterator[TimedItem]:
    lead = aggregate.lead
    for parked in aggregate.parked:
        yield TimedItem(
            section=Section.STUCK,
            role=Role.ENGINEERING,
            text=f"Failed for good: {parked.effect.summary()}: {parked.reason}",
            since=day_of(parked.since, lead.zone) if parked.since else None,
            from_events=False,
        )


@cached_per_lead
def _coming(lead: Lead) -> tuple[TimedItem, ...]:
    """Return what comes by date: deadlines, and events of the hub."""
    dates = (_deadline(coming.fact.kind, coming.when, lead.zone) for coming in due(lead))
    return (*(item for item in dates if item.role is not Role.NOBODY), *_events(lead))


@lru_cache(maxsize=200)  # most deadlines of a lead stay as they are while it moves
def _deadline(kind: str, when: datetime, zone: str) -> TimedItem:
    role, text = FORTHCOMING[kind]
    return TimedItem(
        section=Section.UPCOMING,
        role=role,
        text=_capital(text),
        until=last_day(when, zone, kind),
        holds_from=when - AHEAD,
        holds_until=when,
    )


def _events(lead: Lead) -> Iterator[TimedItem]:
    for event in () if lead.ended else lead.hub.events:
        yield TimedItem(
            section=Section.UPCOMING,
            role=Role.ENGINEERING,
            text=str(event),
            until=event.first,
            holds_from=start_of(event.first - AHEAD, lead.zone),
            holds_until=end_of(event.first, lead.zone),
        )


def _refused(aggregate: LeadAggregate) -> Iterator[TimedItem]:
    """Yield the lines about many recent refusals of which nobody was told; as days pass, each counts fewer of them."""
    zone, refusals = aggregate.lead.zone, [each for each in aggregate.refusals if each.for_team]
    if len(refusals) < MANY:
        return
    newest, people = refusals[-1:], {refusal.by for refusal in refusals}
    by = f" by {next(iter(people))}" if len(people) == 1 else ""
    days = Counter(day_of(refusal.at, zone) for refusal in refusals)
    count, holds_from = days.total(), None
    for day in sorted(days):
        if count < MANY:
            return
        holds_until = start_of(day + RECENT, zone)
        yield TimedItem(
            section=Section.STUCK,
            role=Role.SALES,
            text=f"{count} decisions{by} were refused in {RECENT.days} days, the newest: {newest[0].reason.rstrip('.')}",
            since=day,
            holds_from=holds_from,
            holds_until=holds_until,
            from_events=False,
        )
        count, holds_from = count - days[day], holds_until


@cached_per_lead
def wake_up_reason(lead: Lead, when: datetime | None) -> str:
    """Return a sentence about the wake-up at this moment, for the timer in the Temporal UI.

    It says what is planned as the lead is now: the timer stays if the lead changes before.
    """
    if when is None:
        return ""
    coming = next((item.fact for item in due(lead) if item.when == when), None)
    if coming is None:
        return f"Planned for {day_of(when, lead.zone)}: look for what needs attention"
    return f"Planned for {last_day(when, lead.zone, coming.kind)}: {FORTHCOMING[coming.kind][1]}"


def _step(lead: Lead) -> Iterator[AgendaLine]:
    """Yield the next step for its owner, and a waiting line for sales if another role owns it."""
    step, since, until = step_of(lead), _since(lead), _until(lead)
    decision = usual_decision(lead)
    if lead.hold:
        item = TimedItem(
            section=Section.WAITING,
            role=Role.SALES,
            text=_capital(step.text),
            since=lead.hold.since,
            until=lead.hold.until,
        )
        yield AgendaLine(item, decision)
        return
    if step.owner is Role.NOBODY:
        return
    if step.owner is not Role.COMMUNITY:
        late_from = end_of(until, lead.zone) if until else None
        in_time = TimedItem(
            section=Section.DUE,
            role=step.owner,
            text=_capital(step.text),
            since=since,
            until=until,
            holds_until=late_from,
        )
        yield AgendaLine(in_time, decision)
        if late_from:
            late = in_time.replaced(section=Section.OVERDUE, holds_from=late_from, holds_until=None)
            yield AgendaLine(late, decision)
    if step.owner is Role.COMMUNITY or (step.owner is not Role.SALES and lead.stage is not Stage.HUB):
        text = f"Waits for {lead.role_with_person(step.owner)}: {step.text}"
        item = TimedItem(section=Section.WAITING, role=Role.SALES, text=text, since=since, until=until)
        yield AgendaLine(item, decision)


def _capital(text: str) -> str:
    """Return the text with a capital at its start, as each line of the agenda begins."""
    return text[:1].upper() + text[1:]


def _into(lead: Lead) -> Mapping[str, Any]:
    return {"into": lead.undecided[0].lead_id} if lead.undecided else {}


def _version(lead: Lead) -> Mapping[str, Any]:
    return {"version": lead.quote.version} if lead.quote else {}


def _since(lead: Lead) -> date:
    """Return the day since which the next step is open."""
    asked, quote, pending = lead.questionnaire, lead.quote, lead.pending
    if lead.stage is Stage.LEAD and asked.sent_on and not asked.answered_on:
        return asked.sent_on
    if quote and quote.status is QuoteStatus.OPEN:
        return quote.quoted_on
    if pending.last_news_on:
        return pending.last_news_on
    if lead.stage is Stage.CONTRACTED and lead.hub.requested_on:
        return lead.hub.requested_on
    return day_of(lead.progressed_at, lead.zone)


def _until(lead: Lead) -> date | None:
    """Return the day by which the next step is due, or None if it has no due date."""
    quote, pending, periods = lead.quote, lead.pending, lead.policy.periods
    if lead.undecided:
        return None
    if lead.hub.running and lead.hub.decommission_on:
        return lead.hub.decommission_on
    if quote and quote.status is QuoteStatus.OPEN:
        return quote.valid_until
    if pending.handed_over_on and not pending.acknowledged_on:
        since = lead.awaiting_contract_since or pending.handed_over_on
        return add_working_days(since, periods.handover_reminder, lead.policy.holidays)
    if pending.handed_over_on and not pending.signed_on:
        return pending.due
    if (lead.contract.lapsed or lead.contract.extended_until) and lead.contract.end:
        return lead.contract.end + timedelta(days=periods.lapse_decision)
    if lead.stage is Stage.HUB or (lead.stage is Stage.CONTRACTED and not lead.awaits_hub):
        return renewal_start(lead) if lead.contract.windows else None
    return day_of(lead.progressed_at, lead.zone) + timedelta(days=periods.stale_after(lead.stage))


def _invoices(lead: Lead) -> Iterator[AgendaLine]:
    periods = lead.policy.periods
    for invoice in lead.unsent:
        until = invoice.prepared_on + timedelta(days=periods.invoice_unsent)
        item = TimedItem(
            section=Section.DUE,
            role=Role.CONTRACTS,
            text=f"Send invoice {invoice.number} ({invoice.total})",
            since=invoice.prepared_on,
            until=until,
            holds_until=end_of(until, lead.zone),
        )
        yield AgendaLine(item, UsualDecision("invoice_sent", {"number": invoice.number}))
    for invoice in lead.invoices:
        if invoice.owed and invoice.sent_on and not invoice.overdue:
            item = TimedItem(
                section=Section.WAITING,
                role=Role.CONTRACTS,
                text=f"Waits for the payment of invoice {invoice.number} ({invoice.total})",
                since=invoice.sent_on,
                until=invoice.sent_on + timedelta(days=periods.invoice_overdue),
            )
            yield AgendaLine(item, UsualDecision("invoice_paid", {"number": invoice.number}))
