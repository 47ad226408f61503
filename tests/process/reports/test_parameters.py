"""Choices about a report: taken, refused with the reason, and written again."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.reports.catalog import REPORTS, report_info
from process.reports.months import Window, first_day, last_day, month_name, read_month
from process.reports.parameters import ParameterRefused, query_of, rows_of

TODAY = date(2026, 11, 30)
FORECAST = REPORTS["forecast"]


def test_a_forecast_usually_looks_six_months_ahead_and_a_funnel_a_year_back() -> None:
    ahead, back = FORECAST.read({}, TODAY).window, REPORTS["funnel"].read({}, TODAY).window
    assert [month_name(month) for month in (ahead.first, ahead.last)] == ["2026-12", "2027-05"]
    assert [month_name(month) for month in (back.first, back.last)] == ["2025-12", "2026-11"]


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"day": "2026-08-15"}, "2026-09", "2027-02"),
        ({"from": "2026-01"}, "2026-01", "2027-05"),
        ({"from": "2028-01"}, "2028-01", "2028-06"),
        ({"to": "2026-10"}, "2026-05", "2026-10"),
        ({"from": "2026-12", "to": "2026-12"}, "2026-12", "2026-12"),
    ],
)
def test_the_window_moves_with_the_day_and_keeps_its_length(
    given: dict[str, str], first: str, last: str
) -> None:
    window = FORECAST.read(given, TODAY).window
    assert (month_name(window.first), month_name(window.last)) == (first, last)


def test_an_earlier_day_is_compared_with_the_week_before_it() -> None:
    assert REPORTS["moved"].read({"day": "2026-11-10"}, TODAY).since == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("report", "name", "value", "message"),
    [
        ("forecast", "rho", "1.01", "rho: '1.01' is no share; write a number from 0 to 1"),
        ("forecast", "rho", "-0.1", "no share"),
        ("forecast", "eta", "0.12345", "at most 4 decimals"),
        ("forecast", "eta", "NaN", "no share"),
        ("forecast", "eta", "١", "no share"),
        ("forecast", "currency", "XYZ", "'XYZ' is no currency in use"),
        ("forecast", "from", "2026-13", "'2026-13' is no month; write it as 2026-11"),
        ("forecast", "from", "26-1", "no month"),
        ("forecast", "from", "0001-01", "too far away; take a month from 2000-01"),
        ("forecast", "from", "9999-12", "too far away"),
        ("forecast", "to", "2035-01", "take at most 60"),
        ("forecast", "to-signature", "731", "no number of days from 0 to 730"),
        ("forecast", "to-signature", "2.5", "no number of days"),
        ("forecast", "day", "2026-12-01", "yet to come"),
        ("forecast", "day", "0001-01-01", "too far away"),
        ("forecast", "day", "9999-12-31", "too far away"),
        ("forecast", "day", "yesterday", "'yesterday' is no day; write it as 2026-11-30"),
        ("forecast", "day", "20261130", "is no day"),
        ("moved", "since", "2026-11-30", "take a day before 2026-11-30"),
        ("coverage", "day", "2050-01-01", "too far away"),
        ("funnel", "rho", "0.5", "rho: the report has no such parameter; it has from, to."),
        ("unbilled", "day", "2026-01-01", "it has none"),
        ("forecast", "x" * 5000, "1", "…: the report has no such parameter"),
    ],
)
def test_a_wrong_value_is_refused_by_name(report: str, name: str, value: str, message: str) -> None:
    with pytest.raises(ParameterRefused) as refused:
        REPORTS[report].read({name: value}, TODAY)
    assert message in str(refused.value)
    assert name.startswith(refused.value.name.rstrip("…"))
    assert len(str(refused.value)) < 250


def test_a_window_ends_after_it_begins() -> None:
    with pytest.raises(ParameterRefused, match="to: 2026-01 is before 2026-02"):
        FORECAST.read({"from": "2026-02", "to": "2026-01"}, TODAY)


def test_an_unknown_report_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(ParameterRefused, match="there are coverage, forecast"):
        report_info("forcast")


def test_empty_values_count_as_not_given() -> None:
    assert FORECAST.read({"rho": " ", "day": ""}, TODAY) == FORECAST.read({}, TODAY)


def test_what_is_chosen_can_be_written_and_read_again() -> None:
    chosen = {
        "from": "2026-02",
        "to": "2026-09",
        "currency": "eur",
        "rho": "0.75",
        "eta": "1",
        "day": "2026-03-01",
    }
    choice = FORECAST.read(chosen, TODAY)
    assert choice.rho == Decimal("0.75")
    assert FORECAST.read(dict(parse_qsl(query_of(FORECAST.specs, choice))), TODAY) == choice
    given = dict(parse_qsl(rows_of(FORECAST.specs, choice, "new", "2026-02")))
    assert (given.pop("figure"), given.pop("of")) == ("new", "2026-02")
    assert FORECAST.read(given, TODAY) == choice


@given(name=st.text(max_size=20), value=st.text(max_size=60), report=st.sampled_from([*REPORTS]))
def test_any_text_is_taken_or_refused(name: str, value: str, report: str) -> None:
    for each in (name, *(spec.name for spec in REPORTS[report].specs)):
        with suppress(ParameterRefused):
            assert REPORTS[report].read({each: value}, TODAY).window.size <= 60


@given(st.integers(2000 * 12, 2100 * 12))
def test_a_month_has_a_name_and_days(month: int) -> None:
    assert read_month(month_name(month)) == month
    assert first_day(month).day == 1
    assert first_day(month + 1) > last_day(month) >= first_day(month)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 40), st.integers(1, 40))
def test_a_window_knows_how_many_months_it_shares(first: int, size: int, start: int, months: int) -> None:
    window = Window(first, first + size - 1)
    assert window.overlap(start, months) == len({*window} & {*range(start, start + months)})
