"""Builds what the activities of effects are given: one effect, or a batch of those that start together."""

from collections.abc import Sequence
from datetime import datetime

from process.core.aggregate import LeadAggregate
from process.core.events import EventLog
from process.core.fold import fold
from process.corrections.lookup import corrected_decision, corrected_decisions
from process.effects import Effect, PostCorrection, PrepareInvoice, SendCorrection
from process.effects.observations import prepared
from process.effects.requests import Batch, BatchItem, EffectRequest
from process.lead.lead import Lead
from process.views.attention import attention


def request_for(aggregate: LeadAggregate, effect: Effect, now: datetime) -> EffectRequest:
    """Return the request for an effect that starts now, with only the data that this effect needs."""
    return _item(aggregate, effect, now).request(aggregate.lead.brief(effect.needs, effect.invoice_number))


def batch_of(aggregate: LeadAggregate, effects: Sequence[Effect], now: datetime) -> Batch:
    """Return the batch of effects that start now. The lead holds what any of them needs.

    An attempt is certainly the first only if no effect of the kind was tried: a decision that was corrected and taken
    again asks for the same object by another effect.
    """
    items = tuple(
        _item(aggregate, effect, now, first_attempt=effect.is_searched and effect.kind not in aggregate.tried)
        for effect in effects
    )
    needs = frozenset().union(*(effect.needs for effect in effects))
    numbers = {effect.invoice_number for effect in effects} - {None}
    return Batch(lead=aggregate.lead.brief(needs, *numbers), items=items)


def _item(
    aggregate: LeadAggregate, effect: Effect, now: datetime, *, first_attempt: bool = False
) -> BatchItem:
    event_log, lead = aggregate.event_log, aggregate.lead
    item = BatchItem(effect=effect, first_attempt=first_attempt)
    match effect:
        case SendCorrection(seq=seq):
            decision = corrected_decision(event_log, seq, notified=True)
            return item.replaced(corrected_decisions=(decision,))
        case PostCorrection(seq=seq):
            return item.replaced(corrected_decisions=(corrected_decision(event_log, seq),))
        case PrepareInvoice(number=number):
            billed = _as_billed(event_log, number)
            return item if billed is lead else item.replaced(lead=billed.brief(effect.needs, number))
        case _ if effect.shows_corrections:
            concerns = attention(lead, lead.today(now))
            return item.replaced(corrected_decisions=corrected_decisions(event_log), attention=concerns)
        case _:
            return item


def _as_billed(event_log: EventLog, number: int) -> Lead:
    """Return the lead as it was when the invoice was first prepared, but with its present folder.

    A file that is written again says the same.
    """
    first = prepared(event_log, number)
    if first is None:
        return event_log.lead
    then = fold(event_log.events[: first.seq - 1], event_log.lead.id)
    return then.replaced(folder=event_log.lead.folder)
