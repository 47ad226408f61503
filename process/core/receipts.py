"""What people were told about their decisions: answers, receipts by which a repeat is recognised, and refusals."""

import hashlib
from typing import Any

from pydantic import AwareDatetime

from process.core.refusal import Refused, Suggestion
from process.decisions.base import Decision
from process.types import Line, Model


class Answer(Model):
    """The answer to a decision."""

    accepted: bool
    message: str
    """The fact that became true, or the reason of the refusal: one sentence without its full stop."""
    suggestions: tuple[Suggestion, ...] = ()
    seq: int | None = None
    repeat: bool = False
    """True if the same decision came before; this is the answer that it got."""

    def __str__(self) -> str:
        return self.message if self.accepted else str(self.refused)

    @property
    def refused(self) -> Refused | None:
        """The refusal, if the decision was refused."""
        return None if self.accepted else Refused(reason=self.message, suggestions=self.suggestions)


class Receipt(Model):
    key: str | None
    content: str
    """Digest of the decision. Another one under the same key is a mistake of the sender's."""
    answer: Answer


class Refusal(Model):
    """A decision from outside that was refused: recorded, shown, and without any other trace in the lead."""

    at: AwareDatetime
    kind: Line
    by: Line
    source: Line
    reason: str
    suggestions: tuple[Suggestion, ...] = ()

    @property
    def refused(self) -> Refused:
        """The refusal itself, without when and from whom it came."""
        return Refused(reason=self.reason, suggestions=self.suggestions)

    def answer(self) -> Answer:
        """Return the answer that the sender of the decision gets."""
        return Answer(accepted=False, message=self.reason, suggestions=self.suggestions)


def content_of(decision: Decision) -> str:
    """A digest, the same for the same decision, through whichever face and under whichever key it comes."""
    body = decision.model_dump_json(exclude={"key", "source"})
    return hashlib.sha256(f"{decision.kind} {body}".encode()).hexdigest()[:16]


def said(args: tuple[Any, ...], name: str, scenario: str) -> str:
    """What a decision that could not be read says under this name, if that is a text."""
    value = args[0].get(name) if args and isinstance(args[0], dict) else None
    return value if isinstance(value, str) and value.strip() else scenario


def one_line(text: str, longest: int = 200) -> str:
    """Whatever came, as one line that can be stored and shown."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= longest else line[: longest - 1] + "…") or "?"
