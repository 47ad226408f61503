"""The news of a lead: events that somebody had not seen who decides about it."""

from collections.abc import Sequence
from itertools import takewhile

from process.core.events import Event, EventLog, Observation
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse, title
from process.decisions.base import Decision

MAX_NAMED = 5
"""Number of the newest events that a refusal names."""


def news_since(event_log: EventLog, seen: int) -> Sequence[Event]:
    """Return what people and dates have decided since the event with this number, oldest first.

    What effects bring back does not count.
    """
    newer = list(takewhile(lambda event: event.seq > seen, reversed(event_log.events)))
    return [event for event in reversed(newer) if not isinstance(event.fact, Observation)]


def overtaken(event_log: EventLog, decision: Decision, seen: int) -> Refused | None:
    """Return the refusal of a decision that was taken on the lead as it was up to the event `seen`; None without news.

    An event that the lead does not have is of another lead, or of a record that was lost.
    """
    if seen > event_log.lead.last_seq:
        return refuse(
            f"It was decided on event {seen}, and this lead has {event_log.lead.last_seq}",
            Suggestion(kind=SuggestionKind.NEWS, text="Look at the lead, then decide again"),
        )
    news = [event for event in news_since(event_log, seen) if not _is_followed(event, decision)]
    if not news:
        return None
    named = ", ".join(f"{event.seq} {title(event.kind).lower()}" for event in news[-MAX_NAMED:])
    more = "Events have" if len(news) > 1 else "An event has"
    return refuse(
        f"{more} come since it was decided on event {seen}: {named}",
        Suggestion(kind=SuggestionKind.NEWS, text="Look at what has happened, then decide again"),
    )


def is_overtaken(refused: Refused) -> bool:
    """Return True for the refusal of a decision that did not know what had happened."""
    return any(each.kind is SuggestionKind.NEWS for each in refused.suggestions)


def _is_followed(event: Event, decision: Decision) -> bool:
    """Return True if the same person handed in both while the lead did not answer, first that event and then this."""
    first = event.fact
    return (
        isinstance(first, Decision)
        and first.said_at is not None
        and decision.said_at is not None
        and first.said_at <= decision.said_at
        and first.actor is not None
        and decision.actor is not None
        and first.actor.identity == decision.actor.identity
    )
