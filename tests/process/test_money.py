"""Money, price books and usage: the figures of process.md, to the cent."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from process.lead.invoice import interval
from process.money.amounts import MAX_AMOUNT, Amount, Money, complaint
from process.money.currencies import CURRENCIES
from process.money.pricing import BUILT_IN, PriceBook, PriceListError, books_from_rows, usage_fee

BOOKS = {book.version: book for book in BUILT_IN}
TIERS = BOOKS["2026-06"].tiers


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


@pytest.mark.parametrize(
    ("users", "fee"),
    [
        (0, "0.00"),
        (1, "10.00"),
        (10, "100.00"),
        (11, "105.00"),
        (100, "550.00"),
        (101, "552.50"),
        (280, "1000.00"),
        (1_000, "2800.00"),
        (1_001, "2801.25"),
        (10_000, "14050.00"),
        (10_001, "14050.00"),
        (100_000_000, "14050.00"),
    ],
)
def test_a_month_with_so_many_active_users_costs(users: int, fee: str) -> None:
    assert usage_fee(TIERS, users) == Decimal(fee)


@given(st.integers(0, 10**8), st.integers(0, 10**8))
def test_the_usage_fee_never_falls_with_more_users_and_never_passes_its_ceiling(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert 0 <= usage_fee(TIERS, fewer) <= usage_fee(TIERS, more) <= Decimal("14050.00")


def test_without_tiers_usage_costs_nothing() -> None:
    assert usage_fee((), 10_000) == 0


@pytest.mark.parametrize(
    ("version", "name", "price", "floor"),
    [
        ("2022-05", "Education", "12000", False),
        ("2022-05", "Research", "18000", False),
        ("2022-05", "Partnership", "50000", True),
        ("2026-06", "General membership", "15000", False),
        ("2026-06", "Premier", "50000", False),
    ],
)
def test_a_plan_of_a_book_costs_a_year(version: str, name: str, price: str, floor: bool) -> None:
    plan = BOOKS[version].plan(name.upper())
    assert plan is not None
    assert (plan.price, plan.per, plan.floor) == (usd(price), "year", floor)


@pytest.mark.parametrize(
    ("name", "price"), [("Education", "18000"), ("Research", "27000"), ("Partnership", "75000")]
)
def test_a_dedicated_cluster_adds_half(name: str, price: str) -> None:
    plan = BOOKS["2022-05"].plan(name)
    assert plan is not None
    assert BOOKS["2022-05"].price(plan, dedicated_cluster=True) == usd(price)


@pytest.mark.parametrize(
    "amount", ["0.01", "0.05", "0.11", "1", "100", "999.99", "12000.01", "50000", "99999999999.97"]
)
def test_twelve_shares_sum_to_the_year_and_differ_by_a_cent_at_most(amount: str) -> None:
    shares = [usd(amount).share(index, 12).amount for index in range(12)]
    assert sum(shares) == Decimal(amount)
    assert max(shares) - min(shares) <= Decimal("0.01")


@given(
    st.sampled_from(["USD", "EUR", "JPY", "KWD", "CHF"]),
    st.integers(1, 10**14),
    st.integers(1, 60),
)
def test_shares_sum_to_the_whole_in_every_currency(currency: str, units: int, parts: int) -> None:
    digits = {"JPY": 0, "KWD": 3}.get(currency, 2)
    whole = Money(amount=Decimal(units).scaleb(-digits), currency=currency)
    shares = [whole.share(index, parts) for index in range(parts)]
    assert sum(shares, start=Money.zero(currency)) == whole
    assert all(share == share.rounded() for share in shares)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [("2.345", "USD", "2.35"), ("2.5", "JPY", "3"), ("1.0005", "KWD", "1.001"), ("2.344", "EUR", "2.34")],
)
def test_an_invoice_rounds_half_up_to_the_currencys_own_decimals(
    amount: str, currency: str, rounded: str
) -> None:
    assert Money(amount=Decimal(amount), currency=currency).rounded().amount == Decimal(rounded)


def test_money_of_two_currencies_is_not_added() -> None:
    with pytest.raises(ValueError, match="convert one first"):
        usd("1") + Money(amount=Decimal(1), currency="EUR")
    with pytest.raises(ValueError, match="convert one first"):
        usd("1") - Money(amount=Decimal(1), currency="EUR")


def test_money_reads_as_people_write_it() -> None:
    assert str(usd("1234567.5")) == "1,234,567.50 USD"
    assert str(Money(amount=Decimal(1234), currency="jpy")) == "1,234 JPY"


@pytest.mark.parametrize(
    ("amount", "currency", "says"),
    [
        ("0", "USD", "more than zero"),
        ("-1", "USD", "more than zero"),
        ("NaN", "USD", "more than zero"),
        ("Infinity", "USD", "more than zero"),
        ("100000000000.01", "USD", "larger than any price"),
        ("1E+999999", "USD", "larger than any price"),
        ("0.001", "USD", "USD has 2 decimals"),
        ("1E-999999", "USD", "USD has 2 decimals"),
        ("0.5", "JPY", "JPY has 0 decimals"),
        ("1", "DEM", "no currency in use"),
        ("1", "ZZZ", "no currency in use"),
        ("1", "XAU", "no currency in use"),
    ],
)
def test_an_invalid_price_is_refused_in_one_short_sentence(amount: str, currency: str, says: str) -> None:
    wrong = complaint(Decimal(amount), currency)
    assert wrong is not None
    assert says in wrong
    assert len(wrong) < 120


@pytest.mark.parametrize(("given", "kept"), [("1e4", "10000"), ("12.50", "12.50"), ("12.000", "12.000")])
def test_an_amount_is_kept_in_plain_digits(given: str, kept: str) -> None:
    assert str(TypeAdapter(Amount).validate_python(given)) == kept


def test_a_valid_price_is_read() -> None:
    assert {"USD", "EUR", "GBP", "JPY", "CHF", "NZD"} <= CURRENCIES
    assert complaint(Decimal("0.01"), "USD") is None
    assert complaint(Decimal("1E+3"), "JPY") is None
    assert complaint(Decimal("0.001"), "KWD") is None
    assert complaint(MAX_AMOUNT, "USD") is None


def rows(*lines: str) -> list[dict[str, str]]:
    columns = ("book", "plan", "amount", "currency", "per", "notes")
    return [dict(zip(columns, line.split("|"), strict=False)) for line in lines]


SHEET = rows(
    "2022-05|Education|12000|USD|year",
    "2022-05|Research|18_000|usd|year",
    "2022-05|Partnership|50000|USD|year|From 50,000",
    "2022-05||0.5||surcharge",
    "||||",
    "2026-06|General membership|15000|USD|year",
    "2026-06|Premier|50000|USD|year",
    "2026-06|10001+|0|USD|user-month",
    "2026-06|101–1000|2.50|USD|user-month",
    "2026-06|1-10|10.00|USD|user-month",
    "2026-06|11-100|5.00|USD|user-month",
    "2026-06|1001-10000|1.25|USD|user-month",
)


def test_the_built_in_books_can_be_kept_in_a_sheet() -> None:
    assert books_from_rows(SHEET) == BUILT_IN


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2026-06|Gold|lots|USD|year", "row 2: the amount 'lots' is no number"),
        ("|Gold|1|USD|year", "row 2: the column `book` is empty"),
        ("2026-06|Gold|1|USD|week", "row 2: `per` is 'week'; write year, month"),
        ("2026-06|Gold|1|DEM|year", "row 2: DEM is no currency in use"),
        ("2026-06|Gold|-5|USD|year", "row 2: an amount must be more than zero"),
        ("2026-06|many|1|USD|user-month", "row 2: the tier 'many' must look like 11-100"),
        ("2026-06||0.5||surcharge", "the price list has no plans"),
    ],
)
def test_a_bad_row_of_the_price_list_is_named(row: str, says: str) -> None:
    with pytest.raises(PriceListError) as error:
        books_from_rows(rows(row))
    assert str(error.value).startswith(says)


def test_a_book_has_one_currency() -> None:
    with pytest.raises(PriceListError, match="row 3: book 2026-06 mixes USD and EUR"):
        books_from_rows(rows("2026-06|Gold|1|USD|year", "2026-06|Silver|1|EUR|year"))


def test_an_empty_price_list_says_which_columns_it_needs() -> None:
    with pytest.raises(PriceListError, match="book, plan, amount, currency, per"):
        books_from_rows([])


def test_books_survive_storage() -> None:
    for book in BUILT_IN:
        assert PriceBook.model_validate_json(book.model_dump_json()) == book


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_service_intervals_follow_each_other_without_gap_or_overlap(start: date, index: int) -> None:
    first, last = interval(start, index)
    assert first <= last
    assert interval(start, index + 1)[0] == last + timedelta(days=1)
