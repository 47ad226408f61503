"""Marks of personal data. The type of each text says what it is; everything else follows from that (`process.privacy`).

A mark costs nothing when a value is read: pydantic passes over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

ERASED: Final = "[erased]"
"""Stands in place of what was erased."""


def unless_erased(text: str | None) -> str | None:
    """Return the text, or None if it was erased."""
    return None if text == ERASED else text


class Personal(Enum):
    """The kinds of texts that may say something of a person."""

    NAME = "a person's name"
    ADDRESS = "a mail address, login, postal address or number of a person"
    WORDS = "free text, which may say anything of anybody"
    MENTION = "a name or text of something else, in which a person may be mentioned"


@dataclass(frozen=True)
class Impersonal:
    """The mark of a text that says nothing of any person, although its type allows any text."""

    reason: str


Mark = Personal | Impersonal


@dataclass(frozen=True, eq=False)
class ByKey:
    """The marks of a mapping whose entries differ by their keys. The keys themselves are impersonal."""

    marks: Mapping[str, Personal]
    other: Personal | None = None
    """Mark of the entries under any other key; None if they are impersonal."""
