"""Responses to the questionnaire: none replaces another one by itself."""

from typing import Any

import pytest

from process.effects.observations import AnswersRead
from process.lead.qualification import MAX_OTHER_RESPONSES
from process.views.attention import attention
from tests.support.lives import Life

FORM: dict[str, Any] = {"source": "questionnaire", "by": "the questionnaire"}


def answered(*responses: str, **more: Any) -> Life:
    """Return a lead that got these responses, each with its id as the only answer."""
    life = Life()
    for response in responses:
        gets(life, response, **more)
    return life


def gets(life: Life, response: str, **more: Any) -> None:
    life.does("questionnaire_answered", response_id=response, **(FORM | more))
    life.aggregate = life.aggregate.record(
        AnswersRead(response_id=response, answers=(("Who?", response),)), life.now
    )


def counting(life: Life) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    known = life.lead.questionnaire
    return known.response_id, known.answers


def asks(life: Life) -> bool:
    return any("answered more than once" in line for line in attention(life.lead, life.today))


def test_a_second_response_is_kept_beside_the_first() -> None:
    life = answered("one", "two")
    assert counting(life) == ("one", (("Who?", "one"),))
    assert [(o.response_id, o.answers) for o in life.lead.questionnaire.others] == [
        ("two", (("Who?", "two"),))
    ]
    assert asks(life)
    assert any("kept beside" in event.summary for event in life.aggregate.event_log.events)


@pytest.mark.parametrize(("chosen", "kept"), [("one", ["two"]), ("two", ["one"])])
def test_a_person_decides_which_one_counts(chosen: str, kept: list[str]) -> None:
    life = answered("one", "two")
    life.does("questionnaire_answered", response_id=chosen, by="Ada", source="cli")
    known = life.lead.questionnaire
    assert known.response_id == chosen
    assert [other.response_id for other in known.others] == kept
    assert not asks(life)


def test_an_edit_of_either_is_read_again_in_its_place() -> None:
    life = answered("one", "two")
    for response in ("one", "two"):
        life.does("questionnaire_answered", response_id=response, submitted_at="2026-06-02T08:00:00Z", **FORM)
    assert counting(life)[0] == "one"
    assert [other.response_id for other in life.lead.questionnaire.others] == ["two"]
    refusal = life.refused(
        "questionnaire_answered", response_id="two", submitted_at="2026-06-02T08:00:00Z", note="x", **FORM
    )
    assert "already kept beside" in refusal


def test_strangers_cannot_fill_a_lead_with_responses() -> None:
    life = answered(*(f"r{number}" for number in range(MAX_OTHER_RESPONSES + 1)))
    assert "are kept already" in life.refused("questionnaire_answered", response_id="one more", **FORM)


def test_a_correction_takes_the_other_response_out_again() -> None:
    life = answered("one", "two")
    seq = next(e.seq for e in life.aggregate.event_log.events if "kept beside" in e.summary)
    life.does("corrected", seq=seq, reason="spam")
    assert life.lead.questionnaire.open_responses == ()
    assert counting(life) == ("one", (("Who?", "one"),))
