"""State of a lead: next step, concerns, timeline, options and effects."""

from collections.abc import Mapping
from datetime import datetime

from process.actor import Face
from process.authorization import ANYBODY
from process.core.aggregate import LeadAggregate
from process.core.decide import decide
from process.core.due import next_due
from process.core.events import Event
from process.core.fold import corrected_by
from process.core.outbox import Outstanding
from process.core.preview import preview_decision
from process.core.refusal import Refused
from process.decisions.base import SET_BY_FACE, SET_BY_LEAD, Decision
from process.decisions.parsing import parse
from process.decisions.registry import DECISIONS
from process.lead.lead import Lead
from process.views.agenda import next_date
from process.views.attention import attention
from process.views.lead_overview import EffectLine, Option, Overview, TimelineLine
from process.views.next_step import Step, next_step, step_of


def timeline(aggregate: LeadAggregate, newest: int = 0) -> tuple[TimelineLine, ...]:
    """Return all events, or only the `newest` ones, oldest first.

    Corrected decisions stay in the timeline and are marked as corrected.
    """
    out = corrected_by(aggregate.event_log.corrections)
    return tuple(line_of(event, out.get(event.seq)) for event in aggregate.event_log.events[-newest:])


def line_of(event: Event, corrected_by: int | None) -> TimelineLine:
    """Return the line of an event, and of the correction that superseded it."""
    fact = event.fact
    return TimelineLine(
        seq=event.seq,
        at=event.at,
        kind=fact.kind,
        by=fact.by,
        source=fact.source,
        summary=event.summary,
        authenticated=not isinstance(fact, Decision) or _authenticated(fact),
        corrected=corrected_by is not None,
        corrected_by=corrected_by,
        key=event.key,
        policy=event.policy,
    )


def _authenticated(decision: Decision) -> bool:
    """Return True if the face knew who decided. Opening a lead is judged before there is one, so it has no actor."""
    if decision.actor:
        return decision.actor.authenticated
    return decision.source != Face.COMMAND_LINE


def options(aggregate: LeadAggregate, now: datetime, *, effects: bool = True) -> tuple[Option, ...]:
    """Return all kinds of decisions: first those of the next step, then the others that are allowed now.

    Without `effects` it is not told what each would do, which takes most of the time.
    """
    step = step_of(aggregate.lead)
    found = [_option(aggregate, kind, now, step, effects=effects) for kind in DECISIONS]
    return tuple(sorted(found, key=lambda option: step.rank(option.kind, allowed=option.allowed)))


def option_of(aggregate: LeadAggregate, kind: str, now: datetime) -> Option:
    """Return this kind of decision: if it is allowed now, its effect and its fields."""
    return _option(aggregate, kind, now, step_of(aggregate.lead))


def _option(
    aggregate: LeadAggregate, kind: str, now: datetime, step: Step, *, effects: bool = True
) -> Option:
    decision = DECISIONS[kind]
    example = decision.example_for(aggregate.lead)
    refused = decision.allowed(aggregate.lead)
    needs = tuple(name for name, field in decision.model_fields.items() if field.is_required())
    would: tuple[str, ...] = ()
    if refused is None:
        tried = _refusal_of(aggregate, kind, example, now)
        if tried is None:
            would = _effects_of(aggregate, kind, example, now) if effects else ()
            needs = needs if decision.one_of else _needed(aggregate, kind, example, now)
        elif not needs and decision.example_suffices:  # no field would help
            refused = tried
    return Option(
        kind=kind,
        allowed=refused is None,
        next=refused is None and kind in step.decisions,
        later=refused is not None and kind in step.later,
        does=" ".join((decision.__doc__ or "").partition("\n\n")[0].split()),
        refused=refused,
        needs=needs if refused is None else (),
        one_of=decision.one_of if refused is None else (),
        would=would,
        takes=tuple(name for name in decision.model_fields if name not in {"by", *SET_BY_FACE, *SET_BY_LEAD}),
        example=example,
    )


def _needed(
    aggregate: LeadAggregate, kind: str, example: Mapping[str, object], now: datetime
) -> tuple[str, ...]:
    """Return the fields of the example that are left when all are taken away with which it is not refused."""
    needed = dict(example)
    for name in example:
        body = {field: value for field, value in needed.items() if field != name}
        if _refusal_of(aggregate, kind, body, now) is None:
            needed = body
    return tuple(needed)


def _refusal_of(
    aggregate: LeadAggregate, kind: str, body: Mapping[str, object], now: datetime
) -> Refused | None:
    """Return why a decision of these fields is refused now, or None."""
    decision = parse(kind, (dict(body),), ANYBODY)
    fact = decision if isinstance(decision, Refused) else decide(aggregate.event_log, decision, now)
    return fact if isinstance(fact, Refused) else None


def _effects_of(
    aggregate: LeadAggregate, kind: str, example: Mapping[str, object], now: datetime
) -> tuple[str, ...]:
    """Return the message and the effects that the example would have."""
    preview = preview_decision(aggregate, kind, (example,), now, ANYBODY)
    return (preview.answer.message, *preview.effects) if preview.answer.accepted else ()


def overview(aggregate: LeadAggregate, now: datetime) -> Overview:
    """Return the overview of the lead at this moment."""
    step, coming = next_step(aggregate.lead), next_date(aggregate.lead)
    done = (EffectLine(key=item.key, summary=item.summary, status="done") for item in aggregate.finished)
    outstanding = (_outstanding(item, aggregate.lead) for item in aggregate.outbox)
    return Overview(
        lead_id=aggregate.lead.id,
        heading=aggregate.lead.heading,
        stage=aggregate.lead.stage,
        owner=step.owner,
        next_step=step.text,
        next_date=next_due(aggregate.lead),
        next_day=coming.day if coming else None,
        next_day_is_for=coming.text if coming else "",
        attention=attention(aggregate.lead, aggregate.lead.today(now)),
        timeline=timeline(aggregate),
        refused=aggregate.refusals,
        effects=(*done, *outstanding),
        lead=aggregate.lead,
    )


def _outstanding(item: Outstanding, lead: Lead) -> EffectLine:
    blocked = item.status == "waiting" and not item.effect.ready(lead)
    return EffectLine(
        key=item.effect.key,
        summary=item.effect.summary(),
        status="blocked" if blocked else item.status,
        reason=item.reason,
        next_attempt_at=item.next_attempt_at,
    )
