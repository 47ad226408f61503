"""What all models share: immutability, the kinds of text, and the words of the process."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, StringConstraints


class Model(BaseModel):
    """An immutable value.

    Unknown fields are ignored, not refused: stored values must load under older and newer code. What people
    send is checked for unknown fields at the edge (`process.decisions.parsing`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with these fields replaced.

        Raises TypeError for a name that is no field. Values are not validated: they come from our own code.
        """
        if unknown := changes.keys() - type(self).model_fields.keys():
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        return self.model_copy(update=changes)


GIVEN: dict[str, bool] = {"said": True}
"""The context in which a model is made of what somebody said just now, and not of what was stored."""


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
"""One line of text, without control characters."""

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000, pattern=r"^[^\x00]*$")
]
"""Free text, possibly of several lines."""


_JOINERS = "\u200c\u200d"
"""Invisible characters that some scripts need."""


def one_line(text: str) -> str:
    """Return the text on one line, without control and invisible characters."""
    line = " ".join("".join(c if c.isprintable() or c in _JOINERS else " " for c in text).split())
    return line if line.strip(_JOINERS + " ") else ""


class Stage(StrEnum):
    """The spine of the process (seed), and its two ends (process.md)."""

    LEAD = "lead"
    QUOTED = "quoted"
    CONTRACTED = "contracted"
    HUB = "hub"
    LOST = "lost"
    CLOSED = "closed"


OPEN_STAGES = frozenset({Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB})


class Role(StrEnum):
    """A role in the process. Search attributes and metrics show roles, never people."""

    SALES = "sales"
    CONTRACTS = "contracts"
    ENGINEERING = "engineering"
    COMMUNITY = "community"
    NOBODY = "nobody"


class Link(Model):
    """An object of this lead in another system: its id there and the address that a person opens."""

    id: str
    url: str = ""
    home: str = ""
    """The repository or parent folder that somebody moved it to; empty if it is where the settings say."""
    name: str = ""
    """Name of the folder at the last check."""
