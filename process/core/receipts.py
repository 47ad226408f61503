"""What people were told about their decisions: answers, receipts by which a repeat is recognised, and refusals."""

import hashlib
from typing import Any

from pydantic import AwareDatetime

from process.decisions.base import Decision
from process.types import Line, Model


class Answer(Model):
    """What the one who decided is told."""

    accepted: bool
    summary: str
    """What became true; or why not and what would work."""
    seq: int | None = None
    repeat: bool = False
    """The same decision came before; this is the answer that it got."""


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
