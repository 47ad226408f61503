"""Other leads that have to do with one: those that it may be a duplicate of, and those that may be duplicates of it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from process.types import Line, Model

MAX_ORIGINALS = 10
"""So many leads are named as what a new one may be a duplicate of; a person sees the rest in a list."""

MAX_LINK_TEXT = 2_000
"""Characters of another lead's heading, or address."""


class MatchReason(StrEnum):
    """By what two leads look like one request that was taken in twice."""

    ORGANISATION = "same organisation"
    TITLE = "same title"
    DOMAIN = "same mail domain"
    ADDRESS = "same mail address"


class Relation(StrEnum):
    """What a lead is to another one that was there before."""

    UNDECIDED = "may be the same"
    APART = "another one"
    MERGED = "merged"
    NONE = "nothing"
    """It was merged, or might have been the same, and that is over."""


class DuplicateLink(Model):
    """Another lead, and what is between the two."""

    lead_id: Line
    relation: Relation = Relation.UNDECIDED
    reasons: tuple[Line, ...] = Field((), max_length=10)
    """By what they look alike."""
    heading: Annotated[str, StringConstraints(max_length=MAX_LINK_TEXT)] = ""
    url: Annotated[str, StringConstraints(max_length=MAX_LINK_TEXT)] = ""
    """Of its issue, as far as that is known."""
    seq: int = 0
    """Number of the event that says so; 0 for what was known as the lead began."""

    @property
    def name(self) -> str:
        return f"{self.lead_id} “{self.heading}”" if self.heading else self.lead_id

    @property
    def reasons_text(self) -> str:
        return f" ({', '.join(self.reasons)})" if self.reasons else ""
