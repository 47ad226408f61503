"""Invoices: the fixed fee at the start of each interval, usage and cloud after the month, and nothing twice."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from process.lead.invoice import Invoice
from process.money.amounts import Money
from process.money.usage import missing_usage
from process.types import Role
from process.views.agenda import agenda
from process.views.attention import attention
from process.views.next_step import next_step
from tests.support.lives import BOOK_QUOTE, HUB, QUOTE, RENEWAL, SIGNED, Life


def fixed(life: Life) -> list[Decimal]:
    """Return the fee on each invoice, without usage."""
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
def test_two_years_are_billed_by_the_unit_of_the_price(per: str, billing: str, expected: list[str]) -> None:
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
def test_an_invoice_describes_what_it_bills(per: str, billing: str, periods: list[str]) -> None:
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
    assert [usage.invoice_number for usage in life.lead.usage] == [2]


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


def test_a_free_month_is_invoiced_only_if_it_must_be() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-06-10")
    life.does("decommission_decided", on="2026-06-10", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    life.does("usage_reported", month="2026-06", active_users=0)
    life.until("2026-08-05")
    assert lines(life.lead.invoices[-1]) == [("Nothing to bill", "0.00 USD")]


def test_missing_usage_of_a_running_hub_is_listed_until_reported() -> None:
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
    assert [mail.fields for mail in life.mails("invoice")] == [{"number": "1"}]
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


# ---- items and discounts

OFFER = QUOTE | {
    "item": ["Training: 2000 once", "Support: 300"],
    "discount_percent": 10,
    "discount_reason": "A pilot",
}


def test_an_invoice_lists_the_price_the_discount_and_each_item() -> None:
    life = Life().live(OFFER).until("2026-07-01")
    assert [lines(invoice) for invoice in life.lead.invoices] == [
        [
            ("Service, 2026-06-01 to 2026-06-30", "1,000.00 USD"),
            ("Discount of 10 %", "-100.00 USD"),
            ("Support, 2026-06-01 to 2026-06-30", "25.00 USD"),
            ("Training", "2,000.00 USD"),
        ],
        [
            ("Service, 2026-07-01 to 2026-07-31", "1,000.00 USD"),
            ("Discount of 10 %", "-100.00 USD"),
            ("Support, 2026-07-01 to 2026-07-31", "25.00 USD"),
        ],
    ]


@pytest.mark.parametrize(
    ("per", "billing", "totals"),
    [
        ("year", "monthly", ["2925"] + ["925"] * 23),
        ("year", "yearly", ["13100", "11100"]),
        ("month", "monthly", ["13100"] + ["11100"] * 23),
        ("once", "monthly", ["13100"]),
    ],
)
def test_two_years_with_items(per: str, billing: str, totals: list[str]) -> None:
    life = Life().contracted(OFFER | {"per": per}, end="2028-05-31", billing=billing).until("2028-06-15")
    assert [invoice.total.amount for invoice in life.lead.invoices] == [Decimal(each) for each in totals]


@pytest.mark.parametrize("share", ["0.05", "999.99", "12000.01"])
def test_twelve_shares_of_each_line_sum_to_the_year(share: str) -> None:
    quote = QUOTE | {
        "item": [f"One: {share}", "Other: 100"],
        "discount_amount": "7.77",
        "discount_reason": "x",
    }
    life = Life().contracted(quote).until("2027-06-01")
    assert sum(invoice.total.amount for invoice in life.lead.invoices) == Decimal("11992.23") + 100 + Decimal(
        share
    )
    named = [line for invoice in life.lead.invoices for line in invoice.lines]
    assert sum(line.amount.amount for line in named if line.text.startswith("One,")) == Decimal(share)
    assert sum(line.amount.amount for line in named if line.text.startswith("Discount")) == Decimal("-7.77")


@pytest.mark.parametrize(("listed", "off", "left"), [("0.10", "0.06", "0.04"), ("0.02", "0.01", "0.01")])
def test_a_discount_of_cents_never_makes_an_invoice_negative(listed: str, off: str, left: str) -> None:
    quote = QUOTE | {"amount": listed, "discount_amount": off, "discount_reason": "x"}
    life = Life().quoted(**quote)
    life.does("discount_approved", by="Ann Example")
    life.does("quote_accepted")
    life.does("contract_signed", **SIGNED)
    life.does("vendor_setup_not_needed")
    invoices = life.until("2027-06-01").lead.invoices
    assert all(invoice.total.amount > 0 for invoice in invoices)
    taken_off = [x.amount.amount for i in invoices for x in i.lines if x.text.startswith("Discount")]
    assert all(amount < 0 for amount in taken_off)
    assert sum(invoice.total.amount for invoice in invoices) == Decimal(left)


def test_a_renewal_bills_its_own_items() -> None:
    life = Life().renewed(OFFER).until("2027-06-01")
    once = [
        (i.number, line.once_of) for i in life.lead.invoices for line in i.lines if line.text == "Training"
    ]
    assert once == [(1, 1), (13, 2)]
    assert len([x for i in life.until("2028-06-15").lead.invoices for x in i.lines if x.once_of]) == 2


def test_items_are_billed_when_their_term_begins() -> None:
    life = Life().contracted(OFFER, start="2026-09-01").until("2026-08-31")
    assert life.lead.invoices == ()
    life = Life().renewed(OFFER).until("2027-05-01")
    life.does("decommission_decided", on="2027-05-01", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    assert [
        i.number for i in life.until("2027-09-01").lead.invoices if any(x.once_of == 2 for x in i.lines)
    ] == []


def test_an_extension_bills_only_recurring_items() -> None:
    life = Life().live(OFFER, billing="yearly").until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    assert lines(life.wait(1).lead.invoices[1]) == [
        ("Service, 2027-06-01 to 2027-06-30", "1,000.00 USD"),
        ("Discount of 10 %", "-100.00 USD"),
        ("Support, 2027-06-01 to 2027-06-30", "25.00 USD"),
    ]


def test_usage_goes_on_top_of_items_and_costs_the_whole_tier_price() -> None:
    """Bill 1,000.00 for 280 users regardless of the membership's discount (process.md)."""
    offer = BOOK_QUOTE | {"item": "Training: 2000 once", "discount_percent": 10, "discount_reason": "A pilot"}
    life = Life().live(offer).until("2026-06-30")
    life.does("usage_reported", month="2026-06", active_users=280, cloud_cost="412.07")
    assert [str(invoice.total) for invoice in life.until("2026-07-01").lead.invoices] == [
        "3,125.00 USD",
        "2,537.07 USD",
    ]


def test_usage_under_a_price_that_was_asked_for_once_is_billed_month_by_month() -> None:
    books = [
        {
            "version": "2026-09",
            "currency": "USD",
            "plans": [{"name": "Workshop", "price": {"amount": "5000", "currency": "USD"}, "per": "once"}],
            "tiers": [{"upto": None, "each": "2"}],
        }
    ]
    life = Life(price_books=books).live({"book": "2026-09", "plan": "Workshop"}).until("2026-07-10")
    assert "Usage is not reported, so not billed, for 2026-06" in attention(life.lead, life.today)
    life.does("usage_reported", month="2026-06", active_users=10)
    assert [str(invoice.total) for invoice in life.wait(0).lead.invoices] == ["5,000.00 USD", "20.00 USD"]


def test_the_customers_reference_stands_on_the_invoices_of_its_contract() -> None:
    life = Life().live(reference="PO-1").until("2027-03-01").accepted(**RENEWAL)
    life.does("contract_signed", **SIGNED)
    life.does("details_changed", reference="PO-2")
    references = [invoice.reference for invoice in life.until("2027-06-01").lead.invoices]
    assert references == ["PO-1"] * 12 + ["PO-2"]


def test_a_hub_that_is_recorded_late_is_billed_for_all_the_months_in_which_it_ran() -> None:
    life = Life().requested(BOOK_QUOTE)
    life.until("2026-08-04").does("hub_live", on="2026-06-10")
    assert missing_usage(life.lead, life.today) == ("2026-06", "2026-07")
    life.does("usage_reported", month="2026-06", active_users=10)
    life.does("usage_reported", month="2026-07", active_users=10)
    assert life.until("2026-09-01").lead.invoices[-1].usage_months == ("2026-06", "2026-07")


# ---- attention


def test_an_unsettled_vendor_set_up_stops_billing_and_is_a_concern() -> None:
    life = Life().signed(start="2026-06-15")
    life.does("hub_requested")
    life.does("hub_live")
    what = "Nothing is billed since 2026-06-15: the vendor set-up is not settled"
    assert what not in attention(life.until("2026-06-14").lead, life.today)
    assert what in attention(life.until("2026-06-15").lead, life.today)
    life.does("vendor_setup_not_needed")
    assert what not in attention(life.lead, life.today)
    assert [str(invoice.period_start) for invoice in life.wait(0).lead.invoices] == ["2026-06-15"]


def test_voided_fees_of_a_lost_lead_stay_a_concern_until_billed() -> None:
    life = Life().contracted().until("2026-07-10")
    life.does("lost", reason="budget")
    life.does("invoice_voided", number=2, reason="Another price")
    what = "The interval from 2026-07-01 is not billed, and the lead is lost: reopen it to have it billed"
    assert what in attention(life.until("2026-08-20").lead, life.today)
    assert len(life.lead.invoices) == 2
    life.does("reopened", reason="To bill it")
    assert [str(i.period_start) for i in life.wait(0).lead.invoices][2:] == ["2026-07-01", "2026-08-01"]
    life.does("lost", reason="budget")
    assert what not in attention(life.lead, life.today)


def test_a_closed_lead_is_archived_only_when_all_is_reported_billed_sent_and_paid() -> None:
    life = Life().live(BOOK_QUOTE).until("2026-07-10")
    life.does("decommission_decided", on="2026-07-10", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    assert "usage_missing" in life.kinds() or life.until("2026-08-10")
    assert not life.until("2028-01-10").lead.archived
    life.does("usage_reported", month="2026-06", active_users=10)
    life.does("usage_reported", month="2026-07", active_users=0)
    life.wait(1)
    for number in (1, 2, 3):
        assert not life.lead.archived
        life.does("invoice_sent", number=number)
        life.does("invoice_paid", number=number)
        life.wait(0)
    assert life.lead.archived


def test_uncovered_days_before_and_after_contracts_are_concerns_until_explained() -> None:
    life = Life()
    life.does("hub_information_given", **HUB)
    life.does("hub_requested", exception_by="Grace", exception_reason="A course")
    life.does("hub_live")
    life.until("2026-06-20").accepted()
    life.does("contract_signed", **SIGNED, start="2026-07-01", end="2026-12-31")
    life.does("vendor_setup_not_needed")
    before = "From 2026-06-01 to 2026-06-30 the hub is in no contract, and nobody is billed for it"
    assert before in attention(life.until("2026-07-01").lead, life.today)
    life.does("gap_explained", reason="A gift")
    assert before not in attention(life.lead, life.today)
    life.until("2027-02-10").does("decommission_decided", on="2027-02-10", reason="Over")
    life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    after = "From 2027-01-01 to 2027-02-10 the hub is in no contract, and nobody is billed for it"
    assert after in attention(life.lead, life.today)
    assert after in attention(life.until("2028-06-01").lead, life.today)
    life.does("gap_explained", reason="It was ours to take down")
    assert after not in attention(life.lead, life.today)
    assert life.lead.contract.after_reason == "It was ours to take down"
    assert life.lead.contract.gap_reason == "A gift"


def test_an_extension_of_a_one_time_price_is_not_billed_and_is_a_concern() -> None:
    life = Life().live(QUOTE | {"per": "once"}).until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    life.until("2027-06-10").accepted(**RENEWAL).does("contract_signed", **SIGNED)
    gap = "From 2027-06-01 to 2027-06-16 the hub is in no contract, and nobody is billed for it"
    assert gap in attention(life.lead, life.today)
    seq = life.aggregate.event_log.events[-1].seq
    life.does("corrected", seq=seq, reason="It begins earlier")
    life.does("contract_signed", **SIGNED, start="2027-06-01")
    assert gap not in attention(life.lead, life.today)
    assert str(life.until("2027-06-12").lead.invoices[-1].period_start) == "2027-06-01"


def test_days_paid_by_an_extension_are_not_a_gap() -> None:
    life = Life().live().until("2027-06-02")
    life.does("service_extended", reason="Their lawyers")
    assert str(life.until("2027-06-20").lead.invoices[-1].period_end) == "2027-06-30"
    ended = "The hub runs although its contract ended on 2027-05-31, and its extension on 2027-06-16"
    assert ended in attention(life.lead, life.today)
    life.until("2027-06-25").does("decommission_decided", on="2027-06-25", reason="Over")
    down = life.does("hub_decommissioned", data_confirmed_by="Ada Example")
    assert not [line for line in attention(life.lead, life.today) if "in no contract" in line]
    assert "No days outside" in life.refused("gap_explained", reason="There are none")
    life.does("corrected", seq=down.seq, reason="It was not")
    life.until("2027-07-01").does("hub_decommissioned", data_confirmed_by="Ada Example")
    unpaid = "On 2027-07-01 the hub is in no contract, and nobody is billed for it"
    assert unpaid in attention(life.lead, life.today)
    life.does("invoice_voided", number=13, reason="A wrong address")
    assert str(life.lead.gaps[0].start) == "2027-06-17"
    life.wait(1)
    assert str(life.lead.gaps[0].start) == "2027-07-01", "it is billed again, as it was"


def test_an_invoice_is_overdue_sixty_days_after_it_was_sent_not_recorded() -> None:
    life = Life().live().until("2026-06-20")
    life.does("invoice_sent", number=1, on="2026-06-03")
    assert not life.until("2026-08-02", hour=23).lead.invoices[0].overdue
    assert life.until("2026-08-03", hour=0).lead.invoices[0].overdue
    life.until("2026-08-10").does("invoice_paid", number=1, on="2026-08-02")
    assert str(life.lead.invoices[0].paid_on) == "2026-08-02"


# ---- members without a hub


def others(life: Life) -> tuple[str, ...]:
    return tuple(line for line in attention(life.lead, life.today) if "not sent" not in line)


def test_a_member_without_a_hub_pays_the_base_fee_and_has_no_next_step() -> None:
    life = Life(service="other").contracted(BOOK_QUOTE).until("2026-11-30")
    assert {str(invoice.total) for invoice in life.lead.invoices} == {"1,250.00 USD"}
    assert life.mails("stale") + life.mails("usage_missing") + life.mails("hub_information_missing") == []
    assert others(life) == ()
    assert next_step(life.lead).text == "nothing, no hub is to come; contract until 2027-05-31"
    life.until("2027-01-10")
    assert next_step(life.lead) == (Role.SALES, "renew: the contract ends on 2027-05-31")
    assert {item.until for item in agenda(life.aggregate, life.now) if item.text.startswith("Renew")} == {
        date(2027, 4, 1)
    }
    life.until("2027-06-10")
    assert "The contract ended on 2027-05-31, and it is neither renewed nor recorded as lost" in others(life)
    assert next_step(life.lead).text == "renew, extend, or record it as lost: the contract has ended"
    life.accepted(**RENEWAL).does("contract_signed", **SIGNED)
    assert others(life.wait(0)) == ()
    assert next_step(life.lead).owner is Role.NOBODY


def test_a_member_that_requests_a_hub_later_waits_for_it() -> None:
    life = Life(service="other").contracted().until("2026-07-10")
    life.does("hub_requested")
    assert next_step(life.lead) == (Role.ENGINEERING, "bring the hub up")
    assert len(life.until("2026-09-10").mails("stale")) == 2
