"""Foretells what correcting a decision changes outside, what it can change on request, and what stays."""

from collections.abc import Collection, Iterator

from process.core import fold
from process.core.events import Change, Event, EventLog
from process.corrections.compensation import KINDS, updates
from process.corrections.corrected_decision import (
    Compensation,
    CorrectedDecision,
    CorrectionImpact,
    Trace,
    Where,
)
from process.corrections.lookup import corrected_decision, followers, root
from process.deadlines.billing import InvoiceDue
from process.decisions.base import Decision
from process.effects import Effect, ReserveIds
from process.effects.observations import MailSent
from process.lead.lead import Lead
from process.money import billing


def correction_impact(event_log: EventLog, seq: int, asked: Collection[str] = ()) -> CorrectionImpact | None:
    """Return the consequences of correcting the decision `seq` with these compensations.

    None for an event that is no decision.
    """
    event = event_log.find(seq)
    if event is None or not isinstance(event.fact, Decision):
        return None
    restored = event_log.find(event.fact.supersedes or 0)
    on_request = (
        trace.replaced(fate="asked") if trace.compensate in asked else trace
        for trace in _on_request(event_log, event)
    )
    return CorrectionImpact(
        corrected_decision=corrected_decision(event_log, seq),
        restored=(restored.seq, restored.summary) if restored else None,
        traces=(*_by_itself(event_log, event), *on_request, *_staying(event_log, event)),
    )


def offered(event_log: EventLog, seq: int) -> tuple[Compensation, ...]:
    """Return the compensations that can be asked for when `seq` is corrected."""
    event = event_log.find(seq)
    found = _on_request(event_log, event) if event else ()
    anyway = (KINDS[effect.where] for effect in updates(event_log, seq))
    return tuple(dict.fromkeys([*(trace.compensate for trace in found if trace.compensate), *anyway]))


_WHERE: dict[Where, str] = {
    "issue": "in a comment on the lead's issue",
    "hub issue": "in a comment on the hub's issue",
    "answer": "in the answer to its comment",
}


def _by_itself(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """Yield the traces that follow the lead's state."""
    before, after = event_log.lead, fold.without(event_log, event.seq)

    def follows(summary: str) -> Trace:
        return Trace(fate="by itself", summary=summary)

    if before.issue and before.stage is not after.stage:
        yield follows(f"The lead's card moves from the column of {before.stage} to that of {after.stage}")
    if before.issue and "issue" not in before.drift:
        if before.ended is not after.ended:
            yield follows(f"The lead's issue is {'closed' if after.ended else 'opened again'}")
        for label in before.labels:
            if label not in after.labels:
                yield follows(f"The label {label} comes off the lead's issue")
        for label in after.labels:
            if label not in before.labels:
                yield follows(f"The label {label} is put on the lead's issue")
        if before.heading != after.heading:
            yield follows(f"The lead's issue is called {after.heading} again")
        if event.fact.visible:
            yield follows("The lead's issue is written anew, and shows what was corrected")
    if before.hub_issue and "hub issue" not in before.drift and before.hub != after.hub:
        yield follows("The hub's issue is written anew")
    if before.hub.withdrawn_on and not after.hub.withdrawn_on:
        yield follows("The hub's issue is opened again")
    if billing.next_draft(before) and not billing.next_draft(after):
        yield follows("Invoices are no longer prepared")
    for effect in updates(event_log, event.seq):
        yield follows(f"What is said of {effect.seq} {_WHERE[effect.where]} is brought up to date")


def _on_request(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """Yield the traces that spoke to people."""
    lead, decision = event_log.lead, corrected_decision(event_log, root(event_log, event.seq), notified=True)
    own = corrected_decision(event_log, event.seq)
    first = event_log.find(decision.seq) or event

    def asked(kind: Compensation, summary: str) -> Trace:
        return Trace(fate="if asked", summary=summary, compensate=kind)

    if notified := decision.notified_that(counts=decision.counts):
        got = "; ".join(_last_mail(decision, address, lead) for address in notified)
        yield asked("mail", f"{got}. They, and nobody else, get a correction in the same thread")
    elif _unsent(event_log, event):
        yield asked("mail", "Its mail has not left. Whom it reaches at this very moment gets a correction")
    if own.comment and not own.was_asked("answer"):
        yield asked("answer", f"The answer to the comment that gave {event.seq} is crossed out")
    if lead.issue and first.fact.visible and "issue" not in lead.drift and not decision.was_asked("comment"):
        news = "counts again" if event.fact.supersedes else "no longer counts"
        yield asked("comment", f"A comment on the lead's issue says that {decision.seq} {news}, and why")
    if "hub issue" not in lead.drift and _withdraws_request(event_log, event):
        if lead.hub_issue:
            yield asked(
                "hub", f"The hub's issue is closed as not planned, with a comment: {lead.hub_issue.url}"
            )
        else:
            yield asked(
                "hub",
                "The hub's issue is not open yet. If it is being opened at this very moment, it is closed",
            )


def _last_mail(decision: CorrectedDecision, address: str, lead: Lead) -> str:
    """Return a sentence about the newest mail that this address got."""
    newest = next(mail for mail in reversed(decision.notified) if address in mail.recipients)
    return f"{address} got “{newest.template.replace('_', ' ')}” on {lead.today(newest.at)}"


def _withdraws_request(event_log: EventLog, event: Event) -> bool:
    """Return True if the hub is no longer requested once this event is corrected."""
    after = fold.without(event_log, event.seq)
    return event_log.lead.hub.requested_on is not None and after.hub.requested_on is None


def _planned(event_log: EventLog, event: Event) -> list[Effect]:
    """Return the effects that the event asked for when it was recorded."""
    events = event_log.events[: event.seq]
    past, present = (
        EventLog.of(so_far, fold.fold(so_far, event_log.lead.id)) for so_far in (events[:-1], events)
    )
    return [*event.fact.effects(Change(past, present))]


def _unsent(event_log: EventLog, event: Event) -> bool:
    """Return True if the event asked for mails of which none has been sent yet. One may be on its way."""
    return any(effect.queue == "mail" for effect in _planned(event_log, event)) and not any(
        mail.cause == event.seq for _, mail in event_log.recorded(MailSent)
    )


def _staying(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """Yield the traces that no effect of the service removes."""
    lead = event_log.lead

    def stays(summary: str) -> Trace:
        return Trace(fate="stays", summary=summary)

    if (
        event.fact.supersedes is None
        and lead.folder
        and any(isinstance(e, ReserveIds) for e in _planned(event_log, event))
    ):
        yield stays("The lead's Drive folder serves whatever comes next; if it is empty, bin it by hand")
    followed = set(followers(event_log, event.seq)) if event.fact.supersedes is None else set()
    numbers = [due.number for each, due in event_log.recorded(InvoiceDue) if each.seq in followed]
    for invoice in lead.invoices:
        if invoice.number in numbers and invoice.is_valid:
            then = "stands until it is taken back (Invoice voided)"
            if invoice.paid_on:
                then = f"was paid on {invoice.paid_on}: settle the difference with the contracts team"
            yield stays(f"Invoice {invoice.number} of {invoice.total} {then}")
    if isinstance(event.fact, Decision) and event.fact.irreversible:
        yield stays(event.fact.irreversible)
