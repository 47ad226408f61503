"""The week's letters: what of the agenda each role, and each person who is assigned by name, is to hear on its first day."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from process.calendar import day_of
from process.policy import TEAMS
from process.types import Line, Model, Role
from process.views.agenda import Agenda, Item, Section

WEEK = timedelta(days=7)
SHOWN = 50
"""Lines of one part; a list that is longer is not read. `leads agenda` has all."""


class Week(Model):
    """An ISO week, and the day of it on which its digest is written."""

    name: str
    """As `2026-W35`."""
    day: date

    @classmethod
    def at(cls, now: datetime, zone: str) -> "Week":
        day = day_of(now, zone)
        year, number, _ = day.isocalendar()
        return cls(name=f"{year}-W{number:02}", day=day)


class DigestSection(Model):
    """One heading of a letter."""

    title: str
    items: tuple[Item, ...]
    more: int = 0
    """How many others there are."""


class DigestMail(Model):
    """A role's digest of a week, or that of one person who has it for some leads."""

    key: str
    """The role, or a digest of the person's address: it is part of ids."""
    week: Week
    role: Role
    person: Line | None = None
    address: Line | None = None
    """The person's. Else it goes to whoever is behind the role."""
    sections: tuple[DigestSection, ...]
    later: int = 0
    """How many things are due after this week."""
    unreachable: int = 0
    """How many leads did not answer."""

    def count(self, *titles: str) -> int:
        return sum(len(section.items) + section.more for section in self.sections if section.title in titles)

    @property
    def subject(self) -> str:
        """What it comes to, in a line."""
        urgent, due = self.count(_ATTENTION, _OVERDUE), self.count(_THIS_WEEK)
        said = [f"{urgent} to look at now"] if urgent else []
        said += [f"{due} due this week"] if due else []
        return f"Leads, {self.week.name}: {', '.join(said) or 'nothing due'}"


_ATTENTION, _OVERDUE, _THIS_WEEK = "Needs attention", "Overdue", "This week"
_WAITING, _STUCK = "Waiting", "Stuck"


class _Owner(NamedTuple):
    role: Role
    person: str | None = None
    address: str | None = None


def digest_mails(agenda: Agenda, week: Week) -> tuple[DigestMail, ...]:
    """A letter for everybody to whom there is something to say. A person who has a role by name gets theirs alone."""
    theirs: dict[_Owner, list[Item]] = {}
    for item in agenda.items:
        if item.role in TEAMS:
            theirs.setdefault(_owner(item), []).append(item)
    found = (_letter(owner, items, week, len(agenda.unreachable)) for owner, items in theirs.items())
    return tuple(sorted((each for each in found if each.sections), key=lambda each: each.key))


def _owner(item: Item) -> _Owner:
    return _Owner(item.role, item.person, item.email.casefold()) if item.email else _Owner(item.role)


def _letter(owner: _Owner, items: Iterable[Item], week: Week, unreachable: int) -> DigestMail:
    sections: dict[str, list[Item]] = {}
    later = 0
    for item in items:
        if (title := _title(item, week.day + WEEK)) is None:
            later += 1
        else:
            sections.setdefault(title, []).append(item)
    return DigestMail(
        key=_key(owner),
        week=week,
        role=owner.role,
        person=owner.person,
        address=owner.address,
        sections=tuple(_sections(sections)),
        later=later,
        unreachable=unreachable,
    )


def _key(owner: _Owner) -> str:
    if owner.address is None:
        return str(owner.role)
    return f"{owner.role}-{hashlib.sha256(owner.address.encode()).hexdigest()[:12]}"


def _title(item: Item, end: date) -> str | None:
    """Under what it stands; None where its time is not yet."""
    if item.section in (Section.DUE, Section.UPCOMING):
        return _THIS_WEEK if item.until is None or item.until < end else None
    return {
        Section.ATTENTION: _ATTENTION,
        Section.OVERDUE: _OVERDUE,
        Section.WAITING: _WAITING,
        Section.STUCK: _STUCK,
    }[item.section]


def _sections(found: dict[str, list[Item]]) -> Iterator[DigestSection]:
    for title in (_ATTENTION, _OVERDUE, _THIS_WEEK, _WAITING, _STUCK):
        if items := sorted(found.get(title, ()), key=lambda item: item.urgency):
            yield DigestSection(title=title, items=tuple(items[:SHOWN]), more=max(0, len(items) - SHOWN))
