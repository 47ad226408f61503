"""The price list from a sheet, a file or the books on board."""

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.pricing import PricingActivities
from config.settings import Settings
from process.effects import ReadPrices
from process.effects.observations import PricesRead
from process.money.pricing import BUILT_IN
from sandbox.faults import Fault
from sandbox.google.state import Cell, Sheet
from sandbox.server import Sandbox
from tests.support.performing import a_lead, after_a_minute, changed, failure, patient, perform

EFFECT = ReadPrices(key="k", cause=1)
HEADER = ("book", "plan", "amount", "currency", "per", "notes")
ROWS: list[dict[str, Any]] = [
    {
        "book": "2026-06",
        "plan": "Premier",
        "amount": 50000.5,
        "currency": "USD",
        "per": "year",
        "notes": "From",
    },
    {"book": "2026-06", "plan": "1-10", "amount": "10.00", "per": "user-month"},
    {"book": "2026-06", "plan": "11+", "amount": 1.25, "per": "user-month"},
    {"book": "2026-06", "amount": 0.5, "per": "surcharge"},
]


def read(pricing: PricingActivities) -> PricesRead:
    observation = perform(pricing.read_prices, EFFECT, a_lead()).observation
    assert isinstance(observation, PricesRead)
    return observation


def from_file(settings: Settings, file: Path) -> PricingActivities:
    without_sheet = changed(settings, "google", price_sheet="")
    return PricingActivities(without_sheet.model_copy(update={"price_file": file}))


def fill(sandbox: Sandbox, *rows: tuple[Cell, ...]) -> None:
    google = sandbox.google
    book = google.spreadsheets[sandbox.ids["price_sheet"]]
    sheet = Sheet(sheet_id=0, title="Prices", rows=rows)
    google.spreadsheets[sandbox.ids["price_sheet"]] = book.model_copy(update={"sheets": (sheet,)})


def test_the_sheet_is_read_with_its_exact_numbers(settings: Settings) -> None:
    prices = read(PricingActivities(settings))
    assert "Google Sheet" in prices.origin
    assert {
        (book.version, plan.name, plan.price.amount, plan.floor)
        for book in prices.books
        for plan in book.plans
    } == {
        ("2022-05", "Education", Decimal(12000), False),
        ("2022-05", "Research", Decimal(18000), False),
        ("2022-05", "Partnership", Decimal(50000), True),
        ("2026-06", "General membership", Decimal(15000), False),
        ("2026-06", "Premier", Decimal(50000), False),
    }


def test_columns_may_stand_in_any_order_and_rows_may_be_empty(settings: Settings, sandbox: Sandbox) -> None:
    fill(
        sandbox,
        (" Per ", "PLAN", "amount", "Book", "currency"),
        ("year", "Premier", 50000, "2026-06", "USD"),
        (),
        ("user-month", "1+", 0.1, "2026-06"),
    )
    (book,) = read(PricingActivities(settings)).books
    assert [plan.name for plan in book.plans] == ["Premier"]
    assert [tier.each for tier in book.tiers] == [Decimal("0.1")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([HEADER, ("2026-06", "Premier", "a lot", "USD", "year")], "row 2: the amount"),
        ([HEADER, ("2026-06", "Premier", 1, "USD", "year"), ("2026-06", "X", 1, "USD", "week")], "row 3"),
        ([HEADER, ("2026-06", "Premier", 1, "USX", "year")], "USX is no currency"),
        ([HEADER, ("2026-06", "", 1, "USD", "year")], "row 2: the plan's name"),
        ([HEADER, ("2026-06", "X" * 201, 1, "USD", "year")], "row 2: the plan's name"),
        ([HEADER, ("2026-06", "X\x07", 1, "USD", "year")], "row 2: the plan's name"),
        ([HEADER, ("2" * 201, "X", 1, "USD", "year")], "row 2: the book's name"),
        ([HEADER, ("2026-06", "X", "NaN", "USD", "year")], "row 2: the amount 'NaN' is no number"),
        ([HEADER, ("2026-06", "1+", "NaN", "USD", "user-month")], "row 2: the amount 'NaN' is no number"),
        ([HEADER, ("2026-06", "", "Infinity", "", "surcharge")], "row 2: the amount 'Infinity' is no number"),
        ([HEADER, ("2026-06", "", "sNaN", "", "surcharge")], "row 2: the amount 'sNaN' is no number"),
        ([HEADER, ("2026-06", "1+", -1, "USD", "user-month")], "row 2: the amount must be from 0"),
        ([HEADER, ("2026-06", "", "1E+999999", "", "surcharge")], "row 2: the amount must be from 0"),
        ([HEADER, ("2026-06", "1-²", 1, "USD", "user-month")], "row 2: the tier '1-²'"),
        ([HEADER], "no plans"),
        ([], "no plans"),
    ],
)
def test_a_row_that_nobody_can_mean_parks(
    settings: Settings, sandbox: Sandbox, rows: list[tuple[Cell, ...]], expected: str
) -> None:
    fill(sandbox, *rows)
    pricing = PricingActivities(settings)
    error = failure(pricing.read_prices, EFFECT, a_lead())
    assert (error.type, error.non_retryable) == ("Parked", True)
    assert expected in error.message
    assert "LEADS_GOOGLE__PRICE_SHEET" in error.message
    (check,) = pricing.checks()
    assert (check.ok, check.detail) == (False, error.message)


@pytest.mark.parametrize(
    ("fault", "kind", "delay"),
    [
        (Fault(system="sheets", kind="status", status=500), "Again", None),
        (Fault(system="sheets", kind="status", status=502), "Again", None),
        (Fault(system="sheets", kind="cut", times=2), "Again", None),
        (Fault(system="sheets", kind="slow", seconds=60), "Again", None),
        (Fault(system="sheets", kind="garbage"), "Again", None),
        (Fault(system="sheets", kind="rate_limit"), "Wait", timedelta(minutes=1)),
        (Fault(system="sheets", kind="status", status=400), "Parked", None),
        (Fault(system="sheets", kind="status", status=401, times=3), "Parked", None),
        (Fault(system="sheets", kind="status", status=403), "Parked", None),
        (Fault(system="sheets", kind="status", status=404), "Parked", None),
    ],
    ids=lambda value: f"{value.kind} {value.status or ''}".strip() if isinstance(value, Fault) else "",
)
def test_faults_pass_wait_or_park(
    settings: Settings,
    sandbox: Sandbox,
    request: pytest.FixtureRequest,
    fault: Fault,
    kind: str,
    delay: timedelta | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pricing = PricingActivities(patient(settings, request))
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(pricing.read_prices, EFFECT, a_lead())
    assert (error.type, error.next_retry_delay, error.non_retryable) == (kind, delay, kind == "Parked")
    sandbox.faults.clear()
    after_a_minute(monkeypatch)
    assert len(read(pricing).books) == 2


def test_a_file_is_read_with_its_exact_numbers(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(ROWS), encoding="utf-8-sig")  # as Windows writes it
    prices = read(from_file(settings, file))
    assert prices.origin == "the file prices.json"
    (book,) = prices.books
    assert (book.plans[0].price.amount, book.plans[0].floor) == (Decimal("50000.5"), True)
    assert [(tier.upto, tier.each) for tier in book.tiers] == [(10, Decimal(10)), (None, Decimal("1.25"))]
    assert book.dedicated_cluster == Decimal("0.5")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "No such file"),
        ("{", "not JSON"),
        ("{}", "list of objects"),
        ("[1]", "list of objects"),
        ("[]", "plans"),
    ],
)
def test_a_file_that_is_none_parks(
    settings: Settings, tmp_path: Path, content: str | None, expected: str
) -> None:
    file = tmp_path / "prices.json"
    if content is not None:
        file.write_text(content)
    error = failure(from_file(settings, file).read_prices, EFFECT, a_lead())
    assert error.type == "Parked"
    assert expected in error.message
    assert "LEADS_PRICE_FILE" in error.message or "list of objects" in error.message


def test_without_either_the_built_in_books_hold(settings: Settings, sandbox: Sandbox) -> None:
    pricing = PricingActivities(changed(settings, "google", price_sheet=""))
    assert read(pricing).books == BUILT_IN
    (check,) = pricing.checks()
    assert check.ok
    assert not sandbox.journal.all("sheets")
