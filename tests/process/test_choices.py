"""The decisions that may be taken now, told without trying each one out."""

from datetime import timedelta

import pytest

from process.core.events import EventLog
from process.decisions.registry import DECISIONS
from process.views.choices import choices
from process.views.overview import options
from tests.support.lives import Life
from tests.support.states import STATES


@pytest.mark.parametrize("state", STATES)
def test_they_are_those_that_trying_each_one_out_finds(state: str) -> None:
    life = STATES[state]()
    now = life.now + timedelta(hours=1)  # when nothing is the repeat of a double click
    tried = [(each.kind, each.next, each.refused) for each in options(life.aggregate, now)]
    assert [tuple(choice) for choice in choices(life.aggregate.event_log, now)] == tried


def test_another_price_can_be_quoted_whatever_the_present_one_is() -> None:
    life = Life().quoted()
    found = {choice.kind: choice for choice in choices(life.aggregate.event_log, life.now)}
    assert found["price_quoted"].allowed


@pytest.mark.parametrize("state", STATES)
def test_they_can_be_told_of_a_lead_whose_events_are_away(state: str) -> None:
    life = STATES[state]()
    assert len(choices(EventLog(lead=life.lead), life.now)) == len(DECISIONS)
