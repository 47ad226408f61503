"""The four functions that are the process. Total and pure: they read no clock and never raise."""

from collections.abc import Iterator
from datetime import datetime

from process.core.event_log import History
from process.core.events import Event, Fact, Refused, Report
from process.core.fold import apply, fold
from process.deadlines import due
from process.decisions import Decision, LeadOpened
from process.duplicates.notices import news
from process.effects.base import (
    Effect,
    PlaceCard,
    RecordEvents,
    TellLeads,
    UpdateHubIssue,
    UpdateIssue,
    effect_key,
)
from process.effects.introductions import introductions
from process.lead.lead import Lead
from process.policy import TEAMS

__all__ = ["begin", "decide", "due", "evolve", "fold", "plan"]


NOT_DUE = Refused(
    reason="The calendar decides only what is due", instead="For a person's decision, leave `source` out"
)


def decide(history: History, fact: Fact, now: datetime) -> Fact | Refused:
    """Whether this may become true now: the fact as it is to be recorded, or why not.

    A report is what happened outside, so it is taken as it is; the calendar's facts hold when they are due.
    """
    if isinstance(fact, Report):
        return fact
    if fact.source == "clock" or not isinstance(fact, Decision):
        is_due = any(item.fact == fact and item.when <= now for item in due(history.lead))
        return fact.resolved(history.lead, now) if is_due else NOT_DUE
    lead = history.lead
    wrong = fact.gate(lead) or fact.too_new(lead) or fact.check(lead, now) or fact.check_history(history, now)
    return wrong or fact.resolved_of_history(history, now)


def evolve(history: History, fact: Fact, at: datetime) -> History:
    """The history with this fact as its next event, and the lead that it makes."""
    seq = len(history.events) + 1
    event = Event(seq=seq, at=at, policy=history.lead.policy.version, fact=fact)
    if fact.supersedes is not None:
        lead = fold((*history.events, event), history.lead.id)
    else:
        lead = apply(history.lead, event)
    words = fact.words_of_history(history.then(event, lead))
    return history.then(event.model_copy(update={"words": words}), lead)


def plan(before: Lead, after: Lead, event: Event, history: History | None = None) -> tuple[Effect, ...]:
    """What the outside must be told because of this event, the newest of the history where that is given."""
    effects = [*_back(before, after, event), *event.fact.effects(before, after, event)]
    effects += event.fact.effects_of_history(history) if history else ()
    if event.fact.visible and event.seq > 1:
        effects.append(UpdateIssue(key=effect_key(after, event, "update_issue"), cause=event.seq))
    if before.stage is not after.stage:
        effects.append(PlaceCard(key=effect_key(after, event, "place_card"), cause=event.seq))
    if _hub_view(before) != _hub_view(after) and (after.hub_issue or before.hub.requested_on):
        effects.append(UpdateHubIssue(key=effect_key(after, event, "update_hub_issue"), cause=event.seq))
    if news(before, after):
        effects.append(TellLeads(key=effect_key(after, event, "tell_leads"), cause=event.seq))
    effects.append(RecordEvents(key=effect_key(after, event, "record_events"), cause=event.seq))
    return tuple(effects)


def _back(before: Lead, after: Lead, event: Event) -> Iterator[Effect]:
    """A lead that had ended goes on: others may be behind the roles than when it did."""
    if before.ended and not after.ended:
        for role in sorted(TEAMS):
            yield from introductions(after, event, role)


def begin(opened: LeadOpened, lead_id: str, at: datetime) -> History:
    """The history of a lead that starts now."""
    event = Event(seq=1, at=at, policy=opened.policy.version, fact=opened)
    lead = apply(opened.opened(lead_id, at), event)
    return History(lead=lead, events=(event.model_copy(update={"words": opened.words(lead)}),))


def _hub_view(lead: Lead) -> tuple[object, ...]:
    """What the hub's issue shows of the lead."""
    hub = lead.hub.model_copy(update={"asked_on": None})
    return (hub, lead.heading, lead.issue, lead.ended, lead.contract.signed_on)
