"""Receipts of decisions, by which repeats are recognised and answered as before."""

from datetime import datetime, timedelta

from pydantic_core import to_json

from process.core.answers import Answer, refused_answer
from process.core.events import Event, EventLog, Fact
from process.core.packed import Packed
from process.core.refusal import Refused
from process.decisions.base import SET_BY_FACE, Decision
from process.hashing import short_hash
from process.types import Id, Mention, Model

RECEIPTS = 500
"""Number of newest receipts that a lead keeps at least."""

DOUBLE_CLICK = timedelta(minutes=10)
"""A decision without a key that equals the newest one and comes within this time is a repeat of it."""


class Receipt(Model):
    """The answer that a decision got, kept to answer its repeats."""

    key: Mention | None
    content: Id
    """Digest of the decision as it was sent. The same key with another content is a sender's mistake. Empty if only the
    recorded event is known: then the key alone counts."""
    seq: int | None = None
    """Number of the event that records the decision; None if it was refused."""
    refused: Refused | None = None

    def is_of(self, content: str) -> bool:
        """Return True if it is the receipt of this decision, and not of another one under the same key."""
        return self.content in ("", content)

    def answer_again(self, event_log: EventLog) -> Answer:
        """Return the first answer, marked as a repeat."""
        if self.refused:
            return refused_answer(self.refused).replaced(repeat=True)
        return Answer.to(event_log, self.seq or 0).replaced(repeat=True)


class Receipts(Packed[Receipt]):
    """The receipts of a lead, oldest first."""

    item = Receipt

    def find(self, key: str) -> Receipt | None:
        """Return the receipt under this key, or None."""
        return next(self.matching(lambda receipt: receipt.key == key, to_json(key).decode()), None)


def content_of(decision: Decision) -> str:
    """Return a checksum of the decision that does not depend on its key, who sent it how, or the moment it was said.

    Nor does it change when the decision gets a new field with a default.
    """
    body = decision.model_dump_json(exclude={*SET_BY_FACE, "actor"}, exclude_defaults=True)
    return short_hash(f"{decision.kind} {body}")


def find_receipt(
    receipts: Receipts, event_log: EventLog, decision: Decision, content: str, now: datetime
) -> Receipt | None:
    """Return the receipt under the decision's key or, for one without a key, that of a double click.

    `content` is its checksum, `content_of`.
    """
    if decision.key:
        return receipts.find(decision.key)
    return _double_click(receipts, event_log, decision, content, now)


def with_receipt(receipts: Receipts, key: str | None, content: str, answer: Answer) -> Receipts:
    """Return the receipts with one for this answer."""
    receipt = Receipt(key=key, content=content, seq=answer.seq, refused=answer.refused)
    return receipts.plus(receipt).packed(at_most=RECEIPTS)


def with_recorded(receipts: Receipts, event: Event) -> Receipts:
    """Return the receipts with one for the decision that this event records, as far as the event tells."""
    fact = event.fact
    if not isinstance(fact, Decision) or fact.is_by_date or not fact.key:
        return receipts
    return receipts.plus(Receipt(key=fact.key, content="", seq=event.seq)).packed(at_most=RECEIPTS)


def _double_click(
    receipts: Receipts, event_log: EventLog, decision: Decision, content: str, now: datetime
) -> Receipt | None:
    """Return the newest receipt if the decision repeats it. One by somebody known repeats none by somebody unknown."""
    newest = receipts[-1] if receipts else None
    if newest is None or newest.content != content:
        return None
    last = next(event for event in reversed(event_log.events) if isinstance(event.fact, Decision))
    if _is_known(decision) and not _is_known(last.fact):
        return None
    return newest if newest.seq == last.seq and now - last.at < DOUBLE_CLICK else None


def _is_known(fact: Fact) -> bool:
    """Return True if the face knew who decided."""
    return isinstance(fact, Decision) and fact.actor is not None and fact.actor.authenticated
