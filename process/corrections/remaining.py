"""Reads from the event log what a correction has not put right outside, and what can still be put right."""

from collections.abc import Iterator

from process.core import fold
from process.core.events import Change, Event, EventLog
from process.corrections.corrected_decision import CorrectedDecision, RemainingTrace, Trace
from process.corrections.lookup import corrected_decision, root
from process.decisions.base import Decision
from process.effects import Effect
from process.effects.observations import MailSent
from process.lead.lead import Lead


def remaining(event_log: EventLog, seq: int) -> tuple[RemainingTrace, ...]:
    """Return everything outside that says that the event `seq` counts, although it was corrected.

    A correction that was asked for and is still under way is not among it.
    """
    event = event_log.find(seq)
    if event is None or seq not in fold.superseded(event_log.corrections):
        return ()
    return tuple(_remaining(event_log, event))


def _remaining(event_log: EventLog, event: Event) -> Iterator[RemainingTrace]:
    lead = event_log.lead
    decision = corrected_decision(event_log, root(event_log, event.seq), notified=True)
    own = corrected_decision(event_log, event.seq)
    if not _mail_is_under_way(event_log, decision):
        if wrong := _still_told(event_log, decision):
            got = "; ".join(last_mail(decision, address, lead) for address in wrong)
            yield RemainingTrace(left="mail", told=wrong, summary=got)
        elif is_unsent(event_log, event):
            yield RemainingTrace(left="unsent mail", summary="its mail may be on its way")
    if own.comment and not own.is_asked("answer"):
        yield RemainingTrace(
            left="answer", summary=f"the answer to the comment that gave {event.seq} still confirms it"
        )
    if lead.hub_issue and lead.hub_stands_unwanted and _was_requested(event_log, decision.newest.seq):
        yield RemainingTrace(left="hub", summary=f"the hub's issue is still open: {lead.hub_issue.url}")


def still_offered(event_log: EventLog, seq: int) -> tuple[Trace, ...]:
    """Return the traces of the corrected event `seq` that can still be put right."""
    lead, found = event_log.lead, []
    for each in remaining(event_log, seq):
        if each.left != "unsent mail":
            summary = each.summary[0].upper() + each.summary[1:]
            found.append(Trace(fate="if asked", summary=summary, compensate=each.left))
    decision = corrected_decision(event_log, root(event_log, seq))
    first = event_log.find(decision.seq)
    shown = lead.issue and "issue" not in lead.drift and first and first.fact.visible
    if shown and not decision.was_asked("comment"):
        news = f"{decision.seq} {'counts again' if decision.counts else 'no longer counts'}"
        summary = f"A comment on the lead's issue says that {news}, and why"
        found.append(Trace(fate="if asked", summary=summary, compensate="comment"))
    return tuple(found)


def restated_by(event_log: EventLog, seq: int) -> str | None:
    """Return the template of a mail that takes the place of all mail about the decision `seq`, or None."""
    event = event_log.find(root(event_log, seq))
    return (event.fact.restated_by or None) if event and isinstance(event.fact, Decision) else None


def _still_told(event_log: EventLog, decision: CorrectedDecision) -> tuple[str, ...]:
    """Return the wrongly notified addresses that no later decision of the same kind was mailed to since."""
    template, newest = restated_by(event_log, decision.seq), decision.newest.seq
    right: set[str] = set()
    about = {decision.seq, *(each.seq for each in decision.corrections)}
    for _, mail in event_log.recorded(MailSent):
        if mail.cause in about:  # it may have been on its way
            right.difference_update(mail.recipients)
        elif mail.template == template and mail.cause > newest:
            right.update(mail.recipients)
    return tuple(address for address in decision.wrongly_notified if address not in right)


def last_mail(decision: CorrectedDecision, address: str, lead: Lead) -> str:
    """Return a sentence about the newest mail that this address got."""
    newest = next(mail for mail in reversed(decision.notified) if address in mail.recipients)
    return f"{address} got “{newest.template.replace('_', ' ')}” on {lead.today(newest.at)}"


def planned(event_log: EventLog, event: Event) -> list[Effect]:
    """Return the effects that the event asked for when it was recorded."""
    events = event_log.events[: event.seq]
    past, present = (
        EventLog.of(so_far, fold.fold(so_far, event_log.lead.id)) for so_far in (events[:-1], events)
    )
    return [*event.fact.effects(Change(past, present))]


def is_unsent(event_log: EventLog, event: Event) -> bool:
    """Return True if the event asked for mails of which none has been sent yet. One may be on its way."""
    return any(effect.queue == "mail" for effect in planned(event_log, event)) and not any(
        mail.cause == event.seq for _, mail in event_log.recorded(MailSent)
    )


def _mail_is_under_way(event_log: EventLog, decision: CorrectedDecision) -> bool:
    """Return True if the newest correction, or an addition to it, asked for a mail that was not sent yet."""
    newest = decision.newest.seq
    asked = {each.seq for each in decision.corrections if each.seq >= newest and "mail" in each.asked}
    return bool(asked - {mail.cause for _, mail in event_log.recorded(MailSent)})


def _was_requested(event_log: EventLog, correction: int) -> bool:
    """Return True if the hub would be requested without this correction."""
    return fold.without(event_log, correction).hub.requested_on is not None
