"""Makes a lead anew from its recorded events alone, for a lead whose workflow is lost.

Events tell what was decided, and most of what was done outside. Effects of which no event tells are asked for again: they
find what is there by their keys, or bring the outside to the present, so that nothing is done twice.
"""

from collections.abc import Sequence

from process.core import outbox
from process.core.aggregate import LeadAggregate
from process.core.events import Event, EventLog, Fact
from process.core.receipts import with_recorded
from process.decisions.opening import LeadOpened
from process.effects import (
    CollectMessages,
    CreateFolder,
    Effect,
    OpenHubIssue,
    OpenIssue,
    PrepareInvoice,
    ReadAnswers,
    ReadPrices,
    ReserveIds,
    SendCorrection,
    SendMail,
)
from process.effects.observations import (
    AnswersRead,
    FolderCreated,
    HubIssueOpened,
    IdsReserved,
    InvoicePrepared,
    IssueOpened,
    MailSent,
    MailUndeliverable,
    PricesRead,
)


def aggregate_from(events: Sequence[Event], lead_id: str) -> LeadAggregate:
    """Return the lead after all its events, which the ledger has. Raises ValueError if they do not open a lead."""
    first = events[0].fact if events else None
    if not isinstance(first, LeadOpened):
        raise ValueError("a lead's event log begins with lead_opened")
    aggregate = LeadAggregate.open(lead_id, first, events[0].at)
    for event in events[1:]:
        done = next((item.effect for item in aggregate.outbox if is_done(item.effect, event.fact)), None)
        if done:
            aggregate = aggregate.replaced(outbox=outbox.without(aggregate.outbox, done.key))
        aggregate = aggregate.record(event.fact, event.at)
        aggregate = aggregate.replaced(receipts=with_recorded(aggregate.receipts, event))
    event_log = EventLog.of(events, aggregate.lead)  # their texts as people have seen them
    whole = LeadAggregate.of(event_log)
    return aggregate.replaced(
        event_log=whole.event_log,
        outbox=tuple(item for item in aggregate.outbox if not isinstance(item.effect, CollectMessages)),
        event_bytes=whole.event_bytes,
        answer_bytes=whole.answer_bytes,
        in_ledger=aggregate.lead.last_seq,
        tried=tuple(sorted(kind for kind, effect in Effect.kinds.items() if effect.is_searched)),
    )


def is_done(effect: Effect, fact: Fact) -> bool:
    """Return True if this fact is what the effect brought back."""
    match effect, fact:
        case (
            (OpenIssue(), IssueOpened())
            | (OpenHubIssue(), HubIssueOpened())
            | (ReserveIds(), IdsReserved())
            | (ReadPrices(), PricesRead())
        ):
            return True
        case CreateFolder(), FolderCreated():
            return effect.folder_id == fact.link.id
        case PrepareInvoice(), InvoicePrepared():
            return (effect.number, effect.file_id) == (fact.number, fact.file.id)
        case ReadAnswers(), AnswersRead():
            return effect.response_id == fact.response_id
        case SendMail(), MailSent():
            to = effect.addresses or fact.recipients
            return (effect.cause, effect.template, {*effect.to}, tuple(to)) == (
                fact.cause,
                fact.template,
                {*fact.reached},
                fact.recipients,
            )
        case SendCorrection(), MailSent():
            return (effect.cause, effect.template) == (fact.cause, fact.template)
        case SendMail(), MailUndeliverable():
            return (effect.template, effect.addresses) == (fact.template, fact.recipients)
    return False
