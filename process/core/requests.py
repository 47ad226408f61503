"""What the activity of an effect is given, and what it brings back."""

from typing import Any

from pydantic import field_serializer

from process.core.events import AnyFact, Event
from process.corrections.corrected_decision import CorrectedDecision
from process.effects.base import AnyEffect
from process.lead.lead import Lead
from process.types import Model


class EffectRequest(Model):
    """What an activity is given: the effect and the lead as it is now. The rest only where the effect needs it."""

    effect: AnyEffect
    lead: Lead
    events: tuple[Event, ...] = ()
    corrected_decisions: tuple[CorrectedDecision, ...] = ()
    """The one that the effect is about; or all decisions that do not count any more."""
    attention: tuple[str, ...] = ()
    """Concerns about the whole lead; `lead` here has its newest invoices alone."""

    @field_serializer("lead")
    def _without_defaults(self, lead: Lead) -> dict[str, Any]:
        return lead.model_dump(mode="json", exclude_defaults=True)  # each task stays in the history for ever


class Outcome(Model):
    """What an activity brings back: a report of what is true outside now, if that is news."""

    observation: AnyFact | None = None
    recorded: int | None = None
    """Highest event number that the ledger has, when it was written."""
