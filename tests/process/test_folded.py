"""A lead folded once from its events, with the time since which it is at its stage."""

from datetime import date

import pytest

from process.core.fold import fold
from process.views.as_of import as_of
from process.views.folded import folded, folded_as_of
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


@pytest.mark.parametrize("day", ["2026-06-01", "2026-06-02", "2026-06-03", "2026-06-10"])
def test_a_past_day_is_that_of_the_lead_in_its_zone_then(day: str) -> None:
    life = Life(zone="America/Los_Angeles").wait(days=1, hours=8).quoted().wait(hours=18)
    life.does("details_changed", zone="Pacific/Auckland")
    life.wait(days=1).does("put_on_hold", until="2026-09-01", note="A pause")
    events = tuple(life.aggregate.event_log.events)
    aggregate, end = as_of(events, life.lead.id, date.fromisoformat(day))
    found, moment = folded_as_of(events, life.lead.id, date.fromisoformat(day))
    assert (found.lead, moment) == (aggregate.lead, end)
    assert tuple(found.log.events) == tuple(aggregate.event_log.events)


def test_no_events_are_no_lead() -> None:
    with pytest.raises(ValueError, match="lead_opened"):
        folded((), "lead-a")
