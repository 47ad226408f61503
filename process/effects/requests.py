"""The input and the result of the activity that performs an effect."""

from typing import Any

from pydantic import field_serializer

from process.core.events import AnyFact, Event
from process.corrections.corrected_decision import CorrectedDecision
from process.effects.base import AnyEffect
from process.lead.lead import Lead
from process.types import Model


class EffectRequest(Model):
    """The effect to perform and the present lead. The other fields are filled only where the effect needs them."""

    effect: AnyEffect
    lead: Lead
    events: tuple[Event, ...] = ()
    """Events that the ledger does not have yet."""
    corrected_decisions: tuple[CorrectedDecision, ...] = ()
    """The one decision that the effect is about, or all decisions that no longer count."""
    first_attempt: bool = False
    """True only if this effect was certainly never tried before, so that nothing of it can be there outside yet."""
    attention: tuple[str, ...] = ()
    """Concerns about the whole lead. (`lead` here holds only its newest invoices.)"""

    @field_serializer("lead")
    def _without_defaults(self, lead: Lead) -> dict[str, Any]:
        return lead.model_dump(mode="json", exclude_defaults=True)  # every input stays in Temporal's history


class Outcome(Model):
    """The result of an effect."""

    observation: AnyFact | None = None
    """The finding or the change outside, if the lead does not know it yet."""
    recorded: int | None = None
    """Highest event number in the ledger, after writing to it."""
