"""Takes decisions as they come from outside: parsed, recognised as repeats, refused or recorded."""

from datetime import datetime
from typing import Any

from pydantic_core import to_json

from process.actor import SOMEONE, Actor, Face, identity_of
from process.core.aggregate import LeadAggregate
from process.core.answers import NOT_SIGNED, REPEATED, Answer, Refusal, given, key_reused
from process.core.checkpoint import pack
from process.core.decide import decide
from process.core.news import overtaken
from process.core.receipts import content_of, find_receipt, with_receipt
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.decisions.base import Decision
from process.decisions.parsing import parse
from process.decisions.policy import PolicyAdopted
from process.envelope import envelope_in, is_signed
from process.types import one_line

MAX_EVENT_BYTES = 1_200_000
"""Bytes that the events may take as JSON. Temporal takes at most 2 MiB in an input or an answer, and some of them carry
all texts of a lead. Ten years of a hub take 450,000."""

MAX_PACKED_BYTES = 1_000_000
"""Bytes that the packed lead may take, for a new run gets it whole. Only texts that cannot be compressed are that large:
ten years of a hub take 55,000."""

MAX_SHARE = 20
"""A decision takes at most the remaining bytes divided by this, so that there is always space for the next."""

SMALL = 1_000
"""Bytes of a decision that a full lead still takes, so that it can be corrected and ended."""

RESERVE = 300_000
"""Bytes in addition to both limits that are left to small decisions."""

ENDS = frozenset({"corrected", "lost", "merged", "decommission_decided", "hub_decommissioned"})
"""Decisions by which a lead is put right and comes to its end."""
RESERVE_OF_ENDS = 100_000
"""Bytes beyond that reserve that are left to these."""

ANSWER_ROOM = 250_000
"""Bytes of a packed lead beside `MAX_PACKED_BYTES` that are left to strangers' answers, in its events and its state."""

MAX_NAME = 60
"""Characters of a name by which somebody unknown is looked up."""


def take(
    aggregate: LeadAggregate, kind: str, args: tuple[Any, ...], now: datetime, *, source: str = "signal"
) -> tuple[LeadAggregate, Answer]:
    """Take, refuse or recognise as a repeat a decision in the form in which it came, by this signal or update.

    A refused update is answered, so that the team has nothing to do about it. Never raises.
    """
    envelope = envelope_in(args)
    args, actor = opened(aggregate, kind, args, Face(source))
    if isinstance(actor, Refused):
        refusal = Refusal.of(kind, actor, now, by=given(args, "by", SOMEONE), source=source)
        after, answer = _refuse(aggregate, refusal)
    else:
        seen = envelope.seen if envelope else None
        after, answer = take_from(aggregate, kind, args, actor, now, seen)
    is_answered = source == Face.UPDATE and after.refused_total > aggregate.refused_total
    return (after.with_newest_refusal_answered() if is_answered else after), answer


def take_from(
    aggregate: LeadAggregate,
    kind: str,
    args: tuple[Any, ...],
    actor: Actor,
    now: datetime,
    seen: int | None = None,
) -> tuple[LeadAggregate, Answer]:
    """Take, refuse or recognise as a repeat a decision by this person, who has `seen` the lead so far. Never raises."""
    decision = parse(kind, args, actor)
    if isinstance(decision, Refused):
        by = given(args, "by", SOMEONE)
        return _refuse(aggregate, Refusal.of(kind, decision, now, by=by, source=actor.face))
    return take_parsed(aggregate, decision, now, seen)


def opened(
    aggregate: LeadAggregate, kind: str, args: tuple[Any, ...], face: Face
) -> tuple[tuple[Any, ...], Actor | Refused]:
    """Return the arguments without the envelope, and the person who decides.

    What an envelope says is believed if the service has signed it. A lead that knows no key believes the rest where the
    policy lets that face decide, and authenticates nobody; but as long as it has not heard whether its workers have one,
    it takes no policy so. Anything else came by `face`, a signal or an update, from somebody unknown.
    """
    envelope = envelope_in(args)
    if envelope is None:
        return args, _unsigned(aggregate, args, face)
    args, claims = args[:1], envelope.actor.replaced(authenticated=False)
    if is_signed(envelope, aggregate.keys or (), aggregate.lead.id, kind, args[0]):
        return args, claims.replaced(authenticated=claims.face.authenticates and claims.identity is not None)
    if aggregate.keys is None and kind == PolicyAdopted.kind:
        return args, NOT_SIGNED
    if not aggregate.keys and not aggregate.lead.policy.faces.refuses(face):
        return args, claims
    if envelope.signature or claims.roles is not None:
        return args, NOT_SIGNED
    return args, _unsigned(aggregate, args, face)


def _unsigned(aggregate: LeadAggregate, args: tuple[Any, ...], face: Face) -> Actor:
    by = one_line(given(args, "by", ""))[:MAX_NAME]
    return Actor(face=face, identity=identity_of(aggregate.lead.policy.aliases, by) if by else None)


def take_parsed(
    aggregate: LeadAggregate, decision: Decision, now: datetime, seen: int | None = None
) -> tuple[LeadAggregate, Answer]:
    """Take, refuse or recognise as a repeat a decision.

    One that was refused because of news has no receipt: under its key it may come again, when they are known.
    """
    content = content_of(decision)
    receipt = find_receipt(aggregate.receipts, aggregate.event_log, decision, content, now)
    if receipt and receipt.is_of(content):
        answer = receipt.answer_again(aggregate.event_log)
        return _note_repeat(aggregate, decision, answer, now), answer
    if receipt:
        return _refuse(aggregate, _refusal(decision, key_reused(receipt.key or ""), now))
    if seen is not None and (news := overtaken(aggregate.event_log, decision, seen)):
        return _refuse(aggregate, _refusal(decision, news, now))
    fact = _too_long(aggregate, decision) or decide(aggregate.event_log, decision, now)
    if isinstance(fact, Refused):
        aggregate, answer = _refuse(aggregate, _refusal(decision, fact, now))
        return _with_receipt(aggregate, decision.key, content, answer) if decision.key else aggregate, answer
    aggregate = aggregate.record(fact, now)
    answer = Answer.to(aggregate.event_log, aggregate.lead.last_seq)
    return _with_receipt(aggregate, decision.key, content, answer), answer


def _too_long(aggregate: LeadAggregate, decision: Decision) -> Refused | None:
    """Return the reason to refuse a decision whose texts are too long for what the lead can still store, or None."""
    size, free = len(to_json(decision)), _free(aggregate)
    reserve = RESERVE + (RESERVE_OF_ENDS if decision.kind in ENDS else 0)
    if size <= free // MAX_SHARE or (size <= SMALL and free > -reserve):
        return None
    free = max(free, 0)
    return refuse(
        f"The lead has become so long that its record has room for {free // 1000} kB only",
        "Write it shorter, and put long texts into its folder"
        if free > MAX_EVENT_BYTES // 100
        else Suggestion(kind=SuggestionKind.START, text="Start a new lead"),
    )


def _free(aggregate: LeadAggregate) -> int:
    """Return the bytes that are left for events; negative if the lead is larger than it may become."""
    free = MAX_EVENT_BYTES - aggregate.event_bytes
    if (
        free > MAX_EVENT_BYTES - MAX_PACKED_BYTES // 2
    ):  # the lead repeats each text of its events at most once
        return free
    return min(free, MAX_PACKED_BYTES + ANSWER_ROOM - len(pack(aggregate)))


def _note_repeat(aggregate: LeadAggregate, decision: Decision, first: Answer, now: datetime) -> LeadAggregate:
    """Record once that an accepted decision was repeated: a signal gets no other answer."""
    again = refuse(f"{REPEATED} {first.seq}", "Nothing was done twice")
    if not first.accepted or any(refusal.reason == again.reason for refusal in aggregate.refusals):
        return aggregate
    return aggregate.refuse(_refusal(decision, again, now).replaced(for_team=False))


def _refusal(decision: Decision, refused: Refused, now: datetime) -> Refusal:
    return Refusal.of(decision.kind, refused, now, by=decision.by, source=decision.source)


def _refuse(aggregate: LeadAggregate, refusal: Refusal) -> tuple[LeadAggregate, Answer]:
    return aggregate.refuse(refusal), refusal.answer()


def _with_receipt(aggregate: LeadAggregate, key: str | None, content: str, answer: Answer) -> LeadAggregate:
    return aggregate.replaced(receipts=with_receipt(aggregate.receipts, key, content, answer))
