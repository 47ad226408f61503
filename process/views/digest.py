"""Weekly digest mails: the agenda of each role, and of each person assigned to a role."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from process.addresses import folded
from process.calendar import day_of
from process.hashing import short_hash
from process.money.amounts import Money
from process.policy import TEAMS
from process.types import Code, Id, MailAddress, Model, PersonName, Role, Words
from process.views.agenda_items import AgendaItem, Section

WEEK = timedelta(days=7)
SHOWN = 50
"""Maximum number of items in a section."""


class Week(Model):
    """An ISO week, and the day on which its digest is written."""

    name: Code
    """ISO name of the week, e.g. `2026-W35`."""
    day: date

    @classmethod
    def at(cls, now: datetime, zone: str) -> "Week":
        """Return the week of this moment in a time zone."""
        day = day_of(now, zone)
        year, number, _ = day.isocalendar()
        return cls(name=f"{year}-W{number:02}", day=day)


class DigestSection(Model):
    """One section of a digest mail."""

    title: Code
    items: tuple[AgendaItem, ...]
    more: int = 0
    """Number of further items that are not shown."""


class MovedBy(Model):
    """Events of one kind that moved the forecast."""

    what: Words
    change: Money


class ForecastFigure(Model):
    """The forecast in one currency, and what moved it since the week before."""

    months: int
    """Number of months that it covers."""
    amount: Money
    change: Money
    moved_by: tuple[MovedBy, ...] = ()
    """The causes; they add up to the change."""


class OverdueInvoices(Model):
    """Overdue invoices in one currency."""

    number: int
    total: Money


class DigestFigures(Model):
    """Figures of all leads, by currency, for the roles that see money."""

    forecasts: tuple[ForecastFigure, ...] = ()
    unbilled: tuple[Money, ...] = ()
    """Estimates of what nobody is billed for."""
    overdue: tuple[OverdueInvoices, ...] = ()


class DigestMail(Model):
    """Weekly digest of a role, or of a person who has the role for some leads."""

    key: Id
    """The role, with a hash of the person's address if it is a person's digest; part of ids."""
    week: Week
    role: Role
    person: PersonName | None = None
    address: MailAddress | None = None
    """The person's mail address; None if the mail goes to the role."""
    sections: tuple[DigestSection, ...]
    later: int = 0
    """Number of items that are due after this week."""
    outdated: int = 0
    """Number of leads, of all roles, whose items may be wrong because they have not followed their dates."""
    figures: DigestFigures | None = None
    """None for roles that see no money, and for people who have the role for some leads only."""
    waiting: int = 0
    """Number of responses to the questionnaire that wait, since it opens so many leads a day only."""
    erased: int = 0
    """Number of leads whose personal data the policy's time has erased since the week before."""

    def count(self, *titles: str) -> int:
        """Return the number of items in the sections with these titles, shown or not."""
        return sum(len(section.items) + section.more for section in self.sections if section.title in titles)

    @property
    def subject(self) -> str:
        """The subject line: the numbers of urgent items and of items due this week."""
        urgent, due = self.count(_ATTENTION, _OVERDUE), self.count(_THIS_WEEK)
        counts = [f"{urgent} to look at now"] if urgent else []
        counts += [f"{due} due this week"] if due else []
        return f"Leads, {self.week.name}: {', '.join(counts) or 'nothing due'}"


_ATTENTION, _OVERDUE, _THIS_WEEK = "Needs attention", "Overdue", "This week"
_WAITING, _STUCK = "Waiting", "Stuck"


class _Owner(NamedTuple):
    role: Role
    person: str | None = None
    address: str | None = None


class Digests:
    """Collects items lead by lead, and keeps no more of them than the mails show."""

    def __init__(self, week: Week) -> None:
        self._week = week
        self._parts: dict[_Owner, _Part] = {}

    def add(self, items: Iterable[AgendaItem]) -> None:
        """Add items of one lead or of several."""
        for item in items:
            if item.role in TEAMS:
                self._parts.setdefault(_owner(item), _Part()).add(item, self._week.day + WEEK)

    def mails(self, outdated: int = 0) -> tuple[DigestMail, ...]:
        """Return the mails in the order of their keys. `outdated`: number of leads that have not followed their dates."""
        mails = (
            DigestMail(
                key=_key(owner),
                week=self._week,
                role=owner.role,
                person=owner.person,
                address=owner.address,
                sections=part.sections(),
                later=part.later,
                outdated=outdated,
            )
            for owner, part in self._parts.items()
        )
        return tuple(sorted((mail for mail in mails if mail.sections), key=lambda mail: mail.key))


class _Part:
    """The items of one mail."""

    def __init__(self) -> None:
        self.later = 0
        self._found: dict[str, list[AgendaItem]] = {}
        self._more: Counter[str] = Counter()

    def add(self, item: AgendaItem, end: date) -> None:
        """Add an item; it is only counted if it is due after this week, which ends before `end`."""
        if (title := _title(item, end)) is None:
            self.later += 1
            return
        items = self._found.setdefault(title, [])
        items.append(item)
        if len(items) > 2 * SHOWN:
            items.sort(key=_urgency)
            self._more[title] += len(items) - SHOWN
            del items[SHOWN:]

    def sections(self) -> tuple[DigestSection, ...]:
        """Return the sections that have items, the most urgent items first."""
        return tuple(
            self._section(title, sorted(self._found[title], key=_urgency))
            for title in (_ATTENTION, _OVERDUE, _THIS_WEEK, _WAITING, _STUCK)
            if title in self._found
        )

    def _section(self, title: str, items: list[AgendaItem]) -> DigestSection:
        more = self._more[title] + max(0, len(items) - SHOWN)
        return DigestSection(title=title, items=tuple(items[:SHOWN]), more=more)


def _urgency(item: AgendaItem) -> tuple[date, str]:
    return item.urgency


def _owner(item: AgendaItem) -> _Owner:
    return _Owner(item.role, item.person, folded(item.email)) if item.email else _Owner(item.role)


def _key(owner: _Owner) -> str:
    if owner.address is None:
        return str(owner.role)
    return f"{owner.role}-{short_hash(owner.address, 12)}"


def _title(item: AgendaItem, end: date) -> str | None:
    """Return the title of the item's section, or None if the item is due after this week."""
    if item.section in (Section.DUE, Section.UPCOMING):
        return _THIS_WEEK if item.until is None or item.until < end else None
    return {
        Section.ATTENTION: _ATTENTION,
        Section.OVERDUE: _OVERDUE,
        Section.WAITING: _WAITING,
        Section.STUCK: _STUCK,
    }[item.section]
