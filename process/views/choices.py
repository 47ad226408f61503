"""The decisions that may be taken now, and why the others may not: what `options` tells, without trying each one out."""

from datetime import datetime
from typing import NamedTuple

from process.authorization import ANYBODY
from process.core.decide import decide
from process.core.events import EventLog
from process.core.refusal import Refused
from process.decisions.base import Decision
from process.decisions.parsing import parse
from process.decisions.registry import DECISIONS
from process.views.next_step import step_of


class Choice(NamedTuple):
    """A kind of decision, and the reason why nobody may take it now."""

    kind: str
    next: bool
    """True if it records the lead's next step."""
    refused: Refused | None

    @property
    def allowed(self) -> bool:
        """True if somebody may take it now."""
        return self.refused is None


def choices(event_log: EventLog, now: datetime) -> tuple[Choice, ...]:
    """Return all kinds of decisions: first those of the next step, then the others that are allowed now.

    It judges as `options` does, in a small part of its time.
    """
    step = step_of(event_log.lead)
    found = [
        Choice(kind, refused is None and kind in step.decisions, refused)
        for kind, decision in DECISIONS.items()
        for refused in [_refused(decision, event_log, now)]
    ]
    return tuple(sorted(found, key=lambda choice: step.rank(choice.kind, allowed=choice.allowed)))


def _refused(decision: type[Decision], event_log: EventLog, now: datetime) -> Refused | None:
    """Return why every decision of this kind is refused. One with required fields depends on what they say."""
    if refused := decision.allowed(event_log.lead):
        return refused
    if not decision.example_suffices or any(field.is_required() for field in decision.model_fields.values()):
        return None
    example = parse(decision.kind, (decision.example_for(event_log.lead),), ANYBODY)
    fact = example if isinstance(example, Refused) else decide(event_log, example, now)
    return fact if isinstance(fact, Refused) else None
