"""A decision that was, or is to be, corrected: what came of it, who was told of it, and what it left outside."""

from typing import Literal

from pydantic import AwareDatetime

from process.types import Model

Compensation = Literal["mail", "comment", "answer", "hub"]
"""What is put right outside only if somebody asks for it, because it speaks to people."""

Where = Literal["issue", "hub issue", "answer"]
"""Where a correction is said on GitHub: in a comment of its own, or in the answer to the comment that decided."""


class Correction(Model):
    """One of the corrections that a decision has seen: of itself, or of a correction before."""

    seq: int
    of: int
    """What it takes out: the decision, or the correction before."""
    at: AwareDatetime
    by: str
    reason: str
    asked: tuple[Compensation, ...] = ()
    holds: bool
    """Whether it was not itself taken out by a later one."""
    counts: bool
    """Whether the decision counted after it."""


class NotifiedMail(Model):
    """A mail because of the decision, or of one of its corrections, that left."""

    template: str
    recipients: tuple[str, ...]
    at: AwareDatetime
    counts: bool
    """Whether it says that the decision counts."""


class CorrectedDecision(Model):
    """A decision, and whether it counts by now."""

    seq: int
    at: AwareDatetime
    by: str
    summary: str
    counts: bool
    comment: int | None = None
    """Id of the GitHub comment that it was given in."""
    corrections: tuple[Correction, ...] = ()
    notified: tuple[NotifiedMail, ...] = ()
    """Oldest first. Only where somebody is to be told."""

    def notified_that(self, *, counts: bool) -> tuple[str, ...]:
        """Whose newest mail about it says so. Who never got one was told nothing, and need not hear of it."""
        last = {address: mail.counts for mail in self.notified for address in mail.recipients}
        return tuple(address for address, said in last.items() if said is counts)

    @property
    def wrongly_notified(self) -> tuple[str, ...]:
        """Who was last told otherwise than it is."""
        return self.notified_that(counts=not self.counts)

    def is_asked(self, kind: Compensation) -> bool:
        """Whether a correction that holds asks for this."""
        return any(each.holds and kind in each.asked for each in self._of(kind))

    def was_asked(self, kind: Compensation) -> bool:
        """Whether any of its corrections asked for this, those that were taken out among them."""
        return any(kind in each.asked for each in self._of(kind))

    def _of(self, kind: Compensation) -> tuple[Correction, ...]:
        """An answer speaks of what was decided there; everything else of the decision through all its corrections."""
        return tuple(each for each in self.corrections if kind != "answer" or each.of == self.seq)


class Trace(Model):
    """One thing that a decision has left outside, and what becomes of it when the decision is corrected."""

    fate: Literal["by itself", "asked", "if asked", "stays"]
    summary: str
    compensate: Compensation | None = None
    """How to ask for it."""


class CorrectionImpact(Model):
    """What it would mean to correct a decision, before that is done."""

    corrected_decision: CorrectedDecision
    again: tuple[int, str] | None = None
    """What counts again, where it is itself a correction: its number and its words."""
    left: tuple[Trace, ...] = ()
