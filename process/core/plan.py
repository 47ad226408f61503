"""Plans the effects that an event asks for outside."""

from collections.abc import Iterator

from process.core.events import Change
from process.duplicates.notices import has_news
from process.effects import Effect, NotifyLeads, PlaceCard, UpdateHubIssue, UpdateIssue
from process.effects.introductions import introductions
from process.lead.lead import Lead
from process.policy import TEAMS


def plan(change: Change) -> tuple[Effect, ...]:
    """Return the effects that this change asks for outside, in order."""
    before, after, event = change.before, change.after, change.event
    effects = [*_introductions_on_return(change), *event.fact.effects(change)]
    if event.fact.visible and event.seq > 1:
        effects.append(UpdateIssue(key=change.key("update_issue"), cause=event.seq))
    if before.stage is not after.stage:
        effects.append(PlaceCard(key=change.key("place_card"), cause=event.seq))
    if (after.hub_issue or before.hub.requested_on) and _hub_view(before) != _hub_view(after):
        effects.append(UpdateHubIssue(key=change.key("update_hub_issue"), cause=event.seq))
    if has_news(before, after):
        effects.append(NotifyLeads(key=change.key("notify_leads"), cause=event.seq))
    return tuple(effects)


def _introductions_on_return(change: Change) -> Iterator[Effect]:
    """Introduce everybody who got a role while the lead had ended, now that it goes on."""
    if change.before.ended and not change.after.ended:
        for role in sorted(TEAMS):
            yield from introductions(change, role)


def _hub_view(lead: Lead) -> tuple[object, ...]:
    """Return everything that the hub's issue shows of the lead."""
    hub = lead.hub.replaced(asked_on=None)
    return (hub, lead.heading, lead.issue, lead.ended, lead.contract.signed_on)
