"""Deadlines of one lead: when the next one comes, and what happens once it has passed."""

from datetime import date, datetime

from process.calendar import start_of
from process.core.aggregate import LeadAggregate
from process.core.cache import cached_per_lead
from process.core.decide import decide
from process.core.refusal import Refused
from process.deadlines.schedule import due
from process.lead.lead import Lead
from process.views.attention import next_change


def next_due(lead: Lead) -> datetime | None:
    """Return the moment of the lead's next deadline (UTC), or None."""
    coming = due(lead)
    return coming[0].when if coming else None


def next_wake_up(lead: Lead, now: datetime) -> datetime | None:
    """Return the next moment at which a deadline passes or something else may begin to need attention (UTC)."""
    return wake_up_on(lead, lead.today(now))


@cached_per_lead
def wake_up_on(lead: Lead, today: date) -> datetime | None:
    """Return the next moment at which the lead wakes up, on this day in its zone."""
    deadline, day = next_due(lead), next_change(lead, today)
    attention = start_of(day, lead.zone) if day else None
    return min((when for when in (deadline, attention) if when), default=None)


def pass_deadlines(aggregate: LeadAggregate, now: datetime) -> LeadAggregate:
    """Record all deadlines that have passed by now, in order."""
    while (items := due(aggregate.lead)) and items[0].when <= now:
        fact = decide(aggregate.event_log, items[0].fact, now)
        if isinstance(fact, Refused):  # cannot be: a fact that is due is never refused
            break
        aggregate = aggregate.record(fact, now)
    return aggregate
