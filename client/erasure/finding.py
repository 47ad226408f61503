"""Finds the leads that keep something of a person, and the further words by which these leads know them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from client.errors import LeadErased
from client.past import events_of
from ledger.reader import LedgerReader
from process.core.events import Event
from process.core.fold import fold
from process.privacy.acquaintance import is_contact, known_as
from process.privacy.finding import mentions
from process.privacy.person import Person

ROUNDS = 3
"""Times that words which were found are looked for in their turn."""


class FoundLead(NamedTuple):
    """A lead that keeps something of a person."""

    lead_id: str
    heading: str
    is_contact: bool
    """True if they are, or were, the customer's contact: then all free text and all answers of the lead are theirs."""
    places: int
    """Number of texts that name them."""
    is_sure: bool = True
    """False if one word alone names them there, which others may share."""


class Found(NamedTuple):
    """A person with all words by which they are known, and the leads that keep something of them."""

    person: Person
    leads: tuple[FoundLead, ...]

    @property
    def unsure(self) -> int:
        """Number of leads that have one word of the person alone."""
        return sum(not each.is_sure for each in self.leads)


def person_named(words: Iterable[str]) -> Person:
    """Return the person with these words: mail addresses, logins as `@name`, and names. Raises ValueError."""
    given = [word.strip() for word in words if word.strip()]
    addresses = tuple(word for word in given if "@" in word.lstrip("@"))
    logins = tuple(word.removeprefix("@") for word in given if word.startswith("@") and word not in addresses)
    names = tuple(word for word in given if word not in addresses and not word.startswith("@"))
    return Person(names=names, addresses=addresses, logins=logins)


def find(
    ledger: LedgerReader,
    person: Person,
    *,
    lead_ids: Iterable[str] = (),
    widen: bool = True,
) -> Found:
    """Return the leads of the ledger that name the person, and with `widen` the person with the words found there.

    `lead_ids`: those to look at, by default all. Raises LedgerError.
    """
    only, whole = tuple(dict.fromkeys(lead_ids)), person.whole
    for _ in range(ROUNDS if widen else 0):
        wider, wider_whole = person, whole
        for each in _mentioning(ledger, person, only):
            wider = known_as(wider, each.events)
            wider_whole = wider_whole and known_as(wider_whole, each.events).whole
        if (wider, wider_whole) == (person, whole):
            break
        person, whole = wider, wider_whole
    return Found(person, tuple(_found(each, person, whole) for each in _mentioning(ledger, person, only)))


class _Recorded(NamedTuple):
    lead_id: str
    events: tuple[Event, ...]


def _mentioning(ledger: LedgerReader, person: Person, only: tuple[str, ...]) -> Iterator[_Recorded]:
    for lead_id in only or tuple(head.lead_id for head in ledger.heads()):
        try:
            events = events_of(ledger, lead_id)
        except LeadErased:
            continue
        if mentions(events, person):
            yield _Recorded(lead_id, events)


def _found(recorded: _Recorded, person: Person, whole: Person | None) -> FoundLead:
    lead = fold(recorded.events, recorded.lead_id)
    return FoundLead(
        recorded.lead_id,
        lead.heading,
        is_contact(person, recorded.events),
        len(mentions(recorded.events, person)),
        whole is not None and bool(mentions(recorded.events, whole)),
    )
