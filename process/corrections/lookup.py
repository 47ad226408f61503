"""Reads from the event log how a decision was corrected, and which mails went out about it."""

import re
from collections import deque
from collections.abc import Iterator
from weakref import ReferenceType, ref

from process.core import fold
from process.core.events import EventLog
from process.corrections.corrected_decision import CorrectedDecision, Correction, NotifiedMail
from process.corrections.correcting_decision import CorrectingDecision
from process.deadlines.schedule import was_due
from process.decisions.base import Decision
from process.effects.observations import MailSent

COMMENT_KEY = "github-comment-"
"""Prefix of the key of a decision made in a GitHub comment. The comment's id follows."""

_COMMENT = re.compile(rf"{COMMENT_KEY}(\d{{1,18}})/")


def root(event_log: EventLog, seq: int) -> int:
    """Return the number of the decision that a correction is about, through all corrections of corrections.

    For a decision, that is its own number.
    """
    event = event_log.find(seq)
    return seq if event is None or event.fact.corrects is None else root(event_log, event.fact.corrects)


def corrected_decision(event_log: EventLog, seq: int, *, notified: bool = False) -> CorrectedDecision:
    """Return the decision or correction `seq` as it stands now, with the mails about it if `notified`.

    Raises LookupError if there is no such event.
    """
    event = event_log.find(seq)
    if event is None:
        raise LookupError(f"no event {seq}")
    out = fold.superseded(event_log.corrections)
    corrections = tuple(_corrections(event_log, seq, out))
    made_in = _COMMENT.match(event.key or "")
    return CorrectedDecision(
        seq=seq,
        at=event.at,
        by=event.fact.by,
        summary=event.summary,
        counts=seq not in out,
        comment=int(made_in[1]) if made_in else None,
        corrections=corrections,
        notified=tuple(_notified(event_log, seq, corrections)) if notified else (),
    )


def corrected_decisions(event_log: EventLog) -> tuple[CorrectedDecision, ...]:
    """Return all decisions that no longer count. Corrections are not among them."""
    out = sorted(fold.superseded(event_log.corrections))
    events = (event for seq in out if (event := event_log.find(seq)))
    decided = (e for e in events if isinstance(e.fact, Decision) and e.fact.corrects is None)
    return tuple(corrected_decision(event_log, event.seq) for event in decided)


def _corrections(event_log: EventLog, seq: int, out: frozenset[int]) -> Iterator[Correction]:
    about = {seq}
    for number, event in enumerate(event_log.corrections, start=1):
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
                holds=(fact.completes or event.seq) not in out,
                completes=fact.completes is not None,
                counts=seq not in fold.superseded(event_log.corrections[:number]),
            )


def _notified(event_log: EventLog, seq: int, corrections: tuple[Correction, ...]) -> Iterator[NotifiedMail]:
    """Yield the sent mails about the decision: its own, those of deadlines that followed, and its corrections'."""
    counts = dict.fromkeys((seq, *followers(event_log, seq)), True)
    counts |= {each.seq: each.counts for each in corrections}
    for event, mail in event_log.recorded(MailSent):
        if mail.cause in counts:
            yield NotifiedMail(
                template=mail.template,
                recipients=mail.recipients,
                at=event.at,
                counts=counts[mail.cause],
            )


_known: deque[tuple[ReferenceType[EventLog], int, tuple[int, ...]]] = deque(maxlen=4)
"""Followers found for the newest event logs. Each is asked for several times in a row (as in `process.core.cache`)."""


def followers(event_log: EventLog, seq: int) -> tuple[int, ...]:
    """Return the numbers of the deadlines that would not have passed without the decision `seq`."""
    for other, about, found in tuple(_known):
        if other() is event_log and about == seq:
            return found
    found = tuple(_not_due_without(event_log, seq))
    _known.appendleft((ref(event_log), seq, found))
    return found


def _not_due_without(event_log: EventLog, seq: int) -> Iterator[int]:
    first, *later = event_log.events
    past = EventLog.of((first,), fold.fold((first,), event_log.lead.id))
    for event in later:
        if event.fact.is_by_date and event.seq > seq and not was_due(past, event):
            yield event.seq
        if event.fact.supersedes is not None:
            lead = fold.without(past.then(event, past.lead), seq)
        else:
            lead = (fold.withdraw if event.seq == seq else fold.apply)(past.lead, event)
        past = past.then(event, lead)
