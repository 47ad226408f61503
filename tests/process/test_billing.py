"""Invoices: the fixed fee at the start of each interval, usage and cloud after the month, and nothing twice."""

from decimal import Decimal
from typing import Any

import pytest

from process.billing import missing_usage
from process.lead import Invoice
from process.money import Money
from tests.process.life import BOOK_QUOTE, Life


def fixed(life: Life) -> list[Decimal]:
    """What each invoice asks for service, usage left aside."""
    return [
        sum((line.amount.amount for line in invoice.lines if " in 20" not in line.text), Decimal(0))
        for invoice in life.lead.invoices
    ]


def lines(invoice: Invoice) -> list[tuple[str, str]]:
    return [(line.text, str(line.amount)) for line in invoice.lines]


@pytest.mark.parametrize("amount", ["12000", "0.05", "999.99", "10000", "18000.01", "49999.97"])
@pytest.mark.parametrize("start", ["2026-06-01", "2026-08-31", "2027-12-15"])
def test_twelve_invoices_of_a_year_sum_to_its_price(amount: str, start: str) -> None:
    quote = {"amount": amount, "currency": "USD", "per": "year"}
    life = Life().contracted(quote, start=start).until("2029-01-01")
    shares = fixed(life)
    assert sum(shares) == Decimal(amount)
    assert [invoice.number for invoice in life.lead.invoices] == list(range(1, len(shares) + 1))
    if Decimal(amount) > 1:
        assert len(shares) == 12


@pytest.mark.parametrize(
    ("per", "billing", "expected"),
    [
        ("year", "yearly", ["1200", "1200"]),
        ("month", "monthly", ["1200"] * 24),
        ("once", "monthly", ["1200"]),
        ("year", "monthly", ["100"] * 24),
    ],
)
def test_two_years_by_what_the_price_is_for(per: str, billing: str, expected: list[str]) -> None:
    quote = {"amount": "1200", "currency": "USD", "per": per}
    life = Life().contracted(quote, end="2028-05-31", billing=billing).until("2028-06-15")
    assert fixed(life) == [Decimal(amount) for amount in expected]


def test_an_extension_is_billed_by_the_month_not_by_another_year() -> None:
    life = Life().live(billing="yearly").until("2027-06-02")
    assert fixed(life) == [Decimal(12000)]
    life.does("service_extended", reason="Their lawyers")
    assert fixed(life.wait(1)) == [Decimal(12000), Decimal(1000)]


def test_an_invoice_comes_on_the_first_day_of_its_interval() -> None:
    life = Life(zone="Europe/Berlin").contracted(start="2026-06-15").until("2026-06-14", hour=23)
    assert fixed(life) == []
    life.until("2026-06-15", hour=0)
    (invoice,) = life.lead.invoices
    assert (str(invoice.period_start), str(invoice.period_end)) == ("2026-06-15", "2026-07-14")
    assert (str(invoice.prepared_on), invoice.total) == (
        "2026-06-15",
        Money(amount=Decimal(1000), currency="USD"),
    )
    assert lines(invoice) == [("Service, 2026-06-15 to 2026-07-14", "1,000.00 USD")]


@pytest.mark.parametrize(
    ("per", "billing", "periods"),
    [
        ("year", "yearly", ["2026-06-01 to 2027-05-31", "2027-06-01 to 2027-11-30"]),
        ("once", "monthly", ["2026-06-01 to 2027-11-30"]),
    ],
)
def test_an_invoice_says_what_it_pays_for(per: str, billing: str, periods: list[str]) -> None:
    quote = {"amount": "1200", "currency": "USD", "per": per}
    life = Life().contracted(quote, end="2027-11-30", billing=billing).until("2028-01-01")
    assert [invoice.lines[0].text for invoice in life.lead.invoices] == [
        f"Service, {text}" for text in periods
    ]


def test_usage_of_a_year_paid_at_once_is_billed_month_by_month() -> None:
    life = Life().live(BOOK_QUOTE, billing="yearly").until("2026-07-10")
    life.does("usage_reported", month="2026-06", active_users=10)
    assert lines(life.wait(0).lead.invoices[1]) == [
        ("Usage in 2026-06: 10 monthly active users", "100.00 USD")
    ]
    life.until("2026-08-10").does("usage_reported", month="2026-07", active_users=1)
    assert str(life.wait(0).lead.invoices[2].total) == "10.00 USD"


def test_a_month_that_is_not_over_is_not_billed_yet() -> None:
    life = Life().live(BOOK_QUOTE, billing="yearly").until("2026-07-10")
    life.does("usage_reported", month="2026-07", active_users=10)
    assert len(life.until("2026-07-31").lead.invoices) == 1
    assert life.until("2026-08-01").lead.invoices[1].usage_months == ("2026-07",)


def test_usage_and_cloud_are_on_the_next_invoice_without_markup() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-30")
    life.does("usage_reported", month="2026-06", active_users=280, cloud_cost="412.07")
    life.until("2026-07-01")
    assert lines(life.lead.invoices[1]) == [
        ("General membership, 2026-07-01 to 2026-07-31", "1,250.00 USD"),
        ("Usage in 2026-06: 280 monthly active users", "1,000.00 USD"),
        ("Cloud cost in 2026-06, without markup", "412.07 USD"),
    ]
    assert str(life.lead.invoices[1].total) == "2,662.07 USD"
    assert [usage.billed_on for usage in life.lead.usage] == [2]


def test_usage_that_comes_late_is_on_a_later_invoice_once() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-07-20")
    assert life.lead.invoices[1].missing_usage == ("2026-06",)
    life.does("usage_reported", month="2026-06", active_users=10)
    life.until("2026-10-02")
    assert [invoice.usage_months for invoice in life.lead.invoices] == [(), (), ("2026-06",), (), ()]


def test_usage_of_the_last_months_has_an_invoice_of_its_own() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-07-20")
    life.does("decommission_decided", on="2026-07-20", reason="The course is over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    life.does("usage_reported", month="2026-06", active_users=10)
    life.does("usage_reported", month="2026-07", active_users=0, cloud_cost="3.50")
    life.until("2026-08-05")
    last = life.lead.invoices[-1]
    assert (last.index, last.usage_months, str(last.total)) == (None, ("2026-06", "2026-07"), "103.50 USD")
    assert len(life.until("2027-05-01").lead.invoices) == 3


def test_a_month_that_costs_nothing_leaves_an_invoice_of_nothing_only_where_it_has_to() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-10")
    life.does("decommission_decided", on="2026-06-10", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    life.does("usage_reported", month="2026-06", active_users=0)
    life.until("2026-08-05")
    assert lines(life.lead.invoices[-1]) == [("Nothing to bill", "0.00 USD")]


def test_months_of_a_running_hub_without_usage_are_missed_until_reported() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-08-10")
    assert missing_usage(life.lead, life.today) == ("2026-06", "2026-07")
    life.does("usage_reported", month="2026-07", active_users=0)
    assert missing_usage(life.lead, life.today) == ("2026-06",)


@pytest.mark.parametrize("state", ["signed", "accepted"])
def test_nothing_is_billed_before_the_contract(state: str) -> None:
    life: Life = getattr(Life(), state)()
    assert life.wait(100).lead.invoices == ()


def test_nothing_is_billed_after_the_service_ended() -> None:
    assert len(Life().decommissioned().wait(200).lead.invoices) == 1


def test_each_invoice_has_a_file_and_is_announced_when_that_exists() -> None:
    life = Life().live().wait(0).perform()
    (invoice,) = life.lead.invoices
    assert invoice.file is not None
    assert [mail.facts for mail in life.mails("invoice")] == [{"number": "1"}]
    assert life.lead.invoice_name(1) == "EXAMPLE-001"


def test_a_price_without_decimals_is_shared_without_decimals() -> None:
    quote: dict[str, Any] = {"amount": "1000", "currency": "JPY", "per": "year"}
    shares = fixed(Life().contracted(quote).until("2027-06-01"))
    assert (sum(shares), {share % 1 for share in shares}) == (Decimal(1000), {Decimal(0)})


def test_a_contract_that_began_before_it_was_signed_is_billed_from_its_beginning() -> None:
    life = Life().contracted(start="2026-03-01").wait(0)
    assert [str(invoice.period_start) for invoice in life.lead.invoices] == [
        "2026-03-01",
        "2026-04-01",
        "2026-05-01",
        "2026-06-01",
    ]
