"""Shows the consequences of a decision without taking it."""

from datetime import datetime
from typing import Any, NamedTuple

from process.actor import Actor, Face
from process.core.aggregate import LeadAggregate
from process.core.answers import Answer
from process.core.intake import opened, take_from
from process.core.refusal import Refused
from process.corrections.corrected_decision import CorrectionImpact
from process.corrections.correcting_decision import CorrectingDecision
from process.corrections.impact import correction_impact
from process.deadlines.schedule import moved_dates
from process.views.attention import attention


class Preview(NamedTuple):
    """The consequences that a decision would have now."""

    answer: Answer
    stage: str
    effects: tuple[str, ...]
    dates: tuple[str, ...] = ()
    """Deadlines that would move."""
    attention: tuple[str, ...] = ()
    """Concerns about the lead afterwards."""
    correction_impact: CorrectionImpact | None = None
    """The consequences of a correction outside; None for other decisions."""


def preview_decision(
    aggregate: LeadAggregate, kind: str, args: tuple[Any, ...], now: datetime, actor: Actor | None = None
) -> Preview:
    """Return the answer and the consequences of a decision, without taking it.

    Without `actor`, the person is the one of the envelope.
    """
    args, sender = (args, actor) if actor else opened(aggregate, kind, args, Face.SIGNAL)
    if isinstance(sender, Refused):
        return Preview(Answer(accepted=False, message=sender.reason), aggregate.lead.stage, ())
    after, answer = take_from(aggregate, kind, args, sender, now)
    if not answer.accepted or answer.repeat:
        return Preview(answer, aggregate.lead.stage, ())
    known = {item.effect.key for item in aggregate.outbox}
    planned = (item.effect.summary() for item in after.outbox if item.effect.key not in known)
    suspended = (f"Not any more: {i.effect.summary()}" for i in after.suspended if i.effect.key in known)
    fact = after.event_log.events[-1].fact
    return Preview(
        answer,
        after.lead.stage,
        (*planned, *suspended),
        moved_dates(aggregate.lead, after.lead),
        attention(after.lead, after.lead.today(now)),
        correction_impact(aggregate.event_log, fact.seq, fact.compensate)
        if isinstance(fact, CorrectingDecision)
        else None,
    )
