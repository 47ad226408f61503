"""Takes decisions as they come from outside: parsed, recognised as repeats, refused or recorded."""

from datetime import datetime
from typing import Any

from process.core.aggregate import LeadAggregate
from process.core.decide import decide
from process.core.receipts import Answer, Refusal, content_of, find_receipt, given, with_receipt
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.decisions.base import Decision
from process.decisions.parsing import parse

MAX_EVENT_BYTES = 1_200_000
"""Bytes that events may take. Temporal hands at most 2 MiB to a new run, and the lead itself goes along."""

MAX_SHARE = 20
"""A decision takes at most the remaining bytes divided by this, so that there is always space for the next."""


def take(
    aggregate: LeadAggregate, kind: str, args: tuple[Any, ...], now: datetime, *, source: str = "signal"
) -> tuple[LeadAggregate, Answer]:
    """Take, refuse or recognise as a repeat a decision in the form in which it came. Never raises.

    A decision that names no source gets `source`.
    """
    decision = parse(kind, args, source=source)
    if isinstance(decision, Refused):
        by, source = given(args, "by", "someone"), given(args, "source", source)
        return _refuse(aggregate, Refusal.of(kind, decision, now, by=by, source=source))
    return take_parsed(aggregate, decision, now)


def take_parsed(aggregate: LeadAggregate, decision: Decision, now: datetime) -> tuple[LeadAggregate, Answer]:
    """Take, refuse or recognise as a repeat a decision."""
    receipt = find_receipt(aggregate.receipts, aggregate.event_log, decision, now)
    if receipt and receipt.content == content_of(decision):
        return _note_repeat(aggregate, decision, receipt.answer, now), receipt.answer_again(
            aggregate.event_log
        )
    if receipt:
        reused = refuse(f"The key {decision.key!r} already stands for another decision", "Give each its own")
        return _refuse(aggregate, _refusal(decision, reused, now))
    fact = _too_long(aggregate, decision) or decide(aggregate.event_log, decision, now)
    if isinstance(fact, Refused):
        aggregate, answer = _refuse(aggregate, _refusal(decision, fact, now))
        return (_with_receipt(aggregate, decision, answer) if decision.key else aggregate), answer
    aggregate = aggregate.record(fact, now)
    event = aggregate.event_log.events[-1]
    answer = Answer(accepted=True, message=event.summary, seq=event.seq)
    return _with_receipt(aggregate, decision, answer), answer


def _too_long(aggregate: LeadAggregate, decision: Decision) -> Refused | None:
    """Return the reason to refuse a decision whose texts are too long for what the lead can still store, or None."""
    free = max(MAX_EVENT_BYTES - aggregate.stored_bytes, 0)
    if len(decision.model_dump_json().encode()) <= free // MAX_SHARE:
        return None
    return refuse(
        f"The lead has become so long that its record has room for {free // 1000} kB only",
        "Write it shorter, and put long texts into its folder"
        if free > MAX_EVENT_BYTES // 100
        else Suggestion(kind=SuggestionKind.START, text="Start a new lead"),
    )


def _note_repeat(aggregate: LeadAggregate, decision: Decision, first: Answer, now: datetime) -> LeadAggregate:
    """Record once that an accepted decision was repeated: a signal gets no other answer."""
    again = refuse(f"It came again and was already taken as {first.seq}", "Nothing was done twice")
    if not first.accepted or any(refusal.reason == again.reason for refusal in aggregate.refusals):
        return aggregate
    return aggregate.refuse(_refusal(decision, again, now))


def _refusal(decision: Decision, refused: Refused, now: datetime) -> Refusal:
    return Refusal.of(decision.kind, refused, now, by=decision.by, source=decision.source)


def _refuse(aggregate: LeadAggregate, refusal: Refusal) -> tuple[LeadAggregate, Answer]:
    return aggregate.refuse(refusal), refusal.answer()


def _with_receipt(aggregate: LeadAggregate, decision: Decision, answer: Answer) -> LeadAggregate:
    return aggregate.replaced(receipts=with_receipt(aggregate.receipts, decision, answer))
