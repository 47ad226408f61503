"""Answers to decisions, the receipts by which repeats are recognised, and refusals."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import AwareDatetime
from pydantic_core import to_json

from process.core.events import Event, EventLog, Fact
from process.core.packed import Packed
from process.core.refusal import Refused, Suggestion, refuse
from process.decisions.base import SET_BY_FACE, Decision
from process.types import Id, Mention, Model, PersonName, Title, Words

RECEIPTS = 500
"""Number of newest receipts that a lead keeps at least."""

MAX_SUGGESTIONS = 5
MAX_SUGGESTION_BYTES = 3_000
"""Bounds of what a refusal suggests: a lead keeps a hundred refusals."""

DOUBLE_CLICK = timedelta(minutes=10)
"""A decision without a key that equals the newest one and comes within this time is a repeat of it."""

REPEATED = "It came again and was already taken as"
"""Beginning of the note about a decision that was repeated: it is no news, for nothing was lost."""
NOT_SIGNED = refuse(
    "The lead does not know the key with which the service signed that",
    "Send it again in a minute: the lead is asking its worker for the service's present key",
)


class Answer(Model):
    """The answer to a decision."""

    accepted: bool
    message: Words
    """The event's summary, or the reason of the refusal: one sentence without its full stop."""
    suggestions: tuple[Suggestion, ...] = ()
    """Decisions that would work instead; of an accepted decision, the tasks that are left."""
    seq: int | None = None
    repeat: bool = False
    """True if the same decision came before. The answer is the one that it got then."""
    recorded: bool = True
    """False if the ledger was away, so that the event is written when it is back. Nothing is lost."""

    def __str__(self) -> str:
        return self.message if self.accepted else str(self.refused)

    @classmethod
    def to(cls, event_log: EventLog, seq: int) -> Self:
        """Return the answer to the decision that was recorded as `seq`."""
        event = event_log.find(seq)
        if event is None:
            return cls(accepted=True, message="", seq=seq)
        suggestions = event.fact.follow_ups(event_log)
        return cls(accepted=True, message=event.summary, suggestions=suggestions, seq=seq)

    @property
    def follow_ups(self) -> Refused | None:
        """Tasks that are left after an accepted decision, in the form that each face writes; None if there are none."""
        if not self.accepted or not self.suggestions:
            return None
        first, *others = self.suggestions
        return Refused(reason=first.text, suggestions=tuple(others))

    @property
    def refused(self) -> Refused | None:
        """The refusal, if the decision was refused."""
        return None if self.accepted else Refused(reason=self.message, suggestions=self.suggestions)


class Receipt(Model):
    """The answer that a decision got, kept to answer its repeats."""

    key: Mention | None
    content: Id
    """Digest of the decision as it was sent. The same key with another content is a sender's mistake. Empty if only the
    recorded event is known: then the key alone counts."""
    seq: int | None = None
    """Number of the event that records the decision; None if it was refused."""
    refused: Refused | None = None

    def is_of(self, decision: Decision) -> bool:
        """Return True if it is the receipt of this decision, and not of another one under the same key."""
        return self.content in ("", content_of(decision))

    def answer_again(self, event_log: EventLog) -> Answer:
        """Return the first answer, marked as a repeat."""
        if self.refused:
            return _no(self.refused).replaced(repeat=True)
        return Answer.to(event_log, self.seq or 0).replaced(repeat=True)


def key_reused(key: str) -> Refused:
    """Return the refusal of a decision under the key of another one."""
    return refuse(f"The key {key!r} already stands for another decision", "Give each its own")


class Receipts(Packed[Receipt]):
    """The receipts of a lead, oldest first."""

    item = Receipt

    def find(self, key: str) -> Receipt | None:
        """Return the receipt under this key, or None."""
        return next(self.matching(lambda receipt: receipt.key == key, to_json(key).decode()), None)


def _no(refused: Refused) -> Answer:
    return Answer(accepted=False, message=refused.reason, suggestions=refused.suggestions)


class Refusal(Model):
    """A message from outside that was refused. It is recorded and shown, and changes nothing else in the lead."""

    at: AwareDatetime
    kind: Title
    by: PersonName
    source: Title
    reason: Words
    suggestions: tuple[Suggestion, ...] = ()
    for_team: bool = True
    """False if the sender was told, and for a repeat: the team has nothing to do about it."""

    @property
    def refused(self) -> Refused:
        """The refusal itself, without when and from whom the message came."""
        return Refused(reason=self.reason, suggestions=self.suggestions)

    def answer(self) -> Answer:
        """Return the answer that the sender of the decision gets."""
        return _no(self.refused)

    @classmethod
    def of(
        cls,
        kind: str,
        refused: Refused,
        now: datetime,
        *,
        by: str = "someone",
        source: str = "signal",
        for_team: bool = True,
    ) -> Self:
        """Return a refusal with all texts shortened to one line."""
        return cls(
            at=now,
            kind=printable_line(kind),
            by=printable_line(by),
            source=printable_line(source),
            reason=printable_line(refused.reason, 500),
            suggestions=_kept(refused.suggestions),
            for_team=for_team,
        )


def _kept(suggestions: tuple[Suggestion, ...]) -> tuple[Suggestion, ...]:
    """Return the first suggestions with short texts. One with large or wrong fields, which somebody sent, is left out."""
    short = (
        each.replaced(text=printable_line(each.text, 500)) if each.text else each
        for each in suggestions[:MAX_SUGGESTIONS]
    )
    return tuple(each for each in short if _is_short(each))


def _is_short(suggestion: Suggestion) -> bool:
    """Return True for a suggestion that a lead can keep: one that is small, and is JSON."""
    try:
        return len(to_json(suggestion)) <= MAX_SUGGESTION_BYTES
    except ValueError:  # half of a surrogate pair in a field
        return False


def content_of(decision: Decision) -> str:
    """Return a checksum of the decision that does not depend on its key, who sent it how, or the moment it was said.

    Nor does it change when the decision gets a new field with a default.
    """
    body = decision.model_dump_json(exclude={*SET_BY_FACE, "actor"}, exclude_defaults=True)
    return hashlib.sha256(f"{decision.kind} {body}".encode()).hexdigest()[:16]


def find_receipt(
    receipts: Receipts, event_log: EventLog, decision: Decision, now: datetime
) -> Receipt | None:
    """Return the receipt under the decision's key or, for one without a key, that of a double click."""
    if decision.key:
        return receipts.find(decision.key)
    return _double_click(receipts, event_log, decision, now)


def with_receipt(receipts: Receipts, decision: Decision, answer: Answer) -> Receipts:
    """Return the receipts with one for this answer."""
    receipt = Receipt(key=decision.key, content=content_of(decision), seq=answer.seq, refused=answer.refused)
    return receipts.plus(receipt).packed(at_most=RECEIPTS)


def with_recorded(receipts: Receipts, event: Event) -> Receipts:
    """Return the receipts with one for the decision that this event records, as far as the event tells."""
    fact = event.fact
    if not isinstance(fact, Decision) or fact.is_by_date or not fact.key:
        return receipts
    return receipts.plus(Receipt(key=fact.key, content="", seq=event.seq)).packed(at_most=RECEIPTS)


def _double_click(
    receipts: Receipts, event_log: EventLog, decision: Decision, now: datetime
) -> Receipt | None:
    """Return the newest receipt if the decision repeats it. One by somebody known repeats none by somebody unknown."""
    newest = receipts[-1] if receipts else None
    if newest is None or newest.content != content_of(decision):
        return None
    last = next(event for event in reversed(event_log.events) if isinstance(event.fact, Decision))
    if _is_known(decision) and not _is_known(last.fact):
        return None
    return newest if newest.seq == last.seq and now - last.at < DOUBLE_CLICK else None


def _is_known(fact: Fact) -> bool:
    """Return True if the face knew who decided."""
    return isinstance(fact, Decision) and fact.actor is not None and fact.actor.authenticated


def given(args: tuple[Any, ...], name: str, default: str) -> str:
    """Return the text under this name in an unreadable message, or the default."""
    value = args[0].get(name) if args and isinstance(args[0], dict) else None
    return value if isinstance(value, str) and value.strip() else default


def printable_line(text: str, longest: int = 200) -> str:
    """Return any text as one printable line of at most this length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= longest else line[: longest - 1] + "…") or "?"
