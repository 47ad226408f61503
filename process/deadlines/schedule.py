"""When each deadline is due, and which of them a change moves."""

from collections.abc import Iterable
from datetime import date

from process.core.cache import cached_per_lead
from process.core.events import Event, EventLog
from process.deadlines import billing, contracting, qualifying, quoting, serving, waiting
from process.deadlines.base import Due, Schedules
from process.lead.lead import Lead

_BY_KIND: Schedules = {
    kind: schedule
    for module in (qualifying, quoting, contracting, billing, serving, waiting)
    for kind, schedule in module.SCHEDULES.items()
}
_SCHEDULES = tuple(dict.fromkeys(_BY_KIND.values()))


@cached_per_lead
def due(lead: Lead) -> tuple[Due, ...]:
    """All that is due in time, earliest first."""
    found = (item for schedule in _SCHEDULES for item in schedule(lead))
    return tuple(sorted(found, key=lambda item: (item.when, item.fact.kind)))


def moved_dates(before: Lead, after: Lead) -> tuple[str, ...]:
    """Which dates are others after something became true, in words and in order."""
    old, new = _days(before), _days(after)
    moved = []
    for what in sorted(old.keys() | new.keys(), key=lambda what: (new.get(what) or old[what], what)):
        was, is_ = old.get(what, ()), new.get(what, ())
        if was != is_:
            days = _joined(is_) or "no more"
            moved.append(f"{what}: {days}{f', was {_joined(was)}' if was else ''}")
    return tuple(moved)


def _days(lead: Lead) -> dict[str, tuple[date, ...]]:
    """When what is due, in the lead's own zone."""
    found: dict[str, tuple[date, ...]] = {}
    for item in due(lead):
        what = item.fact.kind.replace("_", " ").capitalize()
        found[what] = (*found.get(what, ()), lead.today(item.when))
    return found


def _joined(days: Iterable[date]) -> str:
    return ", ".join(map(str, days))


def was_due(event_log: EventLog, event: Event) -> bool:
    """Return True if the deadline in this event was due, exactly so, after this history.

    Only the schedule of its kind is computed, because callers ask for years of events.
    """
    schedule = _BY_KIND.get(event.kind)
    return schedule is not None and any(
        item.fact.kind == event.kind
        and item.when <= event.at
        and item.fact.resolved(event_log, event.at) == event.fact
        for item in schedule(event_log.lead)
    )
