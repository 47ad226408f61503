"""What a decision has done outside, and what becomes of that when it is corrected.

What only shows the lead's state (card, labels, issues) follows by itself. What spoke to people is put right if somebody
asks for it, and reaches those alone who were told. What no program can take back is said, with what to do instead.
"""

import re
from collections import deque
from collections.abc import Collection, Iterator

from process.core import fold
from process.core.events import Change, Deadline, Event, EventLog, effect_key
from process.corrections.corrected_decision import (
    Compensation,
    CorrectedDecision,
    Correction,
    CorrectionImpact,
    NotifiedMail,
    Trace,
    Where,
)
from process.corrections.correcting_decision import CorrectingDecision
from process.deadlines.billing import InvoiceDue
from process.deadlines.schedule import was_due
from process.decisions.base import Decision
from process.effects import Effect, PostCorrection, ReserveFolder, SendCorrection
from process.effects.observations import MailSent
from process.lead.lead import Lead
from process.money import billing

COMMENT_KEY = "github-comment-"
"""How the key of a decision begins that was given in a comment on GitHub; the comment's id follows."""

_COMMENT = re.compile(rf"{COMMENT_KEY}(\d{{1,18}})/")


# ---- a decision and its corrections


def root(event_log: EventLog, seq: int) -> int:
    """The decision that a correction is about, through all corrections of corrections; a decision itself is its own."""
    event = event_log.find(seq)
    return seq if event is None or event.fact.supersedes is None else root(event_log, event.fact.supersedes)


def corrected_decision(event_log: EventLog, seq: int, *, notified: bool = False) -> CorrectedDecision:
    """The decision `seq`, or a correction, as it stands by now; with the mails about it if that is asked for.

    Raises LookupError where there is no such event.
    """
    event = event_log.find(seq)
    if event is None:
        raise LookupError(f"no event {seq}")
    out = fold.superseded(event_log.events)
    corrections = tuple(_corrections(event_log, seq, out))
    given = _COMMENT.match(event.key or "")
    return CorrectedDecision(
        seq=seq,
        at=event.at,
        by=event.fact.by,
        summary=event.summary,
        counts=seq not in out,
        comment=int(given[1]) if given else None,
        corrections=corrections,
        notified=tuple(_notified(event_log, seq, corrections)) if notified else (),
    )


def corrected_decisions(event_log: EventLog) -> tuple[CorrectedDecision, ...]:
    """All decisions that do not count any more, but for corrections: what those took out counts again."""
    out = fold.superseded(event_log.events)
    decided = (e for e in event_log.events if isinstance(e.fact, Decision) and e.fact.supersedes is None)
    return tuple(corrected_decision(event_log, event.seq) for event in decided if event.seq in out)


def _corrections(event_log: EventLog, seq: int, out: frozenset[int]) -> Iterator[Correction]:
    about = {seq}
    for number, event in enumerate(event_log.events, start=1):
        fact = event.fact
        if isinstance(fact, CorrectingDecision) and fact.seq in about:
            about.add(event.seq)
            yield Correction(
                seq=event.seq,
                of=fact.seq,
                at=event.at,
                by=fact.by,
                reason=fact.reason,
                asked=tuple(kind for kind in fact.compensate if kind != "all"),
                holds=event.seq not in out,
                counts=seq not in fold.superseded(event_log.events[:number]),
            )


def _notified(event_log: EventLog, seq: int, corrections: tuple[Correction, ...]) -> Iterator[NotifiedMail]:
    """Each mail about it that left: its own and the calendar's, which say that it counts, and its corrections'."""
    says = dict.fromkeys((seq, *_followed(event_log, seq)), True)
    says |= {each.seq: each.counts for each in corrections}
    for event in event_log.events:
        if isinstance(mail := event.fact, MailSent) and mail.cause in says:
            yield NotifiedMail(
                template=mail.template,
                recipients=mail.recipients,
                at=event.at,
                counts=says[mail.cause],
            )


_known: deque[tuple[EventLog, int, tuple[int, ...]]] = deque(maxlen=4)
"""What followed, as it was found for these histories; each is asked several times in a moment (as `process.core.cache`)."""


def _followed(event_log: EventLog, seq: int) -> tuple[int, ...]:
    """What the calendar did because of it: what would not have been due without it."""
    for other, about, found in tuple(_known):
        if other is event_log and about == seq:
            return found
    followed = tuple(_not_due_without(event_log, seq))
    _known.appendleft((event_log, seq, followed))
    return followed


def _not_due_without(event_log: EventLog, seq: int) -> Iterator[int]:
    lead: Lead | None = None
    for number, event in enumerate(event_log.events, start=1):
        clock = isinstance(event.fact, Deadline) or event.fact.source == "clock"
        if lead and clock and event.seq > seq:
            past = EventLog(lead=lead, events=event_log.events[: number - 1])
            if not was_due(past, event):
                yield event.seq
        if lead is None or event.fact.supersedes is not None:
            lead = fold.without(EventLog(lead=event_log.lead, events=event_log.events[:number]), seq)
        else:
            lead = (fold.withdraw if event.seq == seq else fold.apply)(lead, event)


# ---- what correcting it would mean


def correction_impact(event_log: EventLog, seq: int, asked: Collection[str] = ()) -> CorrectionImpact | None:
    """What it would mean to correct this now, with what is `asked` for; None where it is no decision."""
    event = event_log.find(seq)
    if event is None or not isinstance(event.fact, Decision):
        return None
    again = event_log.find(event.fact.supersedes or 0)
    on_request = (
        left.replaced(fate="asked") if left.compensate in asked else left
        for left in _if_asked(event_log, event)
    )
    return CorrectionImpact(
        corrected_decision=corrected_decision(event_log, seq),
        again=(again.seq, again.summary) if again else None,
        left=(*_by_itself(event_log, event), *on_request, *_stays(event_log, event)),
    )


def offered(event_log: EventLog, seq: int) -> tuple[Compensation, ...]:
    """What of this decision's traces can be put right on request, or is anyhow."""
    event = event_log.find(seq)
    found = _if_asked(event_log, event) if event else ()
    anyhow = (_KINDS[effect.where] for effect in upkeep(event_log, seq))
    return tuple(dict.fromkeys([*(left.compensate for left in found if left.compensate), *anyhow]))


def _by_itself(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """What follows the lead's state."""
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
        yield follows("Invoices are prepared no more")
    for effect in upkeep(event_log, event.seq):
        yield follows(f"What is said of {effect.seq} {_WHERE[effect.where]} is brought up to date")


_WHERE: dict[Where, str] = {
    "issue": "in a comment on the lead's issue",
    "hub issue": "in a comment on the hub's issue",
    "answer": "in the answer to its comment",
}
_KINDS: dict[Where, Compensation] = {"issue": "comment", "hub issue": "hub", "answer": "answer"}


def upkeep(event_log: EventLog, seq: int) -> tuple[PostCorrection, ...]:
    """What was said on GitHub of the decision and its corrections, and turns when `seq` is corrected."""
    return tuple(_upkeep(event_log, seq))


def _upkeep(event_log: EventLog, seq: int) -> Iterator[PostCorrection]:
    decision = corrected_decision(event_log, root(event_log, seq))
    places: tuple[Where, ...] = ("issue", "hub issue")
    for where in places:
        if decision.was_asked(_KINDS[where]):
            yield say(event_log, where, decision.seq)
    turned: int | None = seq
    while turned is not None:
        if corrected_decision(event_log, turned).was_asked("answer"):
            yield say(event_log, "answer", turned)
        event = event_log.find(turned)
        turned = event.fact.supersedes if event else None


def say(event_log: EventLog, where: Where, seq: int) -> PostCorrection:
    """What is said of the decision `seq` there, because of the newest event."""
    lead, newest = event_log.lead, event_log.events[-1]
    about = f"{where.replace(' ', '_')}-{seq}"
    return PostCorrection(
        key=effect_key(lead, newest, f"post_correction-{about}"), cause=newest.seq, seq=seq, where=where
    )


def compensations(event_log: EventLog) -> tuple[Effect, ...]:
    """What the newest event, a correction, is to put right outside: what it asks for, and what was said before."""
    event = event_log.events[-1]
    correction = event.fact
    if not isinstance(correction, CorrectingDecision):
        return ()
    decision = root(event_log, correction.seq)
    found: dict[str, Effect] = {}
    if "mail" in correction.compensate:
        key = effect_key(event_log.lead, event, "send_correction")
        found[key] = SendCorrection(key=key, cause=event.seq, seq=decision)
    asked = (
        say(event_log, where, correction.seq if where == "answer" else decision)
        for where, kind in _KINDS.items()
        if kind in correction.compensate
        and (where != "answer" or corrected_decision(event_log, correction.seq).comment)
    )
    for effect in (*asked, *upkeep(event_log, correction.seq)):
        found.setdefault(effect.key, effect)
    return tuple(found.values())


def _if_asked(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """What spoke to people."""
    lead, decision = event_log.lead, corrected_decision(event_log, root(event_log, event.seq), notified=True)
    own = corrected_decision(event_log, event.seq)
    first = event_log.find(decision.seq) or event

    def asked(kind: Compensation, summary: str) -> Trace:
        return Trace(fate="if asked", summary=summary, compensate=kind)

    if notified := decision.notified_that(counts=decision.counts):
        got = "; ".join(_got(decision, address, lead) for address in notified)
        yield asked("mail", f"{got}. They, and nobody else, get a correction in the same thread")
    elif _unsent(event_log, event):
        yield asked("mail", "Its mail has not left. Whom it reaches at this very moment gets a correction")
    if own.comment and not own.was_asked("answer"):
        yield asked("answer", f"The answer to the comment that gave {event.seq} is crossed out")
    if lead.issue and first.fact.visible and "issue" not in lead.drift and not decision.was_asked("comment"):
        news = "counts again" if event.fact.supersedes else "no longer counts"
        yield asked("comment", f"A comment on the lead's issue says that {decision.seq} {news}, and why")
    if "hub issue" not in lead.drift and _takes_back_request(event_log, event):
        if lead.hub_issue:
            yield asked(
                "hub", f"The hub's issue is closed as not planned, with a comment: {lead.hub_issue.url}"
            )
        else:
            yield asked(
                "hub",
                "The hub's issue is not open yet. If it is being opened at this very moment, it is closed",
            )


def _got(decision: CorrectedDecision, address: str, lead: Lead) -> str:
    """What this address was told last."""
    newest = next(mail for mail in reversed(decision.notified) if address in mail.recipients)
    return f"{address} got “{newest.template.replace('_', ' ')}” on {lead.today(newest.at)}"


def _takes_back_request(event_log: EventLog, event: Event) -> bool:
    after = fold.without(event_log, event.seq)
    return event_log.lead.hub.requested_on is not None and after.hub.requested_on is None


def _planned(event_log: EventLog, event: Event) -> list[Effect]:
    """What it asked for outside when it was decided."""
    events = tuple(each for each in event_log.events if each.seq <= event.seq)
    past, present = (
        EventLog(lead=fold.fold(so_far, event_log.lead.id), events=so_far) for so_far in (events[:-1], events)
    )
    return [*event.fact.effects(Change(past, present))]


def _unsent(event_log: EventLog, event: Event) -> bool:
    """Whether it asked for mails of which none has left, as far as we know: one may be on its way."""
    return any(effect.queue == "mail" for effect in _planned(event_log, event)) and not any(
        isinstance(mail := each.fact, MailSent) and mail.cause == event.seq for each in event_log.events
    )


def _stays(event_log: EventLog, event: Event) -> Iterator[Trace]:
    """What no effect of ours takes back."""
    lead = event_log.lead

    def stays(summary: str) -> Trace:
        return Trace(fate="stays", summary=summary)

    if (
        event.fact.supersedes is None
        and lead.folder
        and any(isinstance(e, ReserveFolder) for e in _planned(event_log, event))
    ):
        yield stays("The lead's Drive folder serves whatever comes next; if it is empty, bin it by hand")
    followed = set(_followed(event_log, event.seq)) if event.fact.supersedes is None else set()
    numbers = [
        e.fact.number for e in event_log.events if e.seq in followed and isinstance(e.fact, InvoiceDue)
    ]
    for invoice in lead.invoices:
        if invoice.number in numbers and invoice.stands:
            then = "stands until it is taken back (Invoice voided)"
            if invoice.paid_on:
                then = f"was paid on {invoice.paid_on}: settle the difference with the contracts team"
            yield stays(f"Invoice {invoice.number} of {invoice.total} {then}")
    if isinstance(event.fact, Decision) and event.fact.irreversible:
        yield stays(event.fact.irreversible)
