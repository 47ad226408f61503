"""The part of a correcting decision that its compensation needs to know."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from process.corrections.corrected_decision import Compensation
from process.decisions.base import Decision
from process.money.amounts import Count
from process.types import Text


def _split(given: Any) -> Any:
    """Return a line of text as the list of its parts between commas."""
    return [each.strip() for each in given.split(",")] if isinstance(given, str) else given


class CorrectingDecision(Decision, abstract=True):
    """A decision that takes an earlier event out, and may ask for compensation outside."""

    seq: Count = Field(ge=1, le=1_000_000, description="number of the decision in the lead's timeline")
    reason: Text = Field(description="why it was a mistake")
    compensate: Annotated[tuple[Compensation | Literal["all"], ...], BeforeValidator(_split)] = Field(
        (), description="what to put right outside: mail, comment, answer, hub, or all that there is"
    )

    @property
    def supersedes(self) -> int:
        return self.seq
