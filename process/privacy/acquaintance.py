"""Names by which a lead's events know a person, beyond those given, and whether they are the contact."""

from collections.abc import Iterable, Iterator, Sequence

from process.actor import NOBODY_BY_NAME
from process.core.events import Event
from process.decisions.opening import Assigned, DetailsChanged, LeadOpened
from process.duplicates.observations import RelationNoticed
from process.effects.observations import TeamChanged
from process.lead.hub import PENDING
from process.personal import ERASED, Personal
from process.privacy.person import Person
from process.privacy.walking import personal_texts

NO_NAMES = NOBODY_BY_NAME | {ERASED, PENDING}
"""Texts in place of a name that name nobody."""
TEAM = "team:"
"""Beginning of the name of a team on GitHub, where people are named."""
_LEAD = "lead-"
"""Beginning of the id of a lead, where another lead is the sender of what was refused."""


def names_nobody(text: str) -> bool:
    """Return True for a text in place of a name that is no person's."""
    return text in NO_NAMES or text.startswith((TEAM, _LEAD))


def known_as(person: Person, events: Sequence[Event]) -> Person:
    """Return the person with the other names, addresses and logins that the lead knows of them."""
    cards = [card for card in map(tuple, _cards(events)) if len(card) > 1]
    while True:
        words = [word for card in cards if any(map(person.is_mentioned_in, card)) for word in card]
        known = person.with_words(words)
        if known is person:
            return person
        person = known


def is_contact(person: Person, events: Iterable[Event]) -> bool:
    """Return True if the person is, or was, the customer's contact of the lead with these events."""
    return any(person.is_mentioned_in(text) for event in events for text in _contact(event))


def everybody_in(events: Iterable[Event]) -> Person | None:
    """Return one person with the names and addresses of all who are named in fields of their own; None if nobody is."""
    words = (
        part.strip()
        for event in events
        for found in personal_texts(event)
        if found.mark in (Personal.NAME, Personal.ADDRESS)
        for part in found.text.replace(";", ",").replace("\n", ",").split(",")
    )
    return Person.called(word for word in words if not names_nobody(word))


def _contact(event: Event) -> Iterator[str]:
    match event.fact:
        case LeadOpened() | DetailsChanged() as fact:
            yield from (text for text in (fact.person, fact.email) if text)
        case RelationNoticed() as fact if fact.notice.email:
            yield fact.notice.email


def _cards(events: Iterable[Event]) -> Iterator[tuple[str, ...]]:
    """Yield the names that stand for one person together."""
    contact = ""
    for event in events:
        match event.fact:
            case LeadOpened() | DetailsChanged() as fact:
                contact = fact.person or contact
                if fact.email:
                    yield _named(contact, fact.email)
            case Assigned() as fact:
                yield _named(fact.person, fact.login, fact.email)
        match event.fact:
            case LeadOpened() as opened:
                yield from (_named(login, *others) for login, others in opened.policy.aliases.items())
            case TeamChanged() as team:
                yield from (_named(login, *others) for login, others in team.aliases.items())


def _named(*names: str | None) -> tuple[str, ...]:
    return tuple(name for name in names if name and not names_nobody(name))
