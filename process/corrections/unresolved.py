"""Mistakes that were corrected in the lead, and still stand outside."""

from collections.abc import Collection
from datetime import date
from typing import Literal, Self

from process.types import Coded, MailAddress, Model

Compensation = Literal["mail", "comment", "answer", "hub"]
"""A compensation speaks to people, so it happens only on request."""

RequestedCompensation = Literal["mail", "comment", "answer", "hub", "all"]
"""A compensation as people ask for it; `all` is all that there is."""

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
    told: tuple[MailAddress, ...] = ()
    """Addresses whose newest mail about the decision says the contrary."""
    restated: Coded | None = None
    """Template of the mail about a later decision of the same kind, which tells its readers what counts; or None."""

    def after_mail(self, template: str, cause: int, recipients: Collection[str]) -> Self | None:
        """Return what is unresolved once this mail was sent, or None if that is nothing."""
        if cause == self.seq:  # it was on its way when its decision was corrected
            left = tuple("mail" if each == "unsent mail" else each for each in self.left)
            return self.replaced(left=left, told=tuple(dict.fromkeys((*self.told, *recipients))))
        if "mail" not in self.left or template != self.restated or cause < self.correction:
            return self
        if told := tuple(each for each in self.told if each not in recipients):
            return self.replaced(told=told)
        others = tuple(each for each in self.left if each != "mail")
        return self.replaced(left=others, told=()) if others else None

    @property
    def wrong(self) -> tuple[Remainder, ...]:
        """Everything that says the contrary now."""
        return tuple(each for each in self.left if each != "unsent mail")
