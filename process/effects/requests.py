"""The input and the result of the activities that perform effects."""

from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, field_serializer

from process.core.events import AnyFact
from process.corrections.corrected_decision import CorrectedDecision
from process.effects.base import AnyEffect
from process.effects.summaries import joined
from process.lead.lead import Lead
from process.types import Id, Model, Words

PERFORM_EFFECTS: Final = "perform_effects"
"""Name of the activity that performs a batch. An effect alone is the activity of its kind."""


def _without_defaults(lead: Lead | None) -> dict[str, Any] | None:
    """Return the lead's JSON without defaults, because every input stays in Temporal's history."""
    return lead.model_dump(mode="json", exclude_defaults=True) if lead else None


class EffectRequest(Model):
    """The effect to perform and the present lead. The other fields are filled only where the effect needs them."""

    effect: AnyEffect
    lead: Lead
    corrected_decisions: tuple[CorrectedDecision, ...] = ()
    """The one decision that the effect is about, or all decisions that no longer count."""
    first_attempt: bool = False
    """True only if this effect was certainly never tried before, so that nothing of it can be there outside yet."""
    attention: tuple[Words, ...] = ()
    """Concerns about the whole lead. (`lead` here holds only its newest invoices.)"""

    _lead = field_serializer("lead")(_without_defaults)


class Outcome(Model):
    """The result of an effect."""

    observation: AnyFact | None = None
    """The finding or the change outside, if the lead does not know it yet."""


class BatchItem(Model):
    """One effect of a batch, with what only this effect needs."""

    effect: AnyEffect
    lead: Lead | None = None
    """The lead for this effect alone, if it is not the batch's. Its folder is the batch's, which may create it."""
    corrected_decisions: tuple[CorrectedDecision, ...] = ()
    attention: tuple[Words, ...] = ()
    first_attempt: bool = False

    _lead = field_serializer("lead")(_without_defaults)

    def request(self, lead: Lead) -> EffectRequest:
        """Return the request for this effect alone, for the lead as the effects before it have made it."""
        return EffectRequest(
            effect=self.effect,
            lead=self.lead.replaced(folder=lead.folder) if self.lead else lead,
            corrected_decisions=self.corrected_decisions,
            attention=self.attention,
            first_attempt=self.first_attempt,
        )


class Batch(Model):
    """Effects that start together, in the order in which they are performed, and the lead that they are given."""

    lead: Lead
    items: tuple[BatchItem, ...]

    _lead = field_serializer("lead")(_without_defaults)

    def summary(self) -> str:
        """Return the effects in one line for the Temporal UI, or the first ones and how many more there are."""
        return joined([*dict.fromkeys(item.effect.summary() for item in self.items)])


MAX_REASON = 1_000
"""Characters of the reason of a failure that a lead keeps."""


def _cut(reason: Any) -> Any:
    fits = not isinstance(reason, str) or len(reason) <= MAX_REASON
    return reason if fits else f"{reason[: MAX_REASON - 1]}…"


class Failure(Model):
    """The reason why an effect of a batch could not be performed. A longer one is cut: it may quote any answer."""

    reason: Annotated[Words, BeforeValidator(_cut), Field(max_length=MAX_REASON)]
    for_good: bool
    """True if only a person can remove the cause."""
    delay: float | None = None
    """Seconds until the next attempt, if the outside system asks for them."""


class BatchResult(Model):
    """The result of one effect of a batch: an outcome or a failure."""

    key: Id
    outcome: Outcome | None = None
    failure: Failure | None = None


class BatchResults(Model):
    """The results of a batch, in the order of its effects. One that was not begun has none."""

    results: tuple[BatchResult, ...] = ()
