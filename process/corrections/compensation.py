"""What a decision has done outside, and what becomes of that when it is corrected.

What only shows the lead's state (card, labels, issues) follows by itself. What spoke to people is put right if somebody
asks for it, and reaches those alone who were told. What no program can take back is said, with what to do instead.
"""

import re
from collections import deque
from collections.abc import Collection, Iterator

from process import deadlines as ticks  # as modules: they need decisions, and decisions need this
from process.core import fold
from process.core.event_log import Change, History, effect_key
from process.core.events import Event, Tick
from process.corrections.corrected_decision import (
    Compensation,
    Correction,
    Left,
    Mistake,
    Told,
    Undoing,
    Where,
)
from process.decisions import correcting as mending
from process.decisions.base import Decision
from process.effects.base import Effect, ReserveFolder, SayCorrection, SendCorrection
from process.effects.observations import MailSent
from process.lead.lead import Lead
from process.money import billing

COMMENT_KEY = "github-comment-"
"""How the key of a decision begins that was given in a comment on GitHub; the comment's id follows."""

_COMMENT = re.compile(rf"{COMMENT_KEY}(\d{{1,18}})/")


# ---- a decision and its corrections


def root(history: History, seq: int) -> int:
    """The decision that a correction is about, through all corrections of corrections; a decision itself is its own."""
    event = history.find(seq)
    return seq if event is None or event.fact.supersedes is None else root(history, event.fact.supersedes)


def mistake(history: History, seq: int, *, told: bool = False) -> Mistake:
    """The decision `seq`, or a correction, as it stands by now; with the mails about it if that is asked for.

    Raises LookupError where there is no such event.
    """
    event = history.find(seq)
    if event is None:
        raise LookupError(f"no event {seq}")
    out = fold.superseded(history.events)
    corrections = tuple(_corrections(history, seq, out))
    given = _COMMENT.match(event.key or "")
    return Mistake(
        seq=seq,
        at=event.at,
        by=event.fact.by,
        words=event.words,
        counts=seq not in out,
        comment=int(given[1]) if given else None,
        corrections=corrections,
        told=tuple(_told(history, seq, corrections)) if told else (),
    )


def mistakes(history: History) -> tuple[Mistake, ...]:
    """All decisions that do not count any more, but for corrections: what those took out counts again."""
    out = fold.superseded(history.events)
    decided = (e for e in history.events if isinstance(e.fact, Decision) and e.fact.supersedes is None)
    return tuple(mistake(history, event.seq) for event in decided if event.seq in out)


def _corrections(history: History, seq: int, out: frozenset[int]) -> Iterator[Correction]:
    about = {seq}
    for number, event in enumerate(history.events, start=1):
        fact = event.fact
        if isinstance(fact, mending.Corrected) and fact.seq in about:
            about.add(event.seq)
            yield Correction(
                seq=event.seq,
                of=fact.seq,
                at=event.at,
                by=fact.by,
                reason=fact.reason,
                asked=tuple(kind for kind in fact.compensate if kind != "all"),
                holds=event.seq not in out,
                counts=seq not in fold.superseded(history.events[:number]),
            )


def _told(history: History, seq: int, corrections: tuple[Correction, ...]) -> Iterator[Told]:
    """Each mail about it that left: its own and the calendar's, which say that it counts, and its corrections'."""
    says = dict.fromkeys((seq, *_followed(history, seq)), True)
    says |= {each.seq: each.counts for each in corrections}
    for event in history.events:
        if isinstance(mail := event.fact, MailSent) and mail.cause in says:
            yield Told(
                template=mail.template,
                recipients=mail.recipients,
                at=event.at,
                counts=says[mail.cause],
            )


_known: deque[tuple[History, int, tuple[int, ...]]] = deque(maxlen=4)
"""What followed, as it was found for these histories; each is asked several times in a moment (as `process.core.cache`)."""


def _followed(history: History, seq: int) -> tuple[int, ...]:
    """What the calendar did because of it: what would not have been due without it."""
    for other, about, found in tuple(_known):
        if other is history and about == seq:
            return found
    followed = tuple(_not_due_without(history, seq))
    _known.appendleft((history, seq, followed))
    return followed


def _not_due_without(history: History, seq: int) -> Iterator[int]:
    lead: Lead | None = None
    for number, event in enumerate(history.events, start=1):
        clock = isinstance(event.fact, Tick) or event.fact.source == "clock"
        if lead and clock and event.seq > seq:
            past = History(lead=lead, events=history.events[: number - 1])
            if not ticks.was_due(past, event):
                yield event.seq
        if lead is None or event.fact.supersedes is not None:
            lead = fold.without(History(lead=history.lead, events=history.events[:number]), seq)
        else:
            lead = (fold.withdraw if event.seq == seq else fold.apply)(lead, event)


# ---- what correcting it would mean


def undoing(history: History, seq: int, asked: Collection[str] = ()) -> Undoing | None:
    """What it would mean to correct this now, with what is `asked` for; None where it is no decision."""
    event = history.find(seq)
    if event is None or not isinstance(event.fact, Decision):
        return None
    again = history.find(event.fact.supersedes or 0)
    on_request = (
        left.model_copy(update={"fate": "asked"}) if left.compensate in asked else left
        for left in _if_asked(history, event)
    )
    return Undoing(
        mistake=mistake(history, seq),
        again=(again.seq, again.words) if again else None,
        left=(*_by_itself(history, event), *on_request, *_stays(history, event)),
    )


def offered(history: History, seq: int) -> tuple[Compensation, ...]:
    """What of this decision's traces can be put right on request, or is anyhow."""
    event = history.find(seq)
    found = _if_asked(history, event) if event else ()
    anyhow = (_KINDS[effect.where] for effect in upkeep(history, seq))
    return tuple(dict.fromkeys([*(left.compensate for left in found if left.compensate), *anyhow]))


def _by_itself(history: History, event: Event) -> Iterator[Left]:
    """What follows the lead's state."""
    before, after = history.lead, fold.without(history, event.seq)

    def follows(words: str) -> Left:
        return Left(fate="by itself", words=words)

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
    for effect in upkeep(history, event.seq):
        yield follows(f"What is said of {effect.seq} {_WHERE[effect.where]} is brought up to date")


_WHERE: dict[Where, str] = {
    "issue": "in a comment on the lead's issue",
    "hub issue": "in a comment on the hub's issue",
    "answer": "in the answer to its comment",
}
_KINDS: dict[Where, Compensation] = {"issue": "comment", "hub issue": "hub", "answer": "answer"}


def upkeep(history: History, seq: int) -> tuple[SayCorrection, ...]:
    """What was said on GitHub of the decision and its corrections, and turns when `seq` is corrected."""
    return tuple(_upkeep(history, seq))


def _upkeep(history: History, seq: int) -> Iterator[SayCorrection]:
    decision = mistake(history, root(history, seq))
    places: tuple[Where, ...] = ("issue", "hub issue")
    for where in places:
        if decision.was_asked(_KINDS[where]):
            yield say(history, where, decision.seq)
    turned: int | None = seq
    while turned is not None:
        if mistake(history, turned).was_asked("answer"):
            yield say(history, "answer", turned)
        event = history.find(turned)
        turned = event.fact.supersedes if event else None


def say(history: History, where: Where, seq: int) -> SayCorrection:
    """What is said of the decision `seq` there, because of the newest event."""
    lead, newest = history.lead, history.events[-1]
    about = f"{where.replace(' ', '_')}-{seq}"
    return SayCorrection(
        key=effect_key(lead, newest, f"say_correction-{about}"), cause=newest.seq, seq=seq, where=where
    )


def compensations(history: History) -> tuple[Effect, ...]:
    """What the newest event, a correction, is to put right outside: what it asks for, and what was said before."""
    event = history.events[-1]
    correction = event.fact
    if not isinstance(correction, mending.Corrected):
        return ()
    decision = root(history, correction.seq)
    found: dict[str, Effect] = {}
    if "mail" in correction.compensate:
        key = effect_key(history.lead, event, "send_correction")
        found[key] = SendCorrection(key=key, cause=event.seq, seq=decision)
    asked = (
        say(history, where, correction.seq if where == "answer" else decision)
        for where, kind in _KINDS.items()
        if kind in correction.compensate and (where != "answer" or mistake(history, correction.seq).comment)
    )
    for effect in (*asked, *upkeep(history, correction.seq)):
        found.setdefault(effect.key, effect)
    return tuple(found.values())


def _if_asked(history: History, event: Event) -> Iterator[Left]:
    """What spoke to people."""
    lead, decision = history.lead, mistake(history, root(history, event.seq), told=True)
    own = mistake(history, event.seq)
    first = history.find(decision.seq) or event

    def asked(kind: Compensation, words: str) -> Left:
        return Left(fate="if asked", words=words, compensate=kind)

    if told := decision.told_that(counts=decision.counts):
        got = "; ".join(_got(decision, address, lead) for address in told)
        yield asked("mail", f"{got}. They, and nobody else, get a correction in the same thread")
    elif _unsent(history, event):
        yield asked("mail", "Its mail has not left. Whom it reaches at this very moment gets a correction")
    if own.comment and not own.was_asked("answer"):
        yield asked("answer", f"The answer to the comment that gave {event.seq} is crossed out")
    if lead.issue and first.fact.visible and "issue" not in lead.drift and not decision.was_asked("comment"):
        news = "counts again" if event.fact.supersedes else "no longer counts"
        yield asked("comment", f"A comment on the lead's issue says that {decision.seq} {news}, and why")
    if "hub issue" not in lead.drift and _takes_back_request(history, event):
        if lead.hub_issue:
            yield asked(
                "hub", f"The hub's issue is closed as not planned, with a comment: {lead.hub_issue.url}"
            )
        else:
            yield asked(
                "hub",
                "The hub's issue is not open yet. If it is being opened at this very moment, it is closed",
            )


def _got(decision: Mistake, address: str, lead: Lead) -> str:
    """What this address was told last."""
    newest = next(mail for mail in reversed(decision.told) if address in mail.recipients)
    return f"{address} got “{newest.template.replace('_', ' ')}” on {lead.today(newest.at)}"


def _takes_back_request(history: History, event: Event) -> bool:
    after = fold.without(history, event.seq)
    return history.lead.hub.requested_on is not None and after.hub.requested_on is None


def _planned(history: History, event: Event) -> list[Effect]:
    """What it asked for outside when it was decided."""
    events = tuple(each for each in history.events if each.seq <= event.seq)
    past, present = (
        History(lead=fold.fold(so_far, history.lead.id), events=so_far) for so_far in (events[:-1], events)
    )
    return [*event.fact.effects(Change(past, present))]


def _unsent(history: History, event: Event) -> bool:
    """Whether it asked for mails of which none has left, as far as we know: one may be on its way."""
    return any(effect.lane == "mail" for effect in _planned(history, event)) and not any(
        isinstance(mail := each.fact, MailSent) and mail.cause == event.seq for each in history.events
    )


def _stays(history: History, event: Event) -> Iterator[Left]:
    """What no effect of ours takes back."""
    lead = history.lead

    def stays(words: str) -> Left:
        return Left(fate="stays", words=words)

    if (
        event.fact.supersedes is None
        and lead.folder
        and any(isinstance(e, ReserveFolder) for e in _planned(history, event))
    ):
        yield stays("The lead's Drive folder serves whatever comes next; if it is empty, bin it by hand")
    followed = set(_followed(history, event.seq)) if event.fact.supersedes is None else set()
    numbers = [
        e.fact.number
        for e in history.events
        if e.seq in followed and isinstance(e.fact, ticks.billing.InvoiceDue)
    ]
    for invoice in lead.invoices:
        if invoice.number in numbers and invoice.stands:
            then = "stands until it is taken back (invoice_voided)"
            if invoice.paid_on:
                then = f"was paid on {invoice.paid_on}: settle the difference with the contracts team"
            yield stays(f"Invoice {invoice.number} of {invoice.total} {then}")
    if isinstance(event.fact, Decision) and event.fact.beyond:
        yield stays(event.fact.beyond)
