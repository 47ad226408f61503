"""Decisions and deadlines handle any message, and the pools of values cover every field."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from process.core import intake
from process.core.aggregate import LeadAggregate
from process.core.due import next_due, pass_deadlines
from process.core.preview import preview_decision
from process.core.rebuild import SentMessage, receive
from process.decisions.reading import complaints
from process.decisions.registry import DECISIONS
from process.envelope import public_key
from tests.support.lives import KEY, MONDAY, Life
from tests.support.pools import KINDS, NOT_SAID, SOUND, junk, odd_bodies, text

STATES: list[Callable[[], Life]] = [
    Life,
    lambda: Life().quoted(),
    lambda: Life().handed_over(),
    lambda: Life().live(),
    lambda: Life().lost(),
    lambda: Life().decommissioned(),
]
RECORDS = [state().aggregate for state in STATES]


@settings(max_examples=120)
@given(
    st.sampled_from(RECORDS),
    KINDS | text,
    st.lists(junk, max_size=2),
    st.integers(0, 12_000),
)
def test_take_answers_any_message(aggregate: LeadAggregate, kind: str, args: list[Any], day: int) -> None:
    after, answer = intake.take(aggregate, kind, tuple(args), MONDAY + timedelta(days=day))
    assert str(answer)
    assert len(str(answer)) < 2000
    if not answer.accepted:
        assert after.event_log is aggregate.event_log
        assert after.refused_total == aggregate.refused_total + 1
    LeadAggregate.model_validate_json(after.model_dump_json())


@settings(max_examples=150)
@given(st.sampled_from(RECORDS), KINDS.flatmap(lambda kind: st.tuples(st.just(kind), odd_bodies(kind))))
def test_take_answers_decisions_with_nonsense_in_them(
    aggregate: LeadAggregate, sent: tuple[str, Any]
) -> None:
    now = MONDAY + timedelta(days=1)
    after, answer = intake.take(aggregate, sent[0], (sent[1],), now)
    assert str(answer)
    assert preview_decision(after, *sent[:1], (sent[1],), now).answer.message
    later = pass_deadlines(after, now + timedelta(days=4000))
    assert LeadAggregate.model_validate_json(later.model_dump_json()) == later


@settings(max_examples=60)
@given(st.sampled_from(RECORDS), st.integers(0, 20_000))
def test_passing_deadlines_ends_and_leaves_nothing_due(aggregate: LeadAggregate, step: int) -> None:
    now = MONDAY + timedelta(days=step)
    after = pass_deadlines(aggregate, now)
    when = next_due(after.lead)
    assert when is None or when > now
    assert pass_deadlines(after, now) is after


HALF = "\ud800"
"""Half of a surrogate pair, which JSON can say and UTF-8 cannot."""
HALVES: list[Any] = [HALF, {HALF: 1}, [HALF], {"text": HALF}, [{HALF: HALF}], {"kind": {HALF: HALF}}]
ENVELOPES = [
    (),
    *(
        ({"actor": actor, "signature": signature},)
        for actor in ({"identity": HALF}, {"face": HALF}, {"roles": [HALF]}, {HALF: HALF}, {"identity": "x"})
        for signature in ("", HALF, "eA==")
    ),
]


@pytest.mark.parametrize("kind", DECISIONS)
def test_half_a_character_anywhere_is_answered(kind: str) -> None:
    now, aggregate = MONDAY + timedelta(days=1), RECORDS[1].replaced(keys=(public_key(KEY),))
    sent: list[tuple[Any, ...]] = [({"by": HALF, "key": HALF}, *envelope) for envelope in ENVELOPES]
    for name in (*DECISIONS[kind].model_fields, HALF):
        sent += [({**DECISIONS[kind].example, name: value},) for value in HALVES]
    for args in sent:
        after, answer = intake.take(aggregate, kind, args, now)
        assert (str(answer) + after.model_dump_json()).encode()


@pytest.mark.parametrize("name", ["retry", "check_drift", "set_team", "flag_duplicates", "revert_edits"])
def test_half_a_character_in_other_messages_is_recorded(name: str) -> None:
    declined = {
        "kind": "lost",
        "by": "x",
        "source": "x",
        "reason": "x",
        "suggestions": [{"fields": {"note": HALF}}],
    }
    edits = {"edits": [{"kind": "closed"}], "declined": [declined]}
    for body in (
        *HALVES,
        *({field: half} for field in ("people", "originals", "edits") for half in HALVES),
        edits,
    ):
        after = receive(RECORDS[1], SentMessage(name, (body,), "signal", MONDAY), MONDAY)
        assert after.model_dump_json().encode()


def test_a_complaint_that_quotes_half_a_character_is_one() -> None:
    error = ValidationError.from_exception_data(
        "x", [{"type": PydanticCustomError("x", "{it}", {"it": HALF}), "loc": (HALF,), "input": HALF}]
    )
    assert complaints(error) == "it holds text with a character that does not exist"


def test_the_pools_cover_every_field() -> None:
    """Check that a new field of a decision is tried with valid values, too."""
    for decision in DECISIONS.values():
        for name, field in decision.model_fields.items():
            if name not in (*SOUND, *NOT_SAID):
                takes: TypeAdapter[Any] = TypeAdapter(field.rebuild_annotation())
                assert takes.validate_python("Ada Example"), name
