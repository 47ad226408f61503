"""Items and discounts of a quote, and the approval of discounts."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.actor import Actor, Face
from process.authorization import deciders_of
from process.core.refusal import Refused
from process.decisions.discounts import DiscountApproved
from process.decisions.parsing import parse
from process.decisions.quoting import PriceQuoted
from process.effects import SendMail
from process.lead.lead import Lead
from process.lead.quote import QuoteStatus
from process.types import Role
from process.views.agenda import agenda
from process.views.agenda_items import Section
from process.views.attention import attention
from process.views.next_step import next_step
from process.views.overview import overview
from tests.support.lives import BOOK_QUOTE, DISCOUNTED, QUOTE, Life


def quoted(**more: Any) -> Lead:
    return Life().quoted(**(QUOTE | more)).lead


# ---- items


@pytest.mark.parametrize(
    ("written", "text", "price"),
    [
        ("Training: 2000 once", "Training", "2,000.00 USD once"),
        ("  Training :2000.50  ONCE ", "Training", "2,000.50 USD once"),
        ("Training: USD 2,000.50 once", "Training", "2,000.50 USD once"),
        ("Training: 1234567 USD", "Training", "1,234,567.00 USD a year"),
        ("Support: 300", "Support", "300.00 USD a year"),
        ("Support: 300/year", "Support", "300.00 USD a year"),
        ("Support: 300 yearly", "Support", "300.00 USD a year"),
        ("Support: 300 usd per year", "Support", "300.00 USD a year"),
        ("Day 2: on site: 900 once", "Day 2: on site", "900.00 USD once"),
        ("Schulung für Köln: 2_000 once", "Schulung für Köln", "2,000.00 USD once"),
    ],
)
def test_an_item_is_read_as_people_write_it(written: str, text: str, price: str) -> None:
    (item,) = quoted(item=written).quotes[-1].items
    assert (item.text, str(item)) == (text, f"{text}: {price}")


def test_an_item_can_be_given_as_an_object() -> None:
    item = {"text": "Training", "amount": "2000", "currency": "USD", "per": "once"}
    assert quoted(item=[item]).quotes == quoted(item=item).quotes == quoted(item="Training: 2000 once").quotes


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "Training",
        "Training 2000",
        ": 2000",
        "Training:",
        "Training: lots",
        "Training: -5",
        "T: 5 weekly",
        "a\nb: 5",
        "x" * 500 + ": 5",
        "Training: 5 USD EUR",
        " " * 100_000,
        "a: 1 " * 50_000,
    ],
)
def test_an_invalid_item_is_refused_with_an_example(written: str) -> None:
    refused = parse("price_quoted", (QUOTE | {"item": written},))
    assert isinstance(refused, Refused)
    assert "write an item as `Training: 2000 once`" in refused.reason


@given(st.text(max_size=60) | st.from_regex(r"[a-z :]{0,9}: ?[0-9.,_]{1,9} ?[a-zA-Z /]{0,9}", fullmatch=True))
def test_any_text_is_an_item_or_refused(written: str) -> None:
    found = parse("price_quoted", (QUOTE | {"item": written},))
    assert isinstance(found, PriceQuoted | Refused)


def test_a_quote_with_items_shows_each_line_and_the_sum() -> None:
    quote = quoted(item=["Training: 2000 once", "Visit: 500.05 once", "Support: 300"]).quotes[-1]
    assert str(quote) == "12,300.00 USD a year and 2,500.05 USD once"
    assert [str(line) for line in quote.lines] == [
        "Service: 12,000.00 USD a year",
        "Training: 2,000.00 USD once",
        "Visit: 500.05 USD once",
        "Support: 300.00 USD a year",
    ]


def test_a_one_time_price_has_one_sum() -> None:
    assert (
        str(quoted(per="once", item=["Training: 2000", "Visit: 500 once"]).quotes[-1]) == "14,500.00 USD once"
    )


def test_an_old_quote_keeps_its_items_when_a_new_one_has_others() -> None:
    life = Life().quoted(**QUOTE, item="Training: 2000 once")
    assert "is already quoted as version 1" in life.refused(
        "price_quoted", **QUOTE, item="Training: 2000 USD once", note="x"
    )
    life.does("price_quoted", **QUOTE, item="Training: 2500 once")
    assert [str(quote) for quote in life.lead.quotes] == [
        "12,000.00 USD a year and 2,000.00 USD once",
        "12,000.00 USD a year and 2,500.00 USD once",
    ]
    assert [quote.status for quote in life.lead.quotes] == [QuoteStatus.SUPERSEDED, QuoteStatus.OPEN]


# ---- discounts


@pytest.mark.parametrize(
    ("offer", "discount", "price", "reduction"),
    [
        (BOOK_QUOTE, {"discount_percent": 10}, "13,500.00 USD a year", "10 % (1,500.00 USD)"),
        (BOOK_QUOTE, {"discount_amount": "1500"}, "13,500.00 USD a year", "1,500.00 USD (10 %)"),
        (BOOK_QUOTE, {"discount_amount": 1}, "14,999.00 USD a year", "1.00 USD (0.01 %)"),
        (BOOK_QUOTE, {"discount_percent": "0.125"}, "14,981.25 USD a year", "0.125 % (18.75 USD)"),
        (QUOTE, {"discount_percent": "33.3333"}, "8,000.00 USD a year", "33.3333 % (4,000.00 USD)"),
        (
            {"book": "2022-05", "plan": "Research", "dedicated_cluster": True},
            {"discount_percent": 10},
            "24,300.00 USD a year",
            "10 % (2,700.00 USD)",
        ),
        (
            {"amount": 999, "currency": "JPY", "per": "month"},
            {"discount_percent": 5},
            "949 JPY a month",
            "5 % (50 JPY)",
        ),
        (
            QUOTE | {"item": ["Training: 2000 once", "Support: 300"]},
            {"discount_percent": 10},
            "11,100.00 USD a year and 2,000.00 USD once",
            "10 % (1,200.00 USD)",
        ),
    ],
)
def test_a_discount_is_taken_off_the_price_to_the_cent(
    offer: dict[str, Any], discount: dict[str, Any], price: str, reduction: str
) -> None:
    quote = Life().quoted(**offer, **discount, discount_reason="A pilot").lead.quotes[-1]
    assert (str(quote), quote.reduction) == (price, reduction)
    assert quote.lines[1].price == quote.price - quote.list_price


@pytest.mark.parametrize(
    ("discount", "waits"),
    [
        ({"discount_percent": 10}, False),
        ({"discount_percent": "10.0001"}, True),
        ({"discount_amount": 1200}, False),
        ({"discount_amount": "1200.01"}, True),
    ],
)
def test_a_discount_above_ten_percent_waits_for_an_approval(discount: dict[str, Any], waits: bool) -> None:
    life = Life().quoted(**QUOTE, **discount, discount_reason="A pilot")
    assert (life.lead.quotes[-1].awaiting_approval_by is Role.CONTRACTS) is waits
    assert bool(life.mails("discount_approval")) is waits


@given(st.integers(1, 10**11), st.integers(1, 999_999))
def test_a_discounted_price_is_positive_and_below_the_list_price(cents: int, share: int) -> None:
    listed, percent = Decimal(cents) / 100, Decimal(share) / 10_000
    answer = Life().take(
        "price_quoted",
        amount=listed,
        currency="USD",
        per="year",
        discount_percent=percent,
        discount_reason="x",
    )
    if not answer.accepted:  # less than a cent, or all of it
        off = listed * percent / 100
        assert off < Decimal("0.005") or listed - off <= Decimal("0.005")


def test_the_policy_sets_the_limit_and_the_approver_of_discounts() -> None:
    life = Life(policy={"version": "t", "discounts": {"without_approval": "25", "approver": "engineering"}})
    assert life.quoted(**DISCOUNTED).lead.quotes[-1].awaiting_approval_by is None
    life.does("price_quoted", **(DISCOUNTED | {"discount_percent": 26}))
    assert next_step(life.lead).owner is Role.ENGINEERING
    assert life.mails("discount_approval")[-1].to == (Role.ENGINEERING,)


def test_a_quote_that_waits_for_approval_shows_the_approver_and_cannot_be_accepted() -> None:
    life = Life().quoted(**DISCOUNTED)
    step = next_step(life.lead)
    assert (step.owner, step.text) == (
        Role.CONTRACTS,
        "approve or decline the discount of 20 % (2,400.00 USD) by 2026-07-01",
    )
    waits = "The discount of 20 % (2,400.00 USD) in version 1 of the quote waits for an approval"
    assert attention(life.lead, life.today) == (), "they have only just been asked"
    assert overview(life.aggregate, life.now).owner is Role.CONTRACTS
    items = {(item.role, item.section): item.text for item in agenda(life.aggregate, life.now)}
    assert items[Role.CONTRACTS, Section.DUE].startswith("Approve or decline the discount")
    assert (Role.CONTRACTS, Section.STUCK) not in items
    assert items[Role.SALES, Section.WAITING].startswith("Waits for contracts: approve or decline")
    assert "contracts has not approved it" in life.refused("quote_accepted")
    assert "They have not agreed" in life.refused("contract_handed_over")
    life.until("2026-06-05")  # asked again
    assert attention(life.lead, life.today) == (waits,)
    items = {(item.role, item.section): item.text for item in agenda(life.aggregate, life.now)}
    assert items[Role.CONTRACTS, Section.STUCK] == waits
    life.does("discount_approved", by="Ann")
    assert attention(life.lead, life.today) == ()
    assert next_step(life.lead).owner is Role.COMMUNITY
    life.does("quote_accepted")


def test_an_approval_is_asked_for_again_until_it_is_given_or_declined() -> None:
    life = Life().quoted(**DISCOUNTED)  # on a Monday
    assert len(life.mails("discount_approval")) == 1
    assert len(life.until("2026-06-04", hour=23).mails("discount_approval")) == 1
    assert len(life.until("2026-06-05", hour=0).mails("discount_approval")) == 2
    assert len(life.until("2026-06-09", hour=23).mails("discount_approval")) == 2
    assert len(life.until("2026-06-10", hour=0).mails("discount_approval")) == 3
    life.does("discount_approved", by="Ann")
    assert len(life.wait(10).mails("discount_approval")) == 3


def test_a_quote_that_waits_for_approval_expires_like_any_other() -> None:
    life = Life().quoted(**DISCOUNTED)
    assert life.until("2026-07-02").lead.quotes[-1].status is QuoteStatus.EXPIRED
    assert next_step(life.lead).text == "quote a price again, or record it as lost"
    assert "Version 1 expired on 2026-07-01" in life.refused("discount_approved", by="Ann")


def test_a_lead_on_hold_asks_for_no_approval() -> None:
    life = Life().quoted(**DISCOUNTED)
    life.does("put_on_hold", until="2026-06-20")
    assert len(life.until("2026-06-18").mails("discount_approval")) == 1


def test_a_declined_discount_declines_the_quote_and_sales_gets_the_reason() -> None:
    life = Life().quoted(**DISCOUNTED)
    life.does("discount_declined", reason="Ten percent would do", by="Ann")
    quote = life.lead.quotes[-1]
    assert (quote.status, quote.status_text) == (QuoteStatus.DECLINED, "discount not approved")
    assert life.mails("discount_declined")[-1].fields == {"version": "1", "reason": "Ten percent would do"}
    assert next_step(life.lead) == (Role.SALES, "quote a price again, or record it as lost")
    life.does("price_quoted", **(DISCOUNTED | {"discount_percent": 10}))
    life.does("quote_accepted")


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ("Grace Example", "grace example", True),
        ("@grace", "grace", True),
        ("grace", "Grace Example", True),  # assigned to sales by both
        ("@Ann", "ann", True),  # nobody in particular
        ("grace", "Ann", False),
        ("someone through Temporal", "someone through Temporal", False),  # nobody knows who that was
    ],
)
def test_nobody_approves_their_own_discount(one: str, other: str, refused: bool) -> None:
    life = Life()
    life.does("assigned", role="sales", person="Grace Example", login="grace")
    life.quoted(**(DISCOUNTED | {"by": one}))
    assert life.take("discount_approved", by=other).accepted is not refused
    if refused:
        life.does("discount_declined", by=other, reason="Another idea")


def test_an_approval_holds_for_one_version_of_the_quote() -> None:
    life = Life().quoted(**DISCOUNTED)
    life.does("price_quoted", **(DISCOUNTED | {"discount_percent": 30}))
    assert life.lead.quote
    assert life.lead.quote.awaiting_approval_by
    assert "Version 1 is not the active quote" in life.refused("discount_approved", version=1, by="Ann")
    waiting = [item.effect for item in life.aggregate.outbox]
    asked = [e.fields for e in waiting if isinstance(e, SendMail) and e.template == "discount_approval"]
    assert asked == [{"version": "2"}]  # nobody is asked about the superseded version


def test_an_approval_can_be_corrected_until_a_later_decision_depends_on_it() -> None:
    life = Life().quoted(**DISCOUNTED)
    seq = life.does("discount_approved", by="Ann").seq
    life.does("quote_accepted")
    assert "rests on it" in life.refused("corrected", seq=seq, reason="A slip")
    accepted = life.aggregate.event_log.events[-1].seq
    life.does("corrected", seq=accepted, reason="A slip")
    life.does("corrected", seq=seq, reason="A slip")
    assert life.lead.quotes[-1].awaiting_approval_by is Role.CONTRACTS


def test_the_approver_stays_when_the_policy_changes() -> None:
    life = Life().quoted(**DISCOUNTED)
    life.does("policy_adopted", policy={"version": "t", "discounts": {"approver": "sales"}})
    assert [quote.awaiting_approval_by for quote in life.lead.quotes] == [Role.CONTRACTS]
    assert deciders_of(DiscountApproved, life.lead) == {Role.CONTRACTS}
    life.does("discount_approved", by="Con Example")
    assert deciders_of(DiscountApproved, life.lead) == {Role.SALES}, "the next discount is for them"


# ---- a discount that nobody can approve

NOBODY_KNOWN = Actor(face=Face.COMMAND_LINE, identity="grace example")


def test_whoever_quotes_a_discount_where_nobody_is_known_is_told_to_quote_it_where_they_are() -> None:
    life = Life().perform()
    answer = life.does("price_quoted", **DISCOUNTED, actor=NOBODY_KNOWN)
    assert "it can't be approved: it is not known who gave the discount" in answer.message
    told = str(answer.follow_ups)
    assert told.startswith("Nobody can approve this discount, because it is not known who gave it.")
    assert "quotes it again where the service knows them" in told
    assert life.lead.issue
    assert life.lead.issue.url in told
    step = next_step(life.lead)
    assert (step.owner, step.text.partition(", or quote")[0]) == (
        Role.SALES,
        "quote the discount of 20 % (2,400.00 USD) again where the service knows who gives it",
    )
    assert "Nobody can approve this discount" in life.refused("quote_accepted")
    again = life.refused("price_quoted", **DISCOUNTED | {"by": "Another"}, actor=NOBODY_KNOWN)
    assert "already quoted" in again
    assert "where the service knows them" in again


def test_nobody_is_asked_to_approve_a_discount_that_nobody_can_approve() -> None:
    life = Life().quoted(**DISCOUNTED, actor=NOBODY_KNOWN)
    for _ in range(9):
        life.wait(3)
        items = agenda(life.aggregate, life.now)
        assert not [item for item in items if item.role is Role.CONTRACTS]
        assert [item for item in items if item.role is Role.SALES and item.section is Section.DUE]
        assert attention(life.lead, life.today) == ()
    assert not life.mails("discount_approval")
    assert not [event for event in life.aggregate.event_log.events if event.fact.kind == "approval_reminded"]


def test_a_discount_that_is_quoted_again_by_somebody_known_goes_its_usual_way() -> None:
    life = Life().quoted(**DISCOUNTED, actor=NOBODY_KNOWN)
    answer = life.does("price_quoted", **DISCOUNTED)
    assert answer.message.endswith("it awaits approval by contracts")
    assert answer.follow_ups is None
    assert len(life.mails("discount_approval")) == 1
    assert next_step(life.lead).owner is Role.CONTRACTS
    assert len(life.until("2026-06-05").mails("discount_approval")) == 2
    life.does("discount_approved", by="Ann")
    life.does("quote_accepted")


def test_a_discount_that_nobody_can_approve_can_be_declined_or_left_out() -> None:
    life = Life().quoted(**DISCOUNTED, actor=NOBODY_KNOWN)
    life.does("discount_declined", by="Ann", reason="Ten percent would do")
    assert next_step(life.lead).text == "quote a price again, or record it as lost"
    life = Life().quoted(**DISCOUNTED, actor=NOBODY_KNOWN)
    life.does("price_quoted", **QUOTE, actor=NOBODY_KNOWN)
    life.does("quote_accepted", actor=NOBODY_KNOWN)


def test_a_discount_within_the_limit_of_sales_may_come_from_anybody() -> None:
    life = Life().quoted(**DISCOUNTED | {"discount_percent": 10}, actor=NOBODY_KNOWN)
    assert next_step(life.lead).owner is Role.COMMUNITY
    free = Life(policy={"version": "t", "discounts": {"without_approval": "100"}})
    answer = free.does("price_quoted", **DISCOUNTED, actor=NOBODY_KNOWN)
    assert answer.follow_ups is None
    free.does("quote_accepted", actor=NOBODY_KNOWN)
