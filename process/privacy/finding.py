"""Finding the places at which a person is named."""

from typing import Any

from process.core.events import Event
from process.personal import Personal
from process.privacy.person import Person
from process.privacy.walking import personal_texts
from process.types import Id, Model


class Place(Model):
    """A text that names a person."""

    path: Id
    """Way to it, such as `fact.note` or `quotes.0.accepted_by`."""
    mark: Personal
    seq: int | None = None
    """Number of the event, if it is part of one."""


def mentions(value: Any, person: Person) -> list[Place]:
    """Return the places at which the person is named in an event, a lead, an aggregate, or a sequence of such."""
    if isinstance(value, list | tuple) and any(isinstance(each, Event) for each in value):
        return [place for each in value for place in mentions(each, person)]
    seq = value.seq if isinstance(value, Event) else None
    return [
        Place(path=".".join(found.path), mark=found.mark, seq=seq)
        for found in personal_texts(value)
        if person.is_mentioned_in(found.text)
    ]
