"""Decides which facts may become true of a lead."""

from datetime import datetime

from process.authorization import may_ask, may_decide
from process.core.events import EventLog, Fact, Observation
from process.core.refusal import Refused, refuse
from process.deadlines.schedule import due
from process.decisions.base import Decision

NOT_DUE = refuse("The calendar decides only what is due", "For a person's decision, leave the source out")


def decide(event_log: EventLog, fact: Fact, now: datetime) -> Fact | Refused:
    """Return the fact as it is to be recorded, or the reason to refuse it now.

    A decision that was said earlier is judged by that moment (process.md, When a decision counts).

    Observations have already happened, so they are never refused. Deadlines hold when they are due.
    """
    if isinstance(fact, Observation):
        return fact
    if fact.is_by_date or not isinstance(fact, Decision):
        is_due = any(item.fact == fact and item.when <= now for item in due(event_log.lead))
        return fact.resolved(event_log, now) if is_due else NOT_DUE
    log, moment = fact.as_said(event_log, now), fact.moment(now)
    refusal = (
        may_ask(fact, event_log)
        or fact.allowed(log.lead)
        or may_decide(fact, event_log)
        or fact.unsupported(log.lead)
        or fact.check(log, moment)
    )
    return refusal or fact.resolved(log, moment)
