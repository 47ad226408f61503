"""Finding the places at which a person is named."""

from collections.abc import Iterator
from typing import Any

from process.core.events import Event
from process.lead.lead import Lead
from process.personal import Personal
from process.privacy.person import Person
from process.types import Model


class Place(Model):
    """A text that names a person."""

    path: str
    """Way to it, such as `fact.note` or `quotes.0.accepted_by`."""
    mark: Personal
    seq: int | None = None
    """Number of the event, if it is part of one."""


def mentions(value: Any, person: Person) -> list[Place]:  # noqa: ARG001
    """Return the places at which the person is named in an event, a lead, an aggregate, or a sequence of such."""
    return []


def persons_of(lead: Lead) -> Iterator[Person]:
    """Yield the persons whom the lead names in fields of their own: the contact first."""
    yield Person(names=(lead.person,), addresses=(lead.email,) if lead.email else ())


def is_contact(events: list[Event], person: Person) -> bool:  # noqa: ARG001
    """Return True if the person is, or was, the customer's contact of the lead with these events."""
    return False
