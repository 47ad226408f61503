"""Strangers' answers never use up a lead's room: it keeps the newest within bounds, and decides, corrects and ends."""

import os
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from process.core.aggregate import LeadAggregate
from process.core.answer_room import KEPT_ANSWER_BYTES, MAX_ANSWER_BYTES, answer_bytes, stored_bytes
from process.core.checkpoint import pack
from process.core.intake import ANSWER_ROOM, MAX_EVENT_BYTES, MAX_PACKED_BYTES, RESERVE, RESERVE_OF_ENDS
from process.core.restoring import aggregate_from
from process.decisions.qualifying import MAX_BY_FORM
from process.duplicates.notices import relation_notices
from process.effects.observations import AnswersRead
from process.lead.answers import (
    CUT,
    FORGOTTEN,
    MAX_ANSWER,
    MAX_ANSWERS,
    MAX_RESPONSES,
    NOT_KEPT,
    kept_answers,
    size_of,
)
from process.views.overview import overview
from tests.support.lives import Life
from workflows.runtime.limits import MAX_MESSAGE_BYTES

FORM = {"source": "questionnaire", "by": "the questionnaire"}
TWO_MIB = 2 * 1024 * 1024


def noise(size: int) -> str:
    """Text that cannot be compressed much."""
    return os.urandom(size // 2).hex()


def gets(life: Life, response: str, text: str, *, times: int = 10) -> None:
    """Let a response come in by itself, or an edit of one, with these answers."""
    life.wait(hours=1)
    life.take("questionnaire_answered", response_id=response, submitted_at=life.now.isoformat(), **FORM)
    read = AnswersRead(response_id=response, answers=(("What for?", text),) * times, submitted_at=life.now)
    life.aggregate = life.aggregate.record(read, life.now)


@given(st.lists(st.tuples(st.text(max_size=2_000), st.text(max_size=9_000)), max_size=40))
def test_any_answers_are_kept_within_their_bounds(answers: list[tuple[str, str]]) -> None:
    kept = kept_answers(answers)
    assert size_of(kept) <= MAX_ANSWERS
    assert kept_answers(kept) == kept
    assert all(len(to_json(answer)) <= MAX_ANSWER + 2 for _, answer in kept)


def test_what_is_left_out_is_said() -> None:
    (cut,) = kept_answers([("What for?", "x" * 1_200_000)])
    assert cut[1].endswith(CUT)
    *_, last = kept_answers([(f"Question {number}", "x" * 3_000) for number in range(20)])
    assert last[0] == NOT_KEPT
    assert last[1].startswith("10 more answers stay in the form")
    assert kept_answers([("Short", "answer")]) == (("Short", "answer"),)


@pytest.mark.parametrize("text", ["\ud800" * 5_000, "\x00" * 5_000, '"' * 5_000, "é" * 5_000, "🦀" * 5_000])
def test_every_kind_of_text_is_cut(text: str) -> None:
    ((_, kept),) = kept_answers([("Q", text)])
    assert kept.endswith(CUT)
    assert len(to_json(kept)) <= MAX_ANSWER + 2


def test_answers_of_strangers_leave_the_room_for_decisions() -> None:
    life = Life()
    for number in range(40):
        gets(life, f"response {number % 8}", noise(MAX_ANSWER - 100))
    assert life.aggregate.answer_bytes <= MAX_ANSWER_BYTES
    assert life.aggregate.event_bytes < 30_000
    assert life.take("put_on_hold", event="A grant", note="x" * 9_000).accepted
    assert life.take("resumed").accepted
    assert life.take("price_quoted", amount="12000", currency="USD", per="year").accepted
    assert life.take("lost", reason="budget").accepted


def test_a_form_of_more_than_a_megabyte_leaves_the_lead_answering() -> None:
    life = Life()
    for _ in range(10):
        gets(life, "one", noise(120_000))
    assert life.take("put_on_hold", event="A grant").accepted
    assert life.take("lost", reason="budget").accepted
    assert len(pack(life.aggregate)) < MAX_EVENT_BYTES


def test_the_newest_answers_are_kept_and_older_ones_forgotten() -> None:
    life = Life()
    for number in range(12):
        gets(life, "one", f"{number} {noise(MAX_ANSWER - 200)}", times=7)
    assert life.lead.questionnaire.answers[0][1].startswith("11 ")
    read = [fact.answers for _, fact in life.aggregate.event_log.recorded(AnswersRead)]
    assert read[0] == FORGOTTEN
    assert read[-1][0][1].startswith("11 ")
    assert answer_bytes(life.aggregate.event_log) == life.aggregate.answer_bytes
    total = stored_bytes(life.aggregate.event_log.events)
    assert life.aggregate.event_bytes + life.aggregate.answer_bytes == total
    assert LeadAggregate.model_validate_json(life.aggregate.model_dump_json()) == life.aggregate
    assert KEPT_ANSWER_BYTES < MAX_ANSWER_BYTES


def test_a_lead_that_is_restored_has_the_same_room() -> None:
    life = Life()
    events = []
    for number in range(12):
        gets(life, "one", f"{number} {noise(MAX_ANSWER - 200)}", times=7)
        events += list(life.aggregate.event_log.events)[-2:]
    written = [life.aggregate.event_log.events[0], *sorted(events, key=lambda event: event.seq)]
    restored = aggregate_from(written, life.lead.id)
    assert restored.answer_bytes <= MAX_ANSWER_BYTES
    assert restored.lead.questionnaire == life.lead.questionnaire


def test_all_responses_of_a_lead_have_one_room() -> None:
    life = Life()
    for number in range(6):
        gets(life, f"response {number}", noise(MAX_ANSWER - 100))
    known = life.lead.questionnaire
    everything = (known.answers, *(other.answers for other in known.others))
    assert sum(map(size_of, everything)) <= MAX_RESPONSES + len(everything) * size_of(FORGOTTEN)
    assert known.others[-1].answers[0][0] == "What for?", "the newest is kept"


def test_responses_come_in_by_themselves_so_many_times_only() -> None:
    life = Life()
    for _ in range(MAX_BY_FORM + 3):
        gets(life, "one", "again", times=1)
    assert "100 times by themselves" in life.aggregate.refusals[-1].reason
    later = (life.now + timedelta(days=1)).isoformat()
    assert life.take("questionnaire_answered", response_id="one", submitted_at=later, by="Ada").accepted
    assert life.aggregate.event_bytes < 10_000


def test_a_merged_lead_can_hand_its_answers_over() -> None:
    life = Life()
    for number in range(6):
        gets(life, f"response {number}", '"' * 1_900)
    life.take("merged", into="lead-other")
    (notice,) = relation_notices(life.lead).values()
    assert len(to_json(notice)) < MAX_MESSAGE_BYTES


def test_what_ends_a_lead_has_room_after_all_else() -> None:
    life = Life().quoted()
    for used, accepted in ((RESERVE - 1, True), (RESERVE, False), (RESERVE + RESERVE_OF_ENDS - 1, False)):
        full = life.aggregate.replaced(event_bytes=MAX_EVENT_BYTES + used)
        life.aggregate = full
        assert life.take("put_on_hold", event="A grant").accepted is accepted
        for kind, body in (("corrected", {"seq": 2, "reason": "x"}), ("lost", {"reason": "budget"})):
            life.aggregate = full
            assert life.take(kind, **body).accepted


def test_the_largest_lead_still_fits_into_its_messages() -> None:
    before = Life()
    life = Life()
    for number in range(40):
        gets(life, f"response {number % 9}", noise(MAX_ANSWER - 100))
    assert len(pack(life.aggregate)) - len(pack(before.aggregate)) < ANSWER_ROOM
    assert MAX_PACKED_BYTES + ANSWER_ROOM + RESERVE + RESERVE_OF_ENDS < TWO_MIB
    shown = len(overview(life.aggregate, life.now).model_dump_json().encode())
    assert shown + MAX_EVENT_BYTES + RESERVE + RESERVE_OF_ENDS < TWO_MIB
