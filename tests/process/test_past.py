"""State of a lead at the end of a past day."""

from datetime import date

import pytest

from process.core.aggregate import LeadAggregate
from process.lead.quote import QuoteStatus
from process.types import Stage
from process.views.as_of import as_of
from process.views.attention import attention
from process.views.overview import overview, timeline
from tests.support.lives import Life


def at_end_of(life: Life, day: str) -> LeadAggregate:
    return as_of(life.aggregate.event_log.events, life.lead.id, date.fromisoformat(day))[0]


def test_each_past_day_is_reproduced() -> None:
    life = Life(zone="America/Los_Angeles")
    recorded = {}
    for day in ("2026-06-01", "2026-06-10", "2026-07-05", "2026-08-01"):
        life.until(day, hour=23)
        if day == "2026-06-10":
            life.contracted().wait(minutes=1)
        recorded[day] = (life.lead, attention(life.lead, life.today))
    for day, (lead, lines) in recorded.items():
        aggregate, end = as_of(life.aggregate.event_log.events, life.lead.id, date.fromisoformat(day))
        assert (aggregate.lead, attention(aggregate.lead, aggregate.lead.today(end))) == (lead, lines)
        assert aggregate.lead.today(end) == date.fromisoformat(day)
        assert overview(aggregate, end).stage is lead.stage


def test_a_later_correction_does_not_change_the_past() -> None:
    life = Life().quoted().wait(10)
    life.does("corrected", seq=2, reason="Another lead's quote")
    then, now = at_end_of(life, "2026-06-10"), at_end_of(life, "2026-06-11")
    assert (then.lead.stage, now.lead.stage) == (Stage.QUOTED, Stage.LEAD)
    assert then.lead.quotes[0].status is QuoteStatus.OPEN
    assert [line.corrected for line in timeline(then)] == [False, False]
    assert [line.corrected for line in timeline(now)] == [False, True, False]


def test_a_day_ends_in_the_zone_that_the_lead_had_then() -> None:
    """Use the zone of that day: the lead moves from Berlin to Honolulu on 3 June."""
    life = Life(zone="Europe/Berlin").until("2026-06-02", hour=11).quoted()
    life.until("2026-06-03").does("details_changed", zone="Pacific/Honolulu")
    assert at_end_of(life, "2026-06-01").lead.stage is Stage.LEAD
    assert at_end_of(life, "2026-06-02").lead.stage is Stage.QUOTED
    assert at_end_of(life, "2026-06-02").lead.zone == "Europe/Berlin"
    assert at_end_of(life, "2026-06-03").lead.zone == "Pacific/Honolulu"


def test_a_day_before_the_opening_is_refused() -> None:
    with pytest.raises(ValueError, match="lead_opened"):
        at_end_of(Life(), "2026-05-31")
