"""Due times of a lead's deadlines, and the dates that a change moves."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from process.calendar import day_of
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
    """Return all future and due deadlines of the lead, earliest first."""
    found = (item for schedule in _SCHEDULES for item in schedule(lead))
    return tuple(sorted(found, key=lambda item: (item.when, item.fact.kind)))


def moved_dates(before: Lead, after: Lead) -> tuple[str, ...]:
    """Describe the dates that differ between two states of a lead, in order of time."""
    old, new = _days(before), _days(after)
    moved = []
    for name in sorted(old.keys() | new.keys(), key=lambda name: (new.get(name) or old[name], name)):
        former, days = old.get(name, ()), new.get(name, ())
        if former != days:
            was = f", was {_joined(former)}" if former else ""
            moved.append(f"{name}: {_joined(days) or 'no longer due'}{was}")
    return tuple(moved)


def _days(lead: Lead) -> dict[str, tuple[date, ...]]:
    """Return the days by name of the deadline, as the agenda names them."""
    found: dict[str, tuple[date, ...]] = {}
    for item in due(lead):
        name = item.fact.kind.replace("_", " ").capitalize()
        found[name] = (*found.get(name, ()), last_day(item.when, lead.zone, item.fact.kind))
    return found


def _joined(days: Iterable[date]) -> str:
    return ", ".join(map(str, days))


def last_day(when: datetime, zone: str, kind: str) -> date:
    """Return the day that a person would name: a deadline at the end of a day belongs to that day."""
    return day_of(when - timedelta(seconds=1), zone) if kind in _AT_THE_END else day_of(when, zone)


_AT_THE_END = frozenset(
    {"gone_stale", "quote_expired", "contract_overdue", "contract_lapsed", "lapse_decision_due"}
    | {"renewal_not_begun", "resumed"}
)


def was_due(event_log: EventLog, event: Event) -> bool:
    """Return True if the event's deadline was due, with these fields, at the end of this log.

    Only the schedule of its kind is computed, because callers ask for years of events.
    """
    schedule = _BY_KIND.get(event.kind)
    return schedule is not None and any(
        item.fact.kind == event.kind
        and item.when <= event.at
        and item.fact.resolved(event_log, event.at) == event.fact
        for item in schedule(event_log.lead)
    )
