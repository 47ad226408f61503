"""Plans the effects that compensate a corrected decision outside.

The card, labels and issues follow the lead's state by themselves. Mails and comments are compensated only on request, and
only towards the people whom the mistake reached.
"""

from collections.abc import Iterator

from process.core.events import EventLog, effect_key
from process.corrections.corrected_decision import Where
from process.corrections.correcting_decision import CorrectingDecision
from process.corrections.lookup import corrected_decision, root
from process.corrections.unresolved import Compensation
from process.effects import Effect, PostCorrection, SendCorrection

KINDS: dict[Where, Compensation] = {"issue": "comment", "hub issue": "hub", "answer": "answer"}
"""The compensation that writes at each place on GitHub."""


def compensations(event_log: EventLog) -> tuple[Effect, ...]:
    """Return the compensating effects of the newest event, if it is a correction.

    They are those that it asks for, and updates of what earlier corrections have posted.
    """
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
        _post(event_log, where, correction.seq if where == "answer" else decision)
        for where, kind in KINDS.items()
        if kind in correction.compensate
        and (where != "answer" or corrected_decision(event_log, correction.seq).comment)
    )
    for effect in (*asked, *updates(event_log, correction.seq)):
        found.setdefault(effect.key, effect)
    return tuple(found.values())


def updates(event_log: EventLog, seq: int) -> Iterator[PostCorrection]:
    """Yield updates of all posts on GitHub about the decision and its corrections that correcting `seq` changes."""
    decision = corrected_decision(event_log, root(event_log, seq))
    issues: tuple[Where, ...] = ("issue", "hub issue")
    for where in issues:
        if decision.was_asked(KINDS[where]):
            yield _post(event_log, where, decision.seq)
    current: int | None = seq
    while current is not None:
        if corrected_decision(event_log, current).was_asked("answer"):
            yield _post(event_log, "answer", current)
        event = event_log.find(current)
        current = event.fact.supersedes if event else None


def _post(event_log: EventLog, where: Where, seq: int) -> PostCorrection:
    """Return the effect that posts the present state of the decision `seq`, caused by the newest event."""
    lead, newest = event_log.lead, event_log.events[-1]
    about = f"{where.replace(' ', '_')}-{seq}"
    return PostCorrection(
        key=effect_key(lead, newest, f"post_correction-{about}"), cause=newest.seq, seq=seq, where=where
    )
