"""Answers to decisions, the receipts by which repeats are recognised, and refusals."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Self

from pydantic import AwareDatetime

from process.core.events import EventLog
from process.core.refusal import Refused, Suggestion
from process.decisions.base import Decision
from process.types import Line, Model

RECEIPTS = 500
"""Number of receipts that a lead keeps."""

DOUBLE_CLICK = timedelta(minutes=10)
"""A decision without a key that equals the newest one and comes within this time is a repeat of it."""


class Answer(Model):
    """The answer to a decision."""

    accepted: bool
    message: str
    """The event's summary, or the reason of the refusal: one sentence without its full stop."""
    suggestions: tuple[Suggestion, ...] = ()
    seq: int | None = None
    repeat: bool = False
    """True if the same decision came before. The answer is the one that it got then."""

    def __str__(self) -> str:
        return self.message if self.accepted else str(self.refused)

    @property
    def refused(self) -> Refused | None:
        """The refusal, if the decision was refused."""
        return None if self.accepted else Refused(reason=self.message, suggestions=self.suggestions)


class Receipt(Model):
    """The answer that a decision got, kept to answer its repeats."""

    key: str | None
    content: str
    """Digest of the decision. The same key with another content is a sender's mistake."""
    answer: Answer

    def answer_again(self, event_log: EventLog) -> Answer:
        """Return the first answer, marked as a repeat."""
        first = self.answer
        event = event_log.find(first.seq) if first.seq and not first.message else None
        return first.replaced(repeat=True, message=event.summary if event else first.message)


class Refusal(Model):
    """A message from outside that was refused. It is recorded and shown, and changes nothing else in the lead."""

    at: AwareDatetime
    kind: Line
    by: Line
    source: Line
    reason: str
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def refused(self) -> Refused:
        """The refusal itself, without when and from whom the message came."""
        return Refused(reason=self.reason, suggestions=self.suggestions)

    def answer(self) -> Answer:
        """Return the answer that the sender of the decision gets."""
        return Answer(accepted=False, message=self.reason, suggestions=self.suggestions)

    @classmethod
    def of(
        cls, kind: str, refused: Refused, now: datetime, *, by: str = "someone", source: str = "signal"
    ) -> Self:
        """Return a refusal with all texts shortened to one line."""
        return cls(
            at=now,
            kind=printable_line(kind),
            by=printable_line(by),
            source=printable_line(source),
            reason=printable_line(refused.reason, 500),
            suggestions=tuple(
                each.replaced(text=printable_line(each.text, 500)) if each.text else each
                for each in refused.suggestions
            ),
        )


def content_of(decision: Decision) -> str:
    """Return a digest of the decision that does not depend on its key or source."""
    body = decision.model_dump_json(exclude={"key", "source"})
    return hashlib.sha256(f"{decision.kind} {body}".encode()).hexdigest()[:16]


def find_receipt(
    receipts: Sequence[Receipt], event_log: EventLog, decision: Decision, now: datetime
) -> Receipt | None:
    """Return the receipt under the decision's key or, for one without a key, that of a double click."""
    if decision.key:
        return next((receipt for receipt in receipts if receipt.key == decision.key), None)
    return _double_click(receipts, event_log, content_of(decision), now)


def with_receipt(receipts: tuple[Receipt, ...], decision: Decision, answer: Answer) -> tuple[Receipt, ...]:
    """Return the receipts with one for this answer."""
    kept = answer.replaced(message="") if answer.accepted else answer  # the event has the summary
    receipt = Receipt(key=decision.key, content=content_of(decision), answer=kept)
    return (*receipts, receipt)[-RECEIPTS:]


def _double_click(
    receipts: Sequence[Receipt], event_log: EventLog, content: str, now: datetime
) -> Receipt | None:
    newest = receipts[-1] if receipts else None
    last = next(event for event in reversed(event_log.events) if isinstance(event.fact, Decision))
    same = newest and newest.content == content and newest.answer.seq == last.seq
    return newest if same and now - last.at < DOUBLE_CLICK else None


def given(args: tuple[Any, ...], name: str, default: str) -> str:
    """Return the text under this name in an unreadable message, or the default."""
    value = args[0].get(name) if args and isinstance(args[0], dict) else None
    return value if isinstance(value, str) and value.strip() else default


def printable_line(text: str, longest: int = 200) -> str:
    """Return any text as one printable line of at most this length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= longest else line[: longest - 1] + "…") or "?"
