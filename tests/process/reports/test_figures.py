"""Small figures by hand: medians, months of an estimate, ages of invoices, conversions."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.reports.funnel import funnel
from process.reports.invoices import bucket_of
from process.reports.rows import OpenInvoice, UnbilledDays
from process.reports.unbilled import months_of
from process.reports.words import MEDIAN, NINE_IN_TEN, percentile
from tests.support.report_examples import EXAMPLES, NOTHING, QUALIFIED, TODAY, usual


@given(st.lists(st.integers(0, 50), min_size=1))
def test_a_percentile_is_the_value_that_the_share_does_not_exceed(values: list[int]) -> None:
    counts = [(value, values.count(value)) for value in sorted({*values})]
    for share in (MEDIAN, NINE_IN_TEN):
        found = percentile(counts, share)
        assert found is not None
        assert sum(value <= found for value in values) >= share * len(values)
        assert sum(value < found for value in values) < share * len(values)


def test_of_nothing_there_is_no_median() -> None:
    assert percentile([], MEDIAN) is None


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 1_000),
    estimate=st.integers(0, 10**9),
)
def test_the_months_of_an_estimate_add_up_to_it(start: date, days: int, estimate: int) -> None:
    unbilled = UnbilledDays("lead-a", 1, "gap", start, start + timedelta(days=days), "USD", estimate)
    months = [*months_of(unbilled)]
    assert sum(each.estimate or 0 for each in months) == estimate
    assert [each.month - months[0].month for each in months] == [*range(len(months))]


@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (None, "not-sent"),
        (0, "0-30"),
        (30, "0-30"),
        (31, "31-60"),
        (90, "61-90"),
        (91, "over-90"),
        (5_000, "over-90"),
    ],
)
def test_an_invoice_has_an_age(age: int | None, bucket: str) -> None:
    sent_on = None if age is None else TODAY - timedelta(days=age)
    assert bucket_of(OpenInvoice("lead-a", 1, "USD", 1, None, sent_on, False), TODAY) == bucket


def test_currencies_have_tables_of_their_own() -> None:
    report = EXAMPLES["invoices"]()
    assert [table.title for table in report.tables] == ["EUR", "USD"]
    assert report.headline == (
        "1 open invoice, 900.50 EUR; 0 overdue, 0.00 EUR",
        "2 open invoices, 15,000.00 USD; 1 overdue, 3,000.00 USD",
    )


def test_young_months_of_a_funnel_are_not_ripe() -> None:
    choice = usual("funnel", **{"from": "2026-09"})
    (table,) = funnel(choice, [QUALIFIED, NOTHING, QUALIFIED], 45).tables
    assert [row.cells[-1].value for row in table.rows] == ["", "not ripe", "not ripe", ""]
    assert [cell.value for cell in table.rows[0].cells[1:8]] == [
        *(40, 22, Decimal("0.550"), 9, Decimal("0.409"), 8, Decimal("0.889"))
    ]
    assert table.rows[1].cells[3].value is None, "of nothing there is no share"
    (never,) = funnel(choice, [NOTHING] * 3, None).notes
    assert "no month is marked" in never


def test_what_has_no_estimate_is_counted_and_said() -> None:
    report = EXAMPLES["unbilled"]()
    assert report.headline == ("3,000.01 USD",)
    assert report.notes == ("1 entry has no estimate, and adds nothing to the sums.",)
    by_month = [[cell.value for cell in row.cells] for row in report.tables[0].rows]
    assert by_month[0] == ["2026-07", 1, Decimal("1000.01")]
    assert by_month[2] == ["2026-09", 2, Decimal("1000.00")]
