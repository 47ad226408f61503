"""The steps that moved the forecast sum up to the difference exactly, whatever happened to leads between two days."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from process.calendar import end_of, month_number
from process.decisions.registry import DECISIONS
from process.reports.catalog import REPORTS
from process.reports.forecast import forecast
from process.reports.months import Window
from process.reports.moved import TIME_PASSED, movement
from process.reports.parameters import Choice
from process.reports.rows import Expected, Moved
from process.reports.valuing import fmrr, hoped_month, sums
from process.views.snapshot import Flow
from process.views.spans import MoneySpan, spans_of
from tests.support.examples import examples
from tests.support.lives import HUB, MONDAY, Life, last_seq
from tests.support.report_examples import DECEMBER, EXAMPLES, KNOWN, MONEY, usual

PATH = (
    *("price_quoted", "quote_accepted", "contract_handed_over", "contract_signed"),
    *("vendor_setup_not_needed", "hub_requested", "hub_live"),
)


def a_life(chance: random.Random, number: int) -> Life:
    """Return a lead to which something happens now and then, more often what leads to a hub."""
    life = Life(MONDAY + timedelta(days=chance.randrange(200)), lead_id=f"lead-{number}")
    for _ in range(14):
        allowed = [kind for kind, decision in DECISIONS.items() if decision.allowed(life.lead) is None]
        ahead = [kind for kind in PATH if kind in allowed]
        match chance.randrange(8):
            case 0:
                life.wait(chance.choice([1, 20, 70, 200]))
            case 1:
                life.take("corrected", seq=chance.randint(1, last_seq(life)), reason="A slip")
            case 2:
                life.take("hub_information_given", **HUB | {"start_date": f"2027-0{chance.randint(1, 9)}-01"})
            case 3:
                kind = chance.choice(allowed)
                life.take(kind, **DECISIONS[kind].example)
            case 4:
                life.take(
                    "price_quoted", amount=f"{chance.randint(100, 10**6) / 100}", currency="USD", per="year"
                )
            case _ if ahead:
                life.take(ahead[-1], **DECISIONS[ahead[-1]].example)
            case _:
                life.wait(3)
    return life


def expected(flow: Flow) -> Expected:
    return Expected(flow.kind, flow.first, flow.months, 1, flow.month, flow.rest)


def known_at(spans: Sequence[MoneySpan], moment: datetime) -> list[Expected]:
    return [
        expected(span.flow)
        for span in spans
        if span.from_at <= moment and (span.to_at is None or span.to_at > moment)
    ]


def moves(spans: Sequence[MoneySpan], after: datetime, until: datetime) -> list[Moved]:
    opened = [Moved(1, "opens", expected(span.flow)) for span in spans if after < span.from_at <= until]
    closed = [
        Moved(-1, "closes", expected(span.flow))
        for span in spans
        if span.to_at and after < span.to_at <= until
    ]
    return opened + closed


shares = st.decimals(0, 1, places=4)


@settings(max_examples=examples(20), deadline=None)
@given(
    seed=st.integers(0, 2**32),
    days=st.tuples(st.integers(0, 900), st.integers(1, 400)),
    first=st.integers(-12, 24),
    size=st.integers(1, 60),
    weights=st.tuples(shares, shares),
    to_signature=st.integers(0, 400),
)
def test_the_parts_add_up_to_the_difference(
    seed: int,
    days: tuple[int, int],
    first: int,
    size: int,
    weights: tuple[Decimal, Decimal],
    to_signature: int,
) -> None:
    chance = random.Random(seed)
    spans = [
        span
        for number in range(3)
        for span in spans_of(a_life(chance, number).aggregate.event_log.events, f"lead-{number}").money
        if span.flow.currency == "USD"
    ]
    since = MONDAY.date() + timedelta(days=days[0])
    day = since + timedelta(days=days[1])
    month = month_number(day) + first
    choice = Choice(day, since, Window(month, month + size - 1), "USD", *weights, to_signature)
    then, now = (end_of(each, "UTC") - timedelta(microseconds=1) for each in (since, day))
    before, after = known_at(spans, then), known_at(spans, now)
    found = movement(choice, before, moves(spans, then, now), to_signature)
    assert found.before == forecast_of(choice, before, since, to_signature)
    assert found.after == forecast_of(choice, after, day, to_signature)
    assert found.before + sum(step.change for step in found.steps) == found.after
    assert found.steps[-1].event == TIME_PASSED


def forecast_of(choice: Choice, money: Sequence[Expected], day: date, to_signature: int) -> int:
    return fmrr(sums(money, choice, hoped_month(day, to_signature)), choice)


def test_the_table_says_what_each_kind_of_event_moved() -> None:
    (table,) = EXAMPLES["moved"]().tables
    assert [
        (row.cells[0].value, row.cells[1].value, str(row.cells[5].value)) for row in table.rows[1:-1]
    ] == [
        ("Price quoted", 2, "1200.00"),
        ("Contract signed", 1, "600.00"),
        ("Lost", 1, "-540.00"),
        ("Time passed", None, "0.00"),
    ]


def test_an_offer_without_a_start_begins_later_as_time_passes() -> None:
    choice = usual("moved", since="2026-08-31")
    offer = Expected("new", None, 12, 1, 10_000, 0)
    found = movement(choice, [offer], [], to_signature=120)
    before, after = 5, 3  # of the six months from December on: from December 29, and from March 30
    assert found.before == 30 * 100 * before + 30 * 100
    assert found.after == 30 * 100 * after
    assert [(step.event, step.change) for step in found.steps] == [(TIME_PASSED, -9_000)]


def test_the_forecast_by_hand() -> None:
    (table,) = forecast(usual("forecast"), KNOWN).tables
    assert [[str(cell.value) for cell in row.cells] for row in table.rows][1:3] == [
        ["2027-01", "3450.00", "3000.00", "0.00", "0.00", "1500.01", "450.00"],
        ["2027-02", "5050.01", "3000.00", "2000.01", "1600.01", "1500.00", "450.00"],
    ]
    whole = [cell.value for cell in table.rows[-1].cells]
    assert whole[1] == Decimal("26650.03")
    assert whole[2] == Decimal(18_000)
    assert whole[3] == 4 * Decimal("2000.01")
    assert whole[4] == Decimal("6400.03")
    contract = MONEY[0]
    assert contract.first == DECEMBER - 6, "its remainder is in a month before"


def test_the_months_add_up_to_the_sum() -> None:
    for name in ("forecast", "lost", "funnel", "unbilled"):
        for table in EXAMPLES[name]().tables:
            totals = [row for row in table.rows if row.is_total]
            for number, column in enumerate(table.columns):
                if column.kind != "money" or not totals:
                    continue
                parts = [row.cells[number].value for row in table.rows if not row.is_total]
                assert sum(parts) == totals[-1].cells[number].value  # type: ignore[arg-type]


def test_every_report_has_its_definition_and_its_parameters() -> None:
    for name, info in REPORTS.items():
        report = EXAMPLES[name]()
        assert report.definition == info.definition
        assert [parameter.name for parameter in report.parameters] == [spec.name for spec in info.specs]
        assert all(len(row.cells) == len(table.columns) for table in report.tables for row in table.rows)
