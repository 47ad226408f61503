"""Edits: people's changes of values that the service had set on GitHub."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from process.core.refusal import Suggestion
from process.hashing import short_hash
from process.types import FreeText, Given, Id, Login, Mention, PersonName, Stage, Title


class EditKind(StrEnum):
    """The kinds of edits."""

    TICKED = "ticked"
    UNTICKED = "unticked"
    CLOSED = "closed"
    REOPENED = "reopened"
    LABELLED = "labelled"
    UNLABELLED = "unlabelled"
    RETITLED = "retitled"
    PLACED = "placed"
    OVERWRITTEN = "overwritten"
    """Text that a person saved just before we wrote ours. It is restored, and proposes nothing by itself."""


class Edit(Given):
    """One edit of the lead's issue, the hub's issue or the card. It proposes a decision."""

    kind: EditKind
    name: Mention = ""
    """Name of the box or label, the new title, the card's new column, or GitHub's reason for closing."""
    stage: Stage | None = None
    """The stage of the card's new column."""
    hub: bool = False
    """True for an edit of the hub's issue."""
    id: Id = ""
    """GitHub's id of the event or edit, or empty if unknown."""
    by: Login | None = None
    """Login of the author, if known."""
    at: AwareDatetime | None = None
    """Time of the edit, if known."""
    by_program: bool = False
    """True for an edit by another program, such as a board automation: no proposal, and reverted without a comment."""

    @property
    def key(self) -> str:
        """A checksum that is equal for equal edits."""
        return short_hash(f"{self.id} {self.kind} {self.hub} {self.name}")

    @property
    def summary(self) -> str:
        """A description that follows a name, as in `@ada ticked “Price quoted”`."""
        where = " of the hub" if self.hub else ""
        return {
            EditKind.TICKED: f"ticked “{self.name}”",
            EditKind.UNTICKED: f"took the tick off “{self.name}”",
            EditKind.CLOSED: f"closed the issue{where} as {self.name.replace('_', ' ') or 'done'}",
            EditKind.REOPENED: f"reopened the issue{where}",
            EditKind.LABELLED: f"put on the label “{self.name}”",
            EditKind.UNLABELLED: f"took off the label “{self.name}”",
            EditKind.RETITLED: f"changed the title{where}",
            EditKind.OVERWRITTEN: f"saved text{where} that was overwritten",
            EditKind.PLACED: f"moved the card to “{self.name}”"
            if self.name
            else "took the card out of its column",
        }[self.kind]


class DeclinedEdit(Given):
    """A decision that an edit proposed, and that was not given to the lead because it was incomplete."""

    kind: Title
    by: PersonName
    source: Title
    reason: FreeText
    suggestions: tuple[Suggestion, ...] = ()


class RevertEdits(Given):
    """Edits to revert, which were judged and answered, and the decisions declined with them."""

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=100)
    declined: tuple[DeclinedEdit, ...] = ()
