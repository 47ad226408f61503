"""The part of a correcting decision that its compensation needs to know."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from process.corrections.unresolved import Remainder, RequestedCompensation
from process.decisions.base import Decision
from process.money.amounts import Count
from process.types import Coded, FreeText, MailAddress


def _split(given: Any) -> Any:
    """Return a line of text as the list of its parts between commas."""
    return [each.strip() for each in given.split(",")] if isinstance(given, str) else given


class CorrectingDecision(Decision, abstract=True):
    """A decision that takes an earlier event out, and may ask for compensation outside."""

    seq: Count = Field(ge=1, le=1_000_000, description="number of the decision in the lead's timeline")
    reason: FreeText = Field(description="why it was a mistake")
    compensate: Annotated[tuple[RequestedCompensation, ...], BeforeValidator(_split)] = Field(
        (),
        max_length=10,
        description="what to put right outside: mail, comment, answer, hub, or all that there is",
    )

    rest_is_fine: bool = Field(False, description="what is not put right outside may stay as it is")
    adds_to: Count | None = Field(
        None, description="number of the correction that it completes; filled in by the lead"
    )
    left: tuple[Remainder, ...] = Field(
        (), max_length=50, description="what still says the contrary outside; filled in by the lead"
    )
    told: tuple[MailAddress, ...] = Field(
        (),
        description="addresses that were mailed the contrary, and nothing else since; filled in by the lead",
    )
    restated: Coded | None = Field(
        None,
        description="mail that would tell them what counts instead of a correction; filled in by the lead",
    )

    @property
    def supersedes(self) -> int | None:
        return None if self.adds_to else self.seq

    @property
    def corrects(self) -> int:
        return self.seq

    @property
    def completes(self) -> int | None:
        return self.adds_to
