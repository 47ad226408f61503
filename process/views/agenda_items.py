"""The agenda as data: items of one lead with the time in which they hold, and the agenda of many leads."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Self

from pydantic import AwareDatetime

from process.actor import plain_name
from process.lead.assignee import Assignee
from process.types import Address, Id, Mention, Model, Named, Role, Words

AHEAD = timedelta(days=14)
"""Period for which an agenda shows upcoming items."""


class Section(StrEnum):
    """Sections of an agenda, in the order in which they are shown."""

    ATTENTION = "attention"
    OVERDUE = "overdue"
    DUE = "due"
    STUCK = "stuck"
    WAITING = "waiting"
    UPCOMING = "upcoming"


TITLES: Final = {
    Section.ATTENTION: "Needs attention",
    Section.OVERDUE: "Overdue",
    Section.DUE: "To do",
    Section.STUCK: "Stuck",
    Section.WAITING: "Waiting",
    Section.UPCOMING: f"In the next {AHEAD.days} days",
}
"""Section -> its title, as every face shows it."""


class AgendaItem(Model):
    """One line of an agenda, for a role or for the person assigned to the role in this lead."""

    section: Section
    role: Role
    person: Named | None = None
    names: tuple[Named, ...] = ()
    """The person's name, GitHub login and mail address, as far as they are known."""
    email: Address | None = None
    lead_id: Id
    heading: Mention
    text: Words
    since: date | None = None
    until: date | None = None
    link: Id = ""
    day: date | None = None
    """The present day in the lead's time zone."""

    @property
    def owner(self) -> str:
        """The role, with the person who has it for this lead."""
        return f"{self.role} ({self.person})" if self.person else str(self.role)

    @property
    def due(self) -> date | None:
        """The date of `until`, or None if the text already contains it."""
        return None if str(self.until) in self.text else self.until

    @property
    def open_since(self) -> date | None:
        """The date of `since`, or None if the text already contains it."""
        return None if str(self.since) in self.text else self.since

    @property
    def urgency(self) -> tuple[date, str]:
        """The key by which items are sorted: earliest date first, then by lead."""
        return (self.until or self.since or date.max, self.lead_id)


class Agenda(Model):
    """Items of all leads on a day, by section and urgency."""

    day: date
    items: tuple[AgendaItem, ...] = ()
    outdated: tuple[Id, ...] = ()
    """Ids of leads that have not followed their dates, so that their items may be wrong."""

    @classmethod
    def of(cls, day: date, items: Iterable[AgendaItem], outdated: Iterable[str] = ()) -> Self:
        """Return an agenda with the items sorted by section and urgency."""
        place = {section: number for number, section in enumerate(Section)}
        ordered = sorted(items, key=lambda item: (place[item.section], item.urgency))
        return cls(day=day, items=tuple(ordered), outdated=tuple(sorted(outdated)))

    def for_(self, name: str, roles: Collection[Role] = ()) -> Self:
        """Return the agenda of one role or person, given by name, GitHub login or mail address.

        `roles` are those that the person has for all leads: their items come along, unless another person has the role.
        """
        wanted = plain_name(name)
        mine = (
            item
            for item in self.items
            if wanted == item.role
            or wanted in map(plain_name, item.names)
            or (item.role in roles and item.person is None)
        )
        return self.replaced(items=tuple(mine))

    def owners(self) -> tuple[str, ...]:
        """Return the owners of items by role: first the role itself, then assigned persons."""
        roles = [*Role]
        found = {item.owner: (roles.index(item.role), item.person or "") for item in self.items}
        return tuple(sorted(found, key=lambda owner: found[owner]))

    def section(self, owner: str, section: Section) -> tuple[AgendaItem, ...]:
        """Return the items of one owner in one section."""
        return tuple(item for item in self.items if item.owner == owner and item.section is section)


class TimedItem(Model):
    """One line of a lead's agenda, with the time in which it holds unless an event happens."""

    section: Section
    role: Role
    text: Words
    since: date | None = None
    until: date | None = None
    holds_from: AwareDatetime | None = None
    """First moment (UTC) at which it is on the agenda; None if it is already."""
    holds_until: AwareDatetime | None = None
    """First moment (UTC) at which it is no longer on the agenda; None if only an event ends it."""
    from_events: bool = True
    """False if the events do not tell it: an effect that failed, or refused decisions."""

    def holds(self, moment: datetime) -> bool:
        """Return True if it is on the agenda at this moment."""
        return (self.holds_from is None or self.holds_from <= moment) and (
            self.holds_until is None or moment < self.holds_until
        )

    def of_lead(
        self, lead_id: str, heading: str, link: str, assigned: Mapping[Role, Assignee], day: date
    ) -> AgendaItem:
        """Return it as a line of the agenda of many leads."""
        known = assigned.get(self.role)
        return AgendaItem(
            section=self.section,
            role=self.role,
            person=known.person if known else None,
            names=known.names if known else (),
            email=known.email if known else None,
            lead_id=lead_id,
            heading=heading,
            text=self.text,
            since=self.since,
            until=self.until,
            link=link,
            day=day,
        )
