"""What a person changed on GitHub of what the service had set there."""

import hashlib
from enum import StrEnum

from pydantic import AwareDatetime, Field

from process.core.refusal import Suggestion
from process.types import Line, Model, Stage, Text


class EditKind(StrEnum):
    """The ways to change it."""

    TICKED = "ticked"
    UNTICKED = "unticked"
    CLOSED = "closed"
    REOPENED = "reopened"
    LABELLED = "labelled"
    UNLABELLED = "unlabelled"
    RETITLED = "retitled"
    PLACED = "placed"


class Edit(Model):
    """One change: at the lead's issue, at the issue of its hub, or of the card. It is a proposal, until it is judged."""

    kind: EditKind
    name: str = ""
    """The box, the label, the new title, the card's new column; of a closing, GitHub's reason for it."""
    stage: Stage | None = None
    """For which the card's new column stands."""
    hub: bool = False
    """At the hub's issue."""
    id: str = ""
    """GitHub's own id of the event or the edit that made it; empty where GitHub does not tell."""
    by: Line | None = None
    """Login of whoever made it, if GitHub tells."""
    at: AwareDatetime | None = None
    """When, if GitHub tells."""
    by_program: bool = False
    """Made by another program, as GitHub's board automations are: nobody's proposal, and put back without a word."""

    @property
    def key(self) -> str:
        """The same as long as it is this move."""
        told = f"{self.id} {self.kind} {self.hub} {self.name}"
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def summary(self) -> str:
        """What was done, to follow a name: `@ada ticked “Price quoted”`."""
        where = " of the hub" if self.hub else ""
        return {
            EditKind.TICKED: f"ticked “{self.name}”",
            EditKind.UNTICKED: f"took the tick off “{self.name}”",
            EditKind.CLOSED: f"closed the issue{where} as {self.name.replace('_', ' ') or 'done'}",
            EditKind.REOPENED: f"reopened the issue{where}",
            EditKind.LABELLED: f"put on the label “{self.name}”",
            EditKind.UNLABELLED: f"took off the label “{self.name}”",
            EditKind.RETITLED: f"changed the title{where}",
            EditKind.PLACED: f"moved the card to “{self.name}”"
            if self.name
            else "took the card out of its column",
        }[self.kind]


class DeclinedEdit(Model):
    """A decision that a move proposed, and that did not reach the lead because it could not be complete."""

    kind: Line
    by: Line
    source: Line
    reason: Text
    suggestions: tuple[Suggestion, ...] = ()


class RevertEdits(Model):
    """Moves that were heard, judged and answered, and are to be undone; and what there was to decline."""

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=100)
    declined: tuple[DeclinedEdit, ...] = ()
