"""Links between leads that are, or may be, duplicates of each other."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from process.types import Coded, Given, Mention, PageUrl

MAX_ORIGINALS = 10
"""Maximum number of possible originals that a lead stores; people find others in the list of leads."""

MAX_DUPLICATES = 50
"""Number of later leads that a lead stores as possible duplicates. Anybody may open more by answering the questionnaire."""

MAX_LINK_TEXT = 2_000
"""Maximum length of another lead's heading or URL, in characters."""


class MatchReason(StrEnum):
    """A reason to take two leads for one request that was opened twice."""

    ORGANISATION = "same organisation"
    TITLE = "same title"
    DOMAIN = "same mail domain"
    ADDRESS = "same mail address"


class Relation(StrEnum):
    """The relation of a lead to an earlier one."""

    UNDECIDED = "may be the same"
    APART = "another one"
    MERGED = "merged"
    NONE = "nothing"
    """The two are no longer related: a merge or a possible match was taken back."""


class DuplicateLink(Given):
    """Another lead and the relation to it."""

    lead_id: Coded
    relation: Relation = Relation.UNDECIDED
    reasons: tuple[Coded, ...] = Field((), max_length=10)
    """Reasons to take the two leads for one request."""
    heading: Annotated[Mention, StringConstraints(max_length=MAX_LINK_TEXT)] = ""
    url: PageUrl = ""
    """URL of the other lead's issue; empty if unknown."""
    seq: int = 0
    """Number of the event that set the relation; 0 if it was known when the lead was opened."""

    @property
    def name(self) -> str:
        """The id of the other lead, with its heading if that is known."""
        return f"{self.lead_id} “{self.heading}”" if self.heading else self.lead_id

    @property
    def reasons_text(self) -> str:
        """The reasons in brackets, as text to append; empty if there are none."""
        return f" ({', '.join(self.reasons)})" if self.reasons else ""
