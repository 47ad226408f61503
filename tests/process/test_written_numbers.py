"""Amounts as people write them: none is taken for a thousandth of what was meant, at any door."""

import json
from decimal import Decimal
from typing import Any

import pytest

from process.core.refusal import Refused
from process.decisions.parsing import parse
from process.decisions.quoting import PriceQuoted
from process.decisions.registry import DECISIONS
from process.github.commands import parse_decision
from process.money.amounts import Money, complaint
from process.money.currencies import decimals_of
from process.money.items import Item
from process.money.pricing import PriceListError, books_from_rows
from process.types import GIVEN
from starter.cli.exits import CommandFailed
from starter.cli.options import given
from tests.support.states import STATES

EITHER = {
    "12.000": "12000 or 12.00",
    "1.200": "1200 or 1.20",
    "12,000": "12000 or 12.00",
    "1,200": "1200 or 1.20",
    "120.000": "120000 or 120.00",
    " 12.000 ": "12000 or 12.00",
    "+12.000": "12000 or 12.00",
}
ONE_MEANING = {
    "1.234.567": "1234567",
    "1,234,567": "1234567",
    "1,23,456": "123456",
    "12'000": "12000",
    "12’000": "12000",
    "12 000": "12000",
    "12\u00a0000": "12000",
    "12\u202f000": "12000",
    "12.000,00": "12000.00",
    "12'000.50": "12000.50",
    "12 000,5": "12000.50",
    "12,5": "12.50",
    "1,50": "1.50",
}
REFUSED = EITHER | ONE_MEANING
TAKEN = {
    "12000": "12000",
    "12.00": "12",
    "12.0": "12",
    "12000.00": "12000",
    "12,000.00": "12000",
    "1,234,567.5": "1234567.5",
    "12_000": "12000",
    "0.500": "0.5",
    "1000.000": "1000",
    "1.2e4": "12000",
    "12.0000": "12",
    ".5": "0.5",
}


def answer(kind: str, body: dict[str, Any], start: str = "new") -> str:
    """Return the refusal of a decision through Temporal, as text; empty if it is taken."""
    refused = STATES[start]().take(kind, **body).refused
    return str(refused) if refused else ""


def quote(**fields: Any) -> dict[str, Any]:
    return {"amount": "90000", "currency": "EUR", "per": "year", **fields}


DOORS = {
    "an amount": lambda text: answer("price_quoted", quote(amount=text)),
    "a discount": lambda text: answer(
        "price_quoted", quote(amount="9000000", discount_amount=text, discount_reason="x")
    ),
    "an item": lambda text: answer("price_quoted", quote(item=[{"text": "Training", "amount": text}])),
    "an item as text": lambda text: answer("price_quoted", quote(item=f"Training: {text} once")),
    "an item with its currency": lambda text: answer("price_quoted", quote(item=f"Training: EUR {text}")),
    "a cloud cost": lambda text: answer(
        "usage_reported", {"month": "2026-06", "active_users": 1, "cloud_cost": text}, "live"
    ),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", REFUSED)
def test_an_amount_that_can_mean_thousands_is_asked_about(door: str, text: str) -> None:
    if door.startswith("an item") and text.startswith("+"):
        return  # an item's amount has no sign
    assert f"Write {REFUSED[text]}" in DOORS[door](text)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("text", TAKEN)
def test_an_amount_with_one_meaning_is_taken(door: str, text: str) -> None:
    if (door.startswith("an item") and not text[0].isdigit()) or "e" in text:
        text = "12.00"
    assert DOORS[door](text) == ""


@pytest.mark.parametrize(("text", "amount"), TAKEN.items())
def test_a_written_amount_is_read(text: str, amount: str) -> None:
    decision = parse("price_quoted", (quote(amount=text),))
    assert isinstance(decision, PriceQuoted)
    assert decision.amount == Decimal(amount)


@pytest.mark.parametrize(
    "text", [text for text in REFUSED if text not in {"12.000", "1.200", "120.000", " 12.000 ", "+12.000"}]
)
def test_the_command_line_says_what_to_write(text: str) -> None:
    with pytest.raises(CommandFailed) as failed:
        given(PriceQuoted, quote(amount=text))
    assert f"Write {REFUSED[text]}" in str(failed.value)


@pytest.mark.parametrize("text", ["12,000", "1.234.567", "12'000", "12 000"])
def test_a_comment_says_what_to_write(text: str) -> None:
    line = f'amount="{text}" currency=EUR per=year'
    refused = parse_decision(DECISIONS["price_quoted"], line, {"by": "@grace", "source": "github comment"})
    assert isinstance(refused, Refused)
    assert f"Write {REFUSED[text]}" in str(refused)


@pytest.mark.parametrize("text", [text for text in REFUSED if not text.startswith(("+", " "))])
def test_a_price_list_says_what_to_write(text: str) -> None:
    row = {"book": "2027-01", "plan": "Gold", "amount": text, "currency": "EUR", "per": "year"}
    with pytest.raises(PriceListError) as error:
        books_from_rows([row])
    assert f"Write {REFUSED[text]}" in str(error.value)


@pytest.mark.parametrize("per", ["user-month", "surcharge"])
def test_a_price_list_asks_about_tiers_and_surcharges(per: str) -> None:
    row = {"book": "2027-01", "plan": "1-10", "amount": "2.500", "currency": "EUR", "per": per}
    with pytest.raises(PriceListError, match=r"Write 2500 or 2\.5000"):
        books_from_rows([row])


def test_a_number_of_json_has_one_meaning() -> None:
    """JSON knows no thousands separators, so a program that sends 12.000 as a number means twelve."""
    body = json.loads('{"amount": 12.000, "currency": "EUR", "per": "year"}')
    assert answer("price_quoted", body) == ""
    row = {"book": "2027-01", "plan": "Gold", "amount": Decimal("12.000"), "currency": "EUR", "per": "year"}
    assert books_from_rows([row])[0].plans[0].price.amount == 12


@pytest.mark.parametrize("currency", ["KWD", "JOD", "BHD", "OMR", "TND", "LYD", "IQD"])
def test_a_currency_of_three_decimals_is_written_with_three(currency: str) -> None:
    for text in ("1.200", "12.000", "0.001", "120.555"):
        assert answer("price_quoted", {"amount": text, "currency": currency, "per": "year"}) == ""
    assert "Write 12000 or 12.00" in answer(
        "price_quoted", {"amount": "12,000", "currency": currency, "per": "year"}
    )


COUNTS = [
    ("live", "usage_reported", {"month": "2026-06"}, "active_users"),
    ("live", "hub_validated", {"representative": "Ada"}, "users"),
    ("live", "event_announced", {"name": "School", "first": "2026-09-01"}, "users"),
    ("live", "invoice_sent", {}, "number"),
    ("quoted", "quote_accepted", {}, "version"),
    ("quoted", "corrected", {"reason": "x"}, "seq"),
]


@pytest.mark.parametrize(("start", "kind", "body", "field"), COUNTS)
@pytest.mark.parametrize(
    ("text", "meant"), [("1.200", "1200"), ("12.000", "12000"), ("1,200", "1200"), ("1'200", "1200")]
)
def test_a_number_of_things_has_no_marks(
    start: str, kind: str, body: dict[str, Any], field: str, text: str, meant: str
) -> None:
    assert f"Write {meant}" in answer(kind, {**body, field: text}, start)
    with pytest.raises(CommandFailed) as failed:
        given(DECISIONS[kind], {**body, field: text})
    assert f"Write {meant}" in str(failed.value)


@pytest.mark.parametrize("text", ["12,5", "12,5 %", "12,5%"])
def test_a_share_with_a_comma_is_asked_about(text: str) -> None:
    body = quote(discount_percent=text, discount_reason="x")
    assert "Write 12.50" in answer("price_quoted", body)


def test_what_is_stored_is_never_asked_about() -> None:
    item = Item.model_validate({"text": "Training", "amount": "1.200", "currency": "KWD", "per": "once"})
    assert item.amount == Decimal("1.2")
    assert Item.model_validate_json(item.model_dump_json()) == item
    assert GIVEN["given"]


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [
        *[
            (code, 2)
            for code in ("EUR", "USD", "RSD", "ALL", "IRR", "LAK", "MGA", "HUF", "TWD", "COP", "PKR")
        ],
        *[
            (code, 2)
            for code in ("AFN", "AMD", "IDR", "KPW", "LBP", "MMK", "SOS", "SYP", "TZS", "UZS", "YER")
        ],
        *[(code, 2) for code in ("SLE", "VED", "ZWG", "XCG", "MRU", "STN", "BYN", "CRC", "CDF")],
        *[(code, 0) for code in ("BIF", "DJF", "GNF", "KMF", "PYG", "UYI", "VUV")],
        *[(code, 0) for code in ("JPY", "KRW", "ISK", "CLP", "XAF", "XOF", "XPF", "VND", "UGX", "RWF")],
        *[(code, 3) for code in ("IQD", "KWD", "BHD", "JOD", "LYD", "OMR", "TND")],
        *[(code, 4) for code in ("CLF", "UYW")],
    ],
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, decimals: int) -> None:
    assert decimals_of(currency) == decimals
    least = Decimal(1).scaleb(-decimals)
    assert Money(amount=least, currency=currency).rounded().amount == least
    if decimals < 4:
        assert complaint(Decimal("0.55555"), currency)


@pytest.mark.parametrize("text", ["-0", "-0.0", "-0.00", "-0.004", "0", "-0E+3"])
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_nothing_has_no_sign(text: str, currency: str) -> None:
    money = Money(amount=Decimal(text), currency=currency)
    assert ("-" in str(money)) == (text == "-0.004" and currency == "KWD")
    zero = Money(amount=Decimal(0), currency=currency)
    assert [str(-zero), str(zero - zero), str(zero.times(-1))] == [str(zero)] * 3


def test_a_cloud_cost_of_minus_nothing_is_nothing() -> None:
    answer = STATES["live"]().take("usage_reported", month="2026-06", active_users=1, cloud_cost="-0")
    assert answer.message == "Usage of 2026-06: 1 active users, cloud cost 0.00 USD"
