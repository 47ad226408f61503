"""The room of strangers' answers in a lead's event log, apart from that of decisions.

Whoever has the link of a questionnaire may answer it again and again. So answers have a room of their own, in which the
newest stay. Of older ones the event stays without its texts; the ledger has them, and the form.
"""

from collections.abc import Iterable

from pydantic_core import to_json

from process.core.events import Event, EventLog
from process.decisions.qualifying import BY_FORM, QuestionnaireAnswered
from process.effects.observations import AnswersRead

MAX_ANSWER_BYTES = 160_000
"""Bytes of the events of answers. At most 32,000 of them are of one response."""
KEPT_ANSWER_BYTES = 60_000
"""Bytes that stay when older answers are forgotten, so that this is rarely done."""


def by_strangers(event: Event) -> bool:
    """Return True if a stranger caused the event alone: the answers, and the note that they came in."""
    fact = event.fact
    return isinstance(fact, AnswersRead) or (
        isinstance(fact, QuestionnaireAnswered) and fact.source == BY_FORM and fact.note is None
    )


def stored_bytes(events: Iterable[Event]) -> int:
    """Return the size of the events as JSON."""
    return sum(len(to_json(event)) for event in events)


def answer_bytes(event_log: EventLog) -> int:
    """Return the size of the events that strangers caused."""
    return stored_bytes(filter(by_strangers, event_log.events))


def with_newest_answers(event_log: EventLog) -> EventLog:
    """Return the log in which the newest answers are kept, and older ones are forgotten."""
    read = [event for event, _ in event_log.recorded(AnswersRead)]
    free, older = KEPT_ANSWER_BYTES, dict[int, Event]()
    for event in reversed(read):
        free -= stored_bytes((event,))
        if free < 0 and isinstance(event.fact, AnswersRead):
            older[event.seq - 1] = event.replaced(fact=event.fact.forgotten())
    return event_log.replaced(events=event_log.events.changed(older))
