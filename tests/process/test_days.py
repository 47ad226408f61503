"""Days in a lead's own zone: a date means the end of that day, also when clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.calendar import add_working_days, day_of, end_of, start_of, zone_exists

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "Africa/Cairo",
]


@pytest.mark.parametrize(
    ("day", "zone", "over"),
    [
        ("2026-06-30", "UTC", "2026-07-01T00:00"),
        ("2026-06-30", "Europe/Berlin", "2026-06-30T22:00"),
        ("2026-12-31", "Europe/Berlin", "2026-12-31T23:00"),
        ("2026-06-30", "America/Los_Angeles", "2026-07-01T07:00"),
        ("2026-06-30", "Pacific/Kiritimati", "2026-06-30T10:00"),
        ("2026-06-30", "Asia/Kathmandu", "2026-06-30T18:15"),
        # the days on which Berlin's clocks change are 23 and 25 hours long
        ("2026-03-28", "Europe/Berlin", "2026-03-28T23:00"),
        ("2026-03-29", "Europe/Berlin", "2026-03-29T22:00"),
        ("2026-10-24", "Europe/Berlin", "2026-10-24T22:00"),
        ("2026-10-25", "Europe/Berlin", "2026-10-25T23:00"),
        # Cairo's clocks go from 23:59 to 01:00: 24 April 2026 does not begin at midnight
        ("2026-04-23", "Africa/Cairo", "2026-04-23T22:00"),
    ],
)
def test_a_day_is_over_in_its_zone_at(day: str, zone: str, over: str) -> None:
    assert end_of(date.fromisoformat(day), zone) == datetime.fromisoformat(over).replace(tzinfo=UTC)


@given(st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.sampled_from(ZONES))
def test_days_follow_each_other_and_hold_their_moments(day: date, zone: str) -> None:
    start, end = start_of(day, zone), end_of(day, zone)
    assert timedelta(hours=23) <= end - start <= timedelta(hours=25)
    assert day_of(start, zone) == day
    assert day_of(end - timedelta(microseconds=1), zone) == day
    assert day_of(end, zone) == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "count", "holidays", "result"),
    [
        ("2026-06-01", 3, (), "2026-06-04"),  # Monday
        ("2026-06-04", 3, (), "2026-06-09"),  # Thursday, over a weekend
        ("2026-06-06", 1, (), "2026-06-08"),  # Saturday
        ("2026-06-01", 10, (), "2026-06-15"),
        ("2026-06-04", 3, ("2026-06-05", "2026-06-08"), "2026-06-11"),
        ("2026-06-05", 1, ("2026-06-06",), "2026-06-08"),  # a holiday on a Saturday changes nothing
        ("2026-06-01", 0, (), "2026-06-01"),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(
    day: str, count: int, holidays: tuple[str, ...], result: str
) -> None:
    free = {date.fromisoformat(text) for text in holidays}
    assert add_working_days(date.fromisoformat(day), count, free) == date.fromisoformat(result)


@pytest.mark.parametrize("zone", [*ZONES, "America/Argentina/Buenos_Aires"])
def test_zones_that_exist(zone: str) -> None:
    assert zone_exists(zone)


@pytest.mark.parametrize(
    "zone", ["Mars/Base", "", ".", "Europe", "../../etc/passwd", "/etc/localtime", "x" * 200, "é", "a\0b"]
)
def test_zones_that_do_not(zone: str) -> None:
    assert not zone_exists(zone)
