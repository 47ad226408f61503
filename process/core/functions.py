"""The four functions that are the process. Total and pure: they read no clock and never raise."""

from collections.abc import Iterator
from datetime import datetime

from process.authorization import may_decide
from process.core.event_log import Change, EventLog
from process.core.events import Event, Fact, Observation
from process.core.fold import apply, fold
from process.core.refusal import Refused, refuse
from process.deadlines import due
from process.decisions import Decision, LeadOpened
from process.duplicates.notices import news
from process.effects.base import (
    Effect,
    NotifyLeads,
    PlaceCard,
    RecordEvents,
    UpdateHubIssue,
    UpdateIssue,
)
from process.effects.introductions import introductions
from process.lead.lead import Lead
from process.policy import TEAMS

__all__ = ["begin", "decide", "due", "evolve", "fold", "plan"]


NOT_DUE = refuse("The calendar decides only what is due", "For a person's decision, leave `source` out")


def decide(event_log: EventLog, fact: Fact, now: datetime) -> Fact | Refused:
    """Whether this may become true now: the fact as it is to be recorded, or why not.

    A report is what happened outside, so it is taken as it is; the calendar's facts hold when they are due.
    """
    if isinstance(fact, Observation):
        return fact
    if fact.source == "clock" or not isinstance(fact, Decision):
        is_due = any(item.fact == fact and item.when <= now for item in due(event_log.lead))
        return fact.resolved(event_log, now) if is_due else NOT_DUE
    lead = event_log.lead
    wrong = (
        fact.gate(lead)
        or fact.unsupported(lead)
        or fact.check(event_log, now)
        or may_decide(None, fact, lead)
    )
    return wrong or fact.resolved(event_log, now)


def evolve(event_log: EventLog, fact: Fact, at: datetime) -> EventLog:
    """The history with this fact as its next event, and the lead that it makes."""
    seq = len(event_log.events) + 1
    event = Event(seq=seq, at=at, policy=event_log.lead.policy.version, fact=fact)
    if fact.supersedes is not None:
        lead = fold((*event_log.events, event), event_log.lead.id)
    else:
        lead = apply(event_log.lead, event)
    summary = fact.summary(event_log.then(event, lead))
    return event_log.then(event.replaced(summary=summary), lead)


def plan(change: Change) -> tuple[Effect, ...]:
    """Return the effects that this change asks for outside, in order."""
    before, after, event = change.before, change.after, change.event
    effects = [*_back(change), *event.fact.effects(change)]
    if event.fact.visible and event.seq > 1:
        effects.append(UpdateIssue(key=change.key("update_issue"), cause=event.seq))
    if before.stage is not after.stage:
        effects.append(PlaceCard(key=change.key("place_card"), cause=event.seq))
    if _hub_view(before) != _hub_view(after) and (after.hub_issue or before.hub.requested_on):
        effects.append(UpdateHubIssue(key=change.key("update_hub_issue"), cause=event.seq))
    if news(before, after):
        effects.append(NotifyLeads(key=change.key("notify_leads"), cause=event.seq))
    effects.append(RecordEvents(key=change.key("record_events"), cause=event.seq))
    return tuple(effects)


def _back(change: Change) -> Iterator[Effect]:
    """Introduce everybody who got a role while the lead had ended, now that it goes on."""
    if change.before.ended and not change.after.ended:
        for role in sorted(TEAMS):
            yield from introductions(change, role)


def begin(opened: LeadOpened, lead_id: str, at: datetime) -> EventLog:
    """The history of a lead that starts now."""
    event = Event(seq=1, at=at, policy=opened.policy.version, fact=opened)
    lead = apply(opened.opened(lead_id, at), event)
    summary = opened.summary(EventLog(lead=lead, events=(event,)))
    return EventLog(lead=lead, events=(event.replaced(summary=summary),))


def _hub_view(lead: Lead) -> tuple[object, ...]:
    """What the hub's issue shows of the lead."""
    hub = lead.hub.replaced(asked_on=None)
    return (hub, lead.heading, lead.issue, lead.ended, lead.contract.signed_on)
