"""Money over a year: each day and each cent is billed once, for any price, renewal and usage."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from process.core.due import pass_deadlines
from process.money.pricing import usage_fee
from tests.support.examples import examples
from tests.support.lives import MONDAY, Life
from tests.support.pools import ZONES


@settings(max_examples=examples(6))
@given(
    cents=st.integers(2, 10**9),
    items=st.lists(st.tuples(st.integers(1, 10**7), st.sampled_from(["once", "a year"])), max_size=4),
    percent=st.none() | st.integers(1, 9999).map(lambda hundredths: Decimal(hundredths) / 100),
    start=st.dates(date(2026, 6, 1), date(2028, 3, 1)),
    billing=st.sampled_from(["monthly", "yearly"]),
    zone=st.sampled_from(ZONES),
    naps=st.lists(st.integers(1, 150), max_size=8),
)
def test_a_contract_years_fees_sum_to_its_price(
    cents: int,
    items: list[tuple[int, str]],
    percent: Decimal | None,
    start: date,
    billing: str,
    zone: str,
    naps: list[int],
) -> None:
    listed = Decimal(cents) / 100
    off = (listed * (percent or 0) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    price = listed - off + sum((Decimal(amount) / 100 for amount, _ in items), Decimal(0))
    offer: dict[str, Any] = {"amount": str(listed), "currency": "USD", "per": "year"}
    offer |= {"item": [f"Item {n}: {Decimal(amount) / 100} {per}" for n, (amount, per) in enumerate(items)]}
    if 0 < off < listed:
        offer |= {"discount_percent": str(percent), "discount_reason": "A pilot"}
    elif off:
        return
    life = Life(zone=zone).quoted(**offer)
    if life.lead.quote and life.lead.quote.awaiting_approval_by:
        life.does("discount_approved", by="Ann Example")
    life.does("quote_accepted")
    life.does("contract_signed", evidence="x", start=str(start), billing=billing)
    life.does("vendor_setup_not_needed")
    for nap in naps:  # for any downtime of the worker
        life.now += timedelta(days=nap)
        life.aggregate = pass_deadlines(life.aggregate, life.now)
    life.wait(1200)
    invoices = life.lead.invoices
    assert sum((invoice.total.amount for invoice in invoices), Decimal(0)) == price
    last = None
    for invoice in invoices:
        if invoice.index is None:  # only items, if the first months cost less than a cent
            continue
        assert last is None or invoice.period_start > last
        last = invoice.period_end
    assert last is None or last <= (life.lead.contract.end or last)


@settings(max_examples=examples(6))
@given(
    prices=st.lists(
        st.tuples(st.integers(12_00, 10**8), st.sampled_from(["year", "month"])), min_size=2, max_size=4
    ),
    lengths=st.lists(st.integers(20, 500), min_size=4, max_size=4),
    billing=st.lists(st.sampled_from(["monthly", "yearly"]), min_size=4, max_size=4),
    extended=st.lists(st.booleans(), min_size=4, max_size=4),
    early=st.integers(1, 100),
)
def test_through_renewals_every_day_is_billed_once(
    prices: list[tuple[int, str]],
    lengths: list[int],
    billing: list[str],
    extended: list[bool],
    early: int,
) -> None:
    """Try terms of any length, renewed early or after they lapsed."""
    life, end = Life(), MONDAY.date() - timedelta(days=1)
    for (cents, per), length, bill, lapses in zip(prices, lengths, billing, extended, strict=False):
        if life.lead.contract.end:
            life.at(life.end_of(str(end)) + timedelta(days=3 if lapses else -min(early, 170)))
        if lapses and life.lead.contract.lapsed:
            life.does("service_extended", reason="Their lawyers")
            end = life.lead.contract.term_ends or end
        life.accepted(amount=str(Decimal(cents) / 100), currency="USD", per=per)
        end += timedelta(days=length)
        life.does("contract_signed", evidence="x", end=str(end), billing=bill if per == "year" else "monthly")
        if not life.lead.vendor.settled:
            life.does("vendor_setup_not_needed")
    life.at(life.end_of(str(end)))
    day, last = MONDAY.date(), None
    for invoice in life.lead.invoices:
        assert invoice.period_start == day
        day, last = invoice.period_end + timedelta(days=1), invoice
    assert end < day
    assert last is not None
    assert last.period_start <= end
    assert [invoice.number for invoice in life.lead.invoices] == list(range(1, len(life.lead.invoices) + 1))


@settings(max_examples=examples(5))
@given(
    usage=st.dictionaries(
        st.integers(0, 13), st.tuples(st.integers(0, 20_000), st.integers(0, 10**7)), max_size=14
    ),
    late=st.randoms(use_true_random=False),
)
def test_all_usage_that_is_reported_is_billed_once_and_to_the_cent(
    usage: dict[int, tuple[int, int]], late: Any
) -> None:
    """Report thirteen months of a hub in any order and arbitrarily late."""
    life = Life().live({"book": "2026-06", "plan": "Premier"}, end="2027-06-30").until("2027-07-01")
    fixed = sum((invoice.total.amount for invoice in life.lead.invoices), Decimal(0))
    months = list(usage)
    late.shuffle(months)
    tiers = life.lead.price_books[-1].tiers
    owed = Decimal(0)
    for index in months:
        users, cents = usage[index]
        month = f"{2026 + (index + 5) // 12}-{(index + 5) % 12 + 1:02d}"
        life.does("usage_reported", month=month, active_users=users, cloud_cost=str(Decimal(cents) / 100))
        owed += usage_fee(tiers, users) + Decimal(cents) / 100
        if late.random() < 0.5:
            life.wait(late.randint(0, 40))
    life.wait(200)
    assert sum((invoice.total.amount for invoice in life.lead.invoices), Decimal(0)) == fixed + owed
