"""Foretells what correcting a decision changes outside, what it can change on request, and what stays."""

from collections.abc import Collection, Iterator

from process.core import fold
from process.core.events import Event, EventLog
from process.corrections.compensation import KINDS, updates
from process.corrections.corrected_decision import (
    CorrectionImpact,
    Trace,
    Where,
)
from process.corrections.lookup import corrected_decision, followers, root
from process.corrections.remaining import is_unsent, last_mail, planned, still_offered
from process.corrections.unresolved import Compensation
from process.deadlines.billing import InvoiceDue
from process.decisions.base import Decision
from process.effects import CreateFolder, ReserveIds
from process.money import billing


def correction_impact(event_log: EventLog, seq: int, asked: Collection[str] = ()) -> CorrectionImpact | None:
    """Return the consequences of correcting the decision `seq` with these compensations.

    None for an event that is no decision.
    """
    event = event_log.find(seq)
    if event is None or not isinstance(event.fact, Decision):
        return None
    is_corrected = seq in fold.superseded(event_log.corrections)
    possible = still_offered(event_log, seq) if is_corrected else _on_request(event_log, event)
    on_request = (trace.replaced(fate="asked") if trace.compensate in asked else trace for trace in possible)
    if is_corrected:
        return CorrectionImpact(
            corrected_decision=corrected_decision(event_log, seq), traces=tuple(on_request)
        )
    restored = event_log.find(event.fact.supersedes or 0)
    return CorrectionImpact(
        corrected_decision=corrected_decision(event_log, seq),
        restored=(restored.seq, restored.summary) if restored else None,
        traces=(*_by_itself(event_log, event), *on_request, *_staying(event_log, event)),
    )


def offered(event_log: EventLog, seq: int) -> tuple[Compensation, ...]:
    """Return the compensations that can be asked for when `seq` is corrected."""
    event = event_log.find(seq)
    if seq in fold.superseded(event_log.corrections):
        return tuple(trace.compensate for trace in still_offered(event_log, seq) if trace.compensate)
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
        got = "; ".join(last_mail(decision, address, lead) for address in notified)
        yield asked("mail", f"{got}. They, and nobody else, get a correction in the same thread")
    elif is_unsent(event_log, event):
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


def _withdraws_request(event_log: EventLog, event: Event) -> bool:
    """Return True if the hub is no longer requested once this event is corrected."""
    after = fold.without(event_log, event.seq)
    return event_log.lead.hub.requested_on is not None and after.hub.requested_on is None


def _staying(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """Yield the traces that no effect of the service removes."""
    lead = event_log.lead

    def stays(summary: str) -> Trace:
        return Trace(fate="stays", summary=summary)

    if (
        event.fact.supersedes is None
        and lead.folder
        and any(isinstance(e, CreateFolder | ReserveIds) for e in planned(event_log, event))
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
