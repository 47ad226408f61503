"""A corrected decision: its corrections, the mails about it, and the traces that it leaves outside."""

from typing import Literal

from pydantic import AwareDatetime

from process.corrections.unresolved import Compensation, Remainder
from process.types import Address, Code, Model, Named, Words

Where = Literal["issue", "hub issue", "answer"]
"""A place on GitHub that mentions a correction: a comment of its own, or the answer to the deciding comment."""


class Correction(Model):
    """A correction of a decision, or of an earlier correction of it."""

    seq: int
    of: int
    """Number of the event that it takes out."""
    at: AwareDatetime
    by: Named
    reason: Words
    asked: tuple[Compensation, ...] = ()
    """Compensations that it asked for."""
    holds: bool
    """True unless a later correction took it out."""
    completes: bool = False
    """True if it puts right what an earlier correction of the same event had left."""
    counts: bool
    """True if the decision counted after it."""


class NotifiedMail(Model):
    """A mail about the decision, or about one of its corrections, that was sent."""

    template: Code
    recipients: tuple[Address, ...]
    at: AwareDatetime
    counts: bool
    """True if the mail says that the decision counts."""


class CorrectedDecision(Model):
    """A decision with its corrections, as it stands now."""

    seq: int
    at: AwareDatetime
    by: Named
    summary: Words
    counts: bool
    """True if the decision counts now."""
    comment: int | None = None
    """Id of the GitHub comment that made the decision."""
    corrections: tuple[Correction, ...] = ()
    notified: tuple[NotifiedMail, ...] = ()
    """Mails about it, oldest first. Empty unless they were asked for."""

    @property
    def newest(self) -> Correction:
        """The newest correction that took something out."""
        return next(each for each in reversed(self.corrections) if not each.completes)

    def notified_that(self, *, counts: bool) -> tuple[str, ...]:
        """Return the addresses whose newest mail says that the decision counts, or that it does not."""
        last = {address: mail.counts for mail in self.notified for address in mail.recipients}
        return tuple(address for address, counted in last.items() if counted is counts)

    @property
    def wrongly_notified(self) -> tuple[str, ...]:
        """Addresses whose newest mail contradicts the present state."""
        return self.notified_that(counts=not self.counts)

    def is_asked(self, kind: Compensation) -> bool:
        """Return True if a correction that holds asks for this compensation."""
        return any(each.holds and kind in each.asked for each in self._of(kind))

    def was_asked(self, kind: Compensation) -> bool:
        """Return True if any correction, including those that no longer hold, asked for this compensation."""
        return any(kind in each.asked for each in self._of(kind))

    def _of(self, kind: Compensation) -> tuple[Correction, ...]:
        """Return the corrections that concern this kind: an answer only mentions direct corrections."""
        return tuple(each for each in self.corrections if kind != "answer" or each.of == self.seq)


class RemainingTrace(Model):
    """Something that was not put right after a correction."""

    left: Remainder
    told: tuple[Address, ...] = ()
    """Addresses that a mail told the contrary."""
    summary: Words
    """A clause that names it, without addresses of people if it is no mail."""


class Trace(Model):
    """One trace that a decision leaves outside, and its fate when the decision is corrected."""

    fate: Literal["by itself", "asked", "if asked", "stays"]
    summary: Words
    compensate: Compensation | None = None
    """Name under which it is compensated on request."""


class CorrectionImpact(Model):
    """The consequences of correcting a decision, shown before it is done."""

    corrected_decision: CorrectedDecision
    restored: tuple[int, Words] | None = None
    """Number and summary of the decision that counts again, if a correction is corrected."""
    traces: tuple[Trace, ...] = ()
