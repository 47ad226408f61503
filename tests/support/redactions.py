"""A lead without its personal texts, by which it is compared before and after a redaction."""

from typing import Any

from process.core.aggregate import LeadAggregate
from process.core.fold import fold
from process.deadlines.schedule import due
from process.lead.lead import Lead
from process.privacy.person import EVERYBODY, Person, Whom
from process.privacy.redaction import redacted
from process.privacy.walking import changed

ADA = Person(names=("Ada Example",), addresses=("ada@example.org",))
GRACE = Person(names=("Grace Example",))
ALL: tuple[Whom, ...] = (ADA, GRACE, EVERYBODY)


def without_texts(lead: Lead) -> dict[str, Any]:
    """Return everything of a lead but its personal texts, and if it has a text at all.

    Of which addresses a role had, two that are erased cannot be told apart.
    """
    assigned = {role: known.replaced(login=None, email=None) for role, known in lead.assigned.items()}
    blank = changed(lead.replaced(email=None, assigned=assigned, former_addresses={}), lambda *_: "x")
    return blank.model_dump(mode="json")


def all_texts(aggregate: LeadAggregate) -> str:
    """Return the JSON of an aggregate, and of what it keeps compressed."""
    packed = (aggregate.event_log.events, aggregate.receipts, aggregate.finished)
    return aggregate.model_dump_json() + "".join(
        item.model_dump_json() for sequence in packed for item in sequence
    )


def check_redaction(aggregate: LeadAggregate, whom: Whom, now: Any) -> LeadAggregate:
    """Redact the lead, check that it is the same but for its texts, and return it."""
    after = redacted(aggregate, whom, "request-1", now)
    *events, note = after.event_log.events
    old = aggregate.event_log.events
    assert note.kind == "person_erased"
    assert [(e.seq, e.at, e.kind, e.policy) for e in events] == [(e.seq, e.at, e.kind, e.policy) for e in old]
    lead = fold(events, aggregate.lead.id)
    assert without_texts(lead) == without_texts(aggregate.lead)
    assert [(d.when, d.fact.kind) for d in due(lead)] == [(d.when, d.fact.kind) for d in due(aggregate.lead)]
    assert fold(after.event_log.events, lead.id) == after.lead
    assert redacted(after, whom, "request-1", now) is after
    again = redacted(after, whom, "request-2", now)
    assert [event.fact for event in again.event_log.events[:-2]] == [event.fact for event in events]
    assert [event.summary for event in again.event_log.events[:-2]] == [event.summary for event in events]
    assert LeadAggregate.model_validate_json(after.model_dump_json()) == after
    if isinstance(whom, Person):
        texts = all_texts(after)
        assert not whom.is_mentioned_in(texts.replace("\\n", " "))
    return after
