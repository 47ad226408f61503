"""Mistakes that were corrected in the lead, and still stand outside."""

from datetime import date
from typing import Literal

from process.types import Model

Compensation = Literal["mail", "comment", "answer", "hub"]
"""A compensation speaks to people, so it happens only on request."""

Remainder = Literal["mail", "answer", "hub", "unsent mail"]
"""Something that says the contrary of what counts. A mail that was not sent does so only if it was on its way."""


class UnresolvedCorrection(Model):
    """A correction after which something outside still says the contrary."""

    seq: int
    """Number of the event that no longer counts."""
    correction: int
    """Number of the correction that took it out."""
    on: date
    left: tuple[Remainder, ...]

    @property
    def wrong(self) -> tuple[Remainder, ...]:
        """Everything that says the contrary now."""
        return tuple(each for each in self.left if each != "unsent mail")
