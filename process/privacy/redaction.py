"""Blacking a person out of what a lead keeps: the events, and everything beside them.

Names and addresses of the person go, wherever they stand. If they are the customer's contact, all free text of the lead
goes whole, for it is about them. Kinds, times, amounts, versions, roles and keys stay, so that the redacted events make the
same lead but for its texts. Texts that are made from others are made anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog, Unknown
from process.core.evolve import retold
from process.core.fold import fold
from process.core.outbox import Outbox
from process.core.receipts import Receipts
from process.core.trail import Trail
from process.deadlines.serving import EventNear
from process.decisions.serving import EventAnnounced
from process.effects import ReadAnswers, SendMail
from process.effects.observations import PersonErased
from process.identity import Digests
from process.lead.lead import Lead
from process.personal import ERASED, Personal
from process.privacy.acquaintance import everybody_in, is_contact, known_as, names_nobody
from process.privacy.person import Person, Whom
from process.privacy.walking import changed

_NAMED = frozenset({Personal.NAME, Personal.ADDRESS})


class Redaction(NamedTuple):
    """The rule by which the texts of one lead are blacked out."""

    person: Person | None
    """The person with all names under which the lead knows them; None if nobody is named."""
    whole: frozenset[Personal]
    """Kinds of texts that go whole."""

    def apply(self, text: str, mark: Personal) -> str:
        """Return what stays of a text with this mark."""
        if names_nobody(text):
            return text
        if mark in self.whole:
            return ERASED
        if self.person is None:
            return text
        if (
            mark is Personal.NAME
            and self.whole
            and not text.startswith("@")
            and self.person.may_be_called(text)
        ):
            return ERASED  # in the lead of a person, their first name stands for them; a login does not
        if not self.person.is_mentioned_in(text):
            return text
        if mark is Personal.ADDRESS and not any(map(str.isspace, text)):
            return ERASED
        return self.person.blacked_out(text)


def redaction_of(events: Sequence[Event], whom: Whom) -> Redaction:
    """Return the rule for the lead with these events."""
    if not isinstance(whom, Person):
        return Redaction(everybody_in(events), _NAMED | {Personal.WORDS})
    person = known_as(whom, events)
    whole = {Personal.WORDS} if is_contact(person, events) else ()
    return Redaction(person, frozenset(whole))


def redact_events(
    events: Iterable[Event], whom: Whom, lead_id: str, until: int | None = None
) -> tuple[Event, ...]:
    """Return the events of a lead, from the first, without this person; numbers, times, kinds, keys and amounts stay.

    Summaries are made anew. Events after the number `until` stay as they are: a lead that goes on has taken them since.
    Redacting again changes nothing. Raises ValueError if the events do not open a lead.
    """
    events = tuple(events)
    old = events[:until]
    return (*_redacted(old, redaction_of(old, whom), lead_id), *events[len(old) :])


def _redacted(events: tuple[Event, ...], redaction: Redaction, lead_id: str) -> tuple[Event, ...]:
    blank = _with_distinct_names(events, tuple(changed(event, redaction.apply) for event in events))
    if not redaction.whole and all(new is old for new, old in zip(blank, events, strict=True)):
        return events
    return tuple(_summarised(events, blank, redaction, lead_id))


def _with_distinct_names(events: Sequence[Event], blank: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return the redacted events with a number after the name of each community event that took that of another one."""
    names = {old: new for one, other in zip(events, blank, strict=True) for old, new in _renamed(one, other)}
    numbers = {name: number for number, name in enumerate(names) if [*names.values()].count(names[name]) > 1}
    if not numbers:
        return blank
    return tuple(_named(old, new, numbers) for old, new in zip(events, blank, strict=True))


def _renamed(old: Event, new: Event) -> Iterator[tuple[str, str]]:
    match old.fact, new.fact:
        case EventAnnounced(), EventAnnounced():
            yield old.fact.name, new.fact.name


def _named(old: Event, new: Event, numbers: Mapping[str, int]) -> Event:
    match old.fact, new.fact:
        case EventAnnounced(name=name), EventAnnounced() if name in numbers:
            return new.replaced(fact=new.fact.replaced(name=f"{new.fact.name} {numbers[name]}"))
        case EventNear(event=name), EventNear() if name in numbers:
            return new.replaced(fact=new.fact.replaced(event=f"{new.fact.event} {numbers[name]}"))
    return new


def _summarised(
    events: Sequence[Event], blank: Sequence[Event], redaction: Redaction, lead_id: str
) -> Iterator[Event]:
    """Yield the redacted events with new summaries, where the old one may tell what is gone."""
    for old, new, again in zip(events, blank, retold(blank, lead_id), strict=True):
        if isinstance(new.fact, Unknown) or (new is old and not redaction.whole):
            yield new
        else:
            yield new.replaced(summary=redaction.apply(again, Personal.MENTION))


def redacted(aggregate: LeadAggregate, whom: Whom, request_id: str, now: datetime) -> LeadAggregate:
    """Return the lead without this person, also in what it keeps beside its events, and with a note of the request.

    The same request changes nothing again.
    """
    if was_erased(aggregate, request_id):
        return aggregate
    redaction = redaction_of(tuple(aggregate.event_log.events), whom)
    return without(aggregate, redaction).record(PersonErased(request_id=request_id), now)


def without(aggregate: LeadAggregate, redaction: Redaction) -> LeadAggregate:
    """Return the lead without the texts that the rule blacks out, also in what it keeps beside its events."""
    events = tuple(aggregate.event_log.events)
    after = _redacted(events, redaction, aggregate.lead.id)
    whole = LeadAggregate.of(EventLog.of(after, fold(after, aggregate.lead.id)))
    beside = changed(aggregate.replaced(event_log=whole.event_log, trail=Trail()), redaction.apply)
    return beside.replaced(
        event_log=whole.event_log,
        event_bytes=whole.event_bytes,
        answer_bytes=whole.answer_bytes,
        outbox=_possible(beside.outbox, redaction),
        suspended=_possible(beside.suspended, redaction),
        receipts=_without_contents(beside.receipts),
        digests=_of_known(beside.digests, whole.lead),
    )


def was_erased(aggregate: LeadAggregate, request_id: str) -> bool:
    """Return True if this request was carried out in the lead."""
    return any(fact.request_id == request_id for _, fact in aggregate.event_log.recorded(PersonErased))


def _possible(outbox: Outbox, redaction: Redaction) -> Outbox:
    """Return the effects without mails to erased addresses, and without those that would bring back what was erased."""
    kept = []
    for item in outbox:
        if redaction.whole and isinstance(item.effect, ReadAnswers):
            continue
        if isinstance(item.effect, SendMail) and ERASED in item.effect.addresses:
            left = tuple(address for address in item.effect.addresses if address != ERASED)
            if not left:
                continue
            item = item.replaced(effect=item.effect.replaced(addresses=left))
        kept.append(item)
    return tuple(kept)


def _without_contents(receipts: Receipts) -> Receipts:
    """Return the receipts without the checksums of what was sent, by which somebody may guess it: the keys are enough."""
    return Receipts(receipt.replaced(content="") for receipt in receipts).packed()


def _of_known(digests: Digests | None, lead: Lead) -> Digests | None:
    """Return the digests without that of an address that the lead does not know any more."""
    return digests.replaced(contact=None) if digests and lead.email is None else digests
