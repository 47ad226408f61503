"""A date is the same day on every face: the one in the lead's own zone."""

from datetime import UTC, datetime, timedelta

import pytest

from process.views.agenda import agenda, next_date
from process.views.agenda_items import Section
from process.views.overview import overview
from process.views.row import row_of
from starter.cli.output import Output
from starter.cli.show import show_lead
from tests.support.lives import Life
from workflows.details import details

ZONES = [
    ("Pacific/Auckland", datetime(2026, 6, 1, 20, tzinfo=UTC), "2026-06-02"),
    ("Pacific/Kiritimati", datetime(2026, 6, 1, 12, tzinfo=UTC), "2026-06-02"),
    ("America/Los_Angeles", datetime(2026, 6, 2, 3, tzinfo=UTC), "2026-06-01"),
    ("Asia/Kathmandu", datetime(2026, 6, 1, 18, 30, tzinfo=UTC), "2026-06-02"),
    ("Etc/GMT+12", datetime(2026, 6, 2, 8, tzinfo=UTC), "2026-06-01"),
]


@pytest.mark.parametrize(("zone", "now", "today"), ZONES)
def test_every_face_names_the_same_days(
    zone: str, now: datetime, today: str, capsys: pytest.CaptureFixture[str]
) -> None:
    life = Life(now, zone=zone)
    assert str(life.today) == today
    stale = life.today + timedelta(days=30)
    is_for = "the lead is stale if nothing moves until then"
    row, coming = row_of(life.aggregate, now), next_date(life.lead)
    assert (row.next_day, row.next_day_is_for) == (stale, is_for)
    assert coming == (stale, is_for)
    shown = details(life.aggregate, now)
    assert f"Next date: {stale}: {is_for}" in shown
    assert f"1 · {today} · " in shown
    show_lead(overview(life.aggregate, now), None, Output())
    assert f"Next date: {stale}: {is_for}" in capsys.readouterr().out
    (due,) = (item for item in agenda(life.aggregate, now) if item.section is Section.DUE)
    assert (due.day, due.since, due.until) == (life.today, life.today, stale)
    life.wait(20)
    (later,) = (i for i in agenda(life.aggregate, life.now) if i.section is Section.UPCOMING)
    assert (later.until, later.text) == (stale, "The lead is stale if nothing moves until then")
    assert [item.day for item in row.agenda(life.now)] == [life.today] * len(row.agenda(life.now))
