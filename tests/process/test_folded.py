"""A lead folded once from its events, with the time since which it is at its stage."""

import pytest

from process.core.fold import fold
from process.views.folded import folded
from process.views.spans import spans_of
from tests.support.lives import Life, last_seq
from tests.support.states import STATES


@pytest.mark.parametrize("state", STATES)
def test_it_is_the_lead_and_the_time_that_the_board_knows(state: str) -> None:
    life = STATES[state]()
    events = tuple(life.aggregate.event_log.events)
    found = folded(events, life.lead.id)
    assert found.lead == fold(events, life.lead.id)
    assert found.stage_since == spans_of(events, life.lead.id).now[-1].from_at


def test_a_corrected_step_does_not_count() -> None:
    life = Life().wait(days=2).quoted().wait(days=1)
    life.does("corrected", seq=last_seq(life, "price_quoted"), reason="A slip")
    events = tuple(life.aggregate.event_log.events)
    assert folded(events, life.lead.id).stage_since == events[0].at


def test_no_events_are_no_lead() -> None:
    with pytest.raises(ValueError, match="lead_opened"):
        folded((), "lead-a")
