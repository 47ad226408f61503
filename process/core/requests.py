"""Builds the requests that the effects' activities are given."""

from datetime import datetime

from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog
from process.core.fold import fold
from process.corrections.lookup import corrected_decision, corrected_decisions
from process.effects import Effect, PostCorrection, PrepareInvoice, RecordEvents, SendCorrection
from process.effects.observations import prepared
from process.effects.requests import EffectRequest
from process.lead.lead import Lead
from process.views.attention import attention


def request_for(aggregate: LeadAggregate, effect: Effect, now: datetime) -> EffectRequest:
    """Return the request for an effect that starts now, with only the data that this effect needs."""
    event_log, lead = aggregate.event_log, aggregate.lead
    request = EffectRequest(effect=effect, lead=lead.brief(effect.invoice_number))
    match effect:
        case SendCorrection(seq=seq):
            decision = corrected_decision(event_log, seq, notified=True)
            return request.replaced(corrected_decisions=(decision,))
        case PostCorrection(seq=seq):
            return request.replaced(corrected_decisions=(corrected_decision(event_log, seq),))
        case RecordEvents():
            return request.replaced(events=unrecorded(aggregate))
        case PrepareInvoice(number=number):
            return request.replaced(lead=_as_billed(event_log, number).brief(number))
        case _ if effect.shows_corrections:
            concerns = attention(lead, lead.today(now))
            return request.replaced(corrected_decisions=corrected_decisions(event_log), attention=concerns)
        case _:
            return request


def unrecorded(aggregate: LeadAggregate) -> tuple[Event, ...]:
    """Return the events that the ledger has not confirmed yet."""
    return aggregate.event_log.events[aggregate.in_ledger :]


def _as_billed(event_log: EventLog, number: int) -> Lead:
    """Return the lead as it was when the invoice was first prepared, but with its present folder.

    A file that is written again says the same.
    """
    first = prepared(event_log, number)
    if first is None:
        return event_log.lead
    then = fold(event_log.events[: first.seq - 1], event_log.lead.id)
    return then.replaced(folder=event_log.lead.folder)
