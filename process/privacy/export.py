"""The data of one person, for that person."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import AwareDatetime

from process.core.events import Event
from process.personal import ERASED, Personal
from process.privacy.acquaintance import everybody_in, is_contact, known_as
from process.privacy.person import Person
from process.privacy.walking import Found, personal_texts
from process.types import Code, Id, Model, Words


class PersonalEntry(Model):
    """One event that says something of the person. Everybody else is blacked out."""

    seq: int
    at: AwareDatetime
    kind: Code
    summary: Words
    fields: dict[Id, Words] = {}
    """Path of each text about them -> the text."""


class PersonalData(Model):
    """Everything that one lead keeps of a person."""

    lead_id: Id
    is_contact: bool
    """True if the person is or was the customer's contact, so that all free text of the lead is about them."""
    words: tuple[Words, ...]
    """The names, addresses and logins under which the lead knows them."""
    timeline: tuple[PersonalEntry, ...] = ()


def export(events: Iterable[Event], person: Person, lead_id: str) -> PersonalData:
    """Return the person's data in the events of a lead. The names and addresses of others are blacked out."""
    events = tuple(events)
    person = known_as(person, events)
    contact = is_contact(person, events)
    others = _others(events, person)
    found = (_entry(event, person, others, whole=contact) for event in events)
    return PersonalData(
        lead_id=lead_id,
        is_contact=contact,
        words=tuple(dict.fromkeys(person.words)),
        timeline=tuple(entry for entry in found if entry),
    )


def _others(events: Sequence[Event], person: Person) -> Person | None:
    everybody = everybody_in(events)
    if everybody is None:
        return None
    return Person.called(word for word in everybody.words if not person.is_mentioned_in(word))


def _entry(event: Event, person: Person, others: Person | None, *, whole: bool) -> PersonalEntry | None:
    """Return the event as far as it is about the person; None if it is not. `whole`: all its free text is."""
    texts = [
        found
        for found in _texts_of_fact(event)
        if person.is_mentioned_in(found.text) or (whole and found.mark is Personal.WORDS)
    ]
    if not texts and not person.is_mentioned_in(event.summary):
        return None

    def shown(text: str) -> str:
        return others.blacked_out(text) if others else text

    return PersonalEntry(
        seq=event.seq,
        at=event.at,
        kind=event.kind,
        summary=shown(event.summary),
        fields={".".join(found.path): shown(found.text) for found in texts},
    )


def _texts_of_fact(event: Event) -> Iterator[Found]:
    return (found for found in personal_texts(event.fact) if found.text != ERASED)
