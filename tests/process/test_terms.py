"""The months of a term: as many as the contract says, and their sum to the cent."""

import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given, settings
from hypothesis import strategies as st

from process.lead.contract import Contract
from process.lead.lead import Lead
from process.lead.quote import Quote
from process.money.amounts import Money
from process.money.billing import make_invoice, newest_term_bill, next_draft
from process.money.minor_units import minor_of, money_of
from process.types import Stage
from process.views.snapshot import snapshot_of
from process.views.terms import unbilled
from tests.support.lives import BOOK_QUOTE, MONDAY, QUOTE, SIGNED, Life

DAY = timedelta(days=1)
CONTRACTED = Life().contracted().lead
CONTRACT_EVENT = Life().contracted().aggregate.event_log.events[-1]


def term(
    start: date, end: date, *, billing: str = "monthly", amount: str = "12000", per: str = "year"
) -> Lead:
    """Return a lead with this term, whose usage nobody reports."""
    quote = Quote.model_validate(
        {
            "version": 1,
            "price": {"amount": amount, "currency": "USD"},
            "per": per,
            "valid_until": start,
            "quoted_on": start,
            "status": "accepted",
        }
    )
    contract = Contract.model_validate(
        {"quote": 1, "signed_on": start, "start": start, "end": end, "billing": billing}
    )
    assert CONTRACTED.stage is Stage.CONTRACTED
    return CONTRACTED.replaced(quotes=(quote,), contract=contract, former=(), invoices=())


def billed(lead: Lead) -> tuple[int, Decimal, date]:
    """Return number, sum and last day of all invoices of a lead."""
    total, last = Decimal(0), date.min
    while draft := next_draft(lead):
        invoice = make_invoice(lead, draft, draft.due_on)
        assert invoice.period_start > last or last == date.min
        total, last = total + invoice.total.amount, invoice.period_end
        lead = lead.replaced(invoices=(*lead.invoices, invoice))
    return len(lead.invoices), total, last


TERMS = [
    ("2025-08-03", "2026-08-03", 12),
    ("2025-08-03", "2026-08-02", 12),
    ("2025-08-03", "2026-08-04", 13),
    ("2025-08-01", "2026-07-31", 12),
    ("2025-08-01", "2026-08-01", 12),
    ("2024-02-29", "2025-02-27", 12),
    ("2024-02-29", "2025-02-28", 12),
    ("2024-02-29", "2025-03-01", 13),
    ("2023-02-28", "2024-02-28", 12),
    ("2023-02-28", "2024-02-29", 12),
    ("2023-03-01", "2024-02-29", 12),
    ("2024-03-01", "2025-02-28", 12),
    ("2025-01-31", "2025-02-27", 1),
    ("2025-01-31", "2025-02-28", 1),
    ("2025-01-31", "2025-03-30", 2),
    ("2025-01-31", "2025-03-31", 2),
    ("2025-08-31", "2026-02-28", 6),
    ("2025-08-31", "2026-08-30", 12),
    ("2025-08-31", "2026-08-31", 12),
    ("2025-04-30", "2025-05-30", 1),
    ("2025-04-30", "2025-05-31", 1),
    ("2025-04-29", "2025-05-30", 2),
    ("2025-04-30", "2025-07-31", 3),
    ("2025-04-30", "2026-03-31", 11),
    ("2025-02-28", "2025-04-30", 2),
    ("2024-02-29", "2024-03-31", 1),
    ("2025-12-31", "2026-12-31", 12),
    ("2025-06-15", "2025-06-15", 1),
    ("2025-06-30", "2025-06-30", 1),
    ("2025-06-15", "2025-06-16", 1),
    ("2025-08-03", "2028-08-03", 36),
]


@pytest.mark.parametrize("billing", ["monthly", "yearly"])
@pytest.mark.parametrize(("start", "end", "months"), TERMS)
def test_a_term_has_as_many_months_as_it_says(start: str, end: str, months: int, billing: str) -> None:
    lead = term(date.fromisoformat(start), date.fromisoformat(end), billing=billing)
    bill = newest_term_bill(lead)
    assert bill is not None
    assert (bill.months, bill.total) == (months, Money(amount=Decimal(1000) * months, currency="USD"))
    (expected,) = (flow for flow in snapshot_of(lead, CONTRACT_EVENT).flows if flow.kind == "contract")
    expected_sum = money_of(expected.month * expected.months + expected.rest, "USD")
    assert (expected.months, expected_sum) == (months, bill.total)
    number, total, last = billed(lead)
    assert total == 1000 * months
    assert number == (months if billing == "monthly" else -(-months // 12))
    assert last >= date.fromisoformat(end)


@given(
    st.dates(date(2020, 1, 1), date(2032, 12, 31)),
    st.integers(1, 40),
    st.sampled_from(["monthly", "yearly"]),
    st.integers(1, 10**7),
    st.booleans(),
)
@settings(max_examples=60)
def test_any_months_are_billed_as_so_many(
    start: date, months: int, billing: str, cents: int, anniversary: bool
) -> None:
    end = start + relativedelta(months=months) - (timedelta() if anniversary else DAY)
    lead = term(start, end, billing=billing, amount=str(Decimal(cents) / 100))
    bill = newest_term_bill(lead)
    assert bill is not None
    assert bill.months == months
    years, rest = divmod(months, 12)
    year = Money(amount=Decimal(cents) / 100, currency="USD")
    assert bill.total == year.times(years) + sum(
        (year.share(index, 12) for index in range(rest)), start=Money.zero("USD")
    )
    assert billed(lead)[1] == bill.total.amount


@given(st.dates(date(2020, 1, 1), date(2032, 12, 31)), st.integers(1, 40))
@settings(max_examples=60)
def test_a_monthly_price_is_billed_so_many_times(start: date, months: int) -> None:
    for end in (start + relativedelta(months=months) - DAY, start + relativedelta(months=months)):
        assert billed(term(start, end, per="month", amount="250"))[:2] == (months, Decimal(250 * months))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"start": "2026-06-01", "end": "2027-06-01"}, ": 12 months, 12,000.00 USD to be billed"),
        ({"start": "2026-06-01", "end": "2027-05-31"}, ": 12 months, 12,000.00 USD to be billed"),
        ({"start": "2026-06-01", "end": "2027-06-02"}, ": 13 months, 13,000.00 USD to be billed"),
        ({"start": "2026-06-01", "end": "2026-06-30"}, ": 1 month, 1,000.00 USD to be billed"),
        ({"billing": "yearly"}, ": 12 months, 12,000.00 USD to be billed"),
    ],
)
def test_a_signature_says_what_will_be_billed(fields: dict[str, Any], says: str) -> None:
    assert Life().handed_over().take("contract_signed", **SIGNED, **fields).message.endswith(says)


def test_one_time_items_and_usage_belong_to_the_bill() -> None:
    life = Life().handed_over(**QUOTE, item=["Training: 2000 once", "Support: 300 a year"])
    assert life.does("contract_signed", **SIGNED).message.endswith(": 12 months, 14,300.00 USD to be billed")
    book = Life().handed_over(book="2026-06", plan="General membership").does("contract_signed", **SIGNED)
    assert book.message.endswith(": 12 months, 15,000.00 USD to be billed, and usage")
    once = Life().handed_over(amount="5000", currency="USD", per="once").does("contract_signed", **SIGNED)
    assert once.message.endswith(": 5,000.00 USD to be billed")


def test_days_of_an_extension_are_not_in_the_next_terms_bill() -> None:
    life = Life().live(end="2027-06-01").until("2027-06-02")
    life.does("service_extended", reason="Their lawyers have it")
    life.until("2027-06-10").accepted(**QUOTE).does("contract_handed_over")
    answer = life.does("contract_signed", **SIGNED, start="2027-06-02")
    bill = newest_term_bill(life.lead)
    assert bill is not None
    assert str(bill) in answer.message
    before = sum(i.total.amount for i in life.lead.invoices if i.is_valid)
    life.until("2028-07-01")
    after = sum(i.total.amount for i in life.lead.invoices if i.is_valid)
    assert after - before == bill.total.amount


def test_the_day_of_the_anniversary_is_billed_once() -> None:
    life = Life(datetime(2026, 6, 1, 9, tzinfo=UTC)).live(start="2026-06-01", end="2027-06-01")
    assert datetime(2026, 6, 1, 9, tzinfo=UTC) == MONDAY
    life.until("2027-03-20").accepted(**QUOTE).does("contract_handed_over")
    life.does("contract_signed", **SIGNED)
    life.until("2028-07-01")
    days = [(invoice.period_start, invoice.period_end) for invoice in life.lead.invoices]
    assert all(end + DAY == start for (_, end), (start, _) in itertools.pairwise(days))
    assert len(days) == 24


@pytest.mark.parametrize("until", ["2026-06-01", "2026-06-02", "2026-06-30", "2026-07-01"])
def test_the_forecast_has_the_months_of_an_extension_that_are_billed(until: str) -> None:
    lead = term(date(2025, 6, 1), date(2026, 5, 31))
    contract = lead.contract.replaced(extended_until=date.fromisoformat(until))
    lead = lead.replaced(contract=contract)
    (expected,) = (flow for flow in snapshot_of(lead, CONTRACT_EVENT).flows if flow.kind == "contract")
    assert expected.months == billed(lead)[0] == (14 if until == "2026-07-01" else 13)


@pytest.mark.parametrize(
    ("start", "billing", "number"),
    [
        ("2025-01-31", "monthly", 2),  # from 28 February to 30 March
        ("2025-01-30", "monthly", 2),
        ("2023-08-31", "monthly", 7),
        ("2024-02-29", "monthly", 13),
        ("2025-06-15", "monthly", 1),
        ("2025-06-15", "yearly", 1),
    ],
)
def test_an_invoice_that_is_not_prepared_is_unbilled_with_its_amount(
    start: str, billing: str, number: int
) -> None:
    lead = term(
        date.fromisoformat(start), date.fromisoformat(start) + relativedelta(years=2), billing=billing
    )
    for _ in range(number - 1):
        draft = next_draft(lead)
        assert draft
        lead = lead.replaced(invoices=(*lead.invoices, make_invoice(lead, draft, draft.due_on)))
    draft = next_draft(lead)
    assert draft
    (found,) = (each for each in unbilled(lead, draft.due_on + DAY) if each.kind == "draft")
    assert (found.start, found.end) == (draft.days.start, draft.days.end)
    assert found.estimate == (12_000_00 if billing == "yearly" else 1_000_00)


def test_an_invoice_of_usage_alone_is_unbilled_with_its_amount() -> None:
    life = Life().live(BOOK_QUOTE, billing="yearly").perform().until("2026-07-10")
    life.does("usage_reported", month="2026-06", active_users=3, cloud_cost="412.07")
    draft = next_draft(life.lead)
    assert draft
    assert (draft.index, draft.description) == (None, "Usage of 2026-06")
    (found,) = (each for each in unbilled(life.lead, draft.due_on + DAY) if each.kind == "draft")
    amount = make_invoice(life.lead, draft, draft.due_on).total
    assert (found.currency, found.estimate) == ("USD", minor_of(amount.amount, "USD"))
    assert Decimal("412.07") <= amount.amount < 1000  # and not a month of the membership
