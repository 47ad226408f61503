"""Options that do not fit together, or not to the lead, are refused: none is recorded and not done."""

from typing import Any

import pytest

from process.decisions.registry import DECISIONS
from tests.support.lives import BOOK_QUOTE, QUOTE, SIGNED, Life
from tests.support.states import STATES


def at_price(**quote: Any) -> Life:
    return Life().handed_over(**(QUOTE | quote))


PAIRS: list[tuple[Life, str, dict[str, Any], str]] = [
    (at_price(per="month"), "contract_signed", SIGNED | {"billing": "yearly"}, "can't be billed by the year"),
    (at_price(per="once"), "contract_signed", SIGNED | {"billing": "yearly"}, "can't be billed by the year"),
    (
        at_price(),
        "contract_signed",
        SIGNED | {"start": "2026-07-01", "end": "2026-06-30"},
        "before it starts on",
    ),
    (at_price(), "contract_signed", SIGNED | {"on": "2026-06-02"}, "has not come yet"),
    (Life(), "price_quoted", QUOTE | {"book": "2026-06"}, "needs both book and plan"),
    (Life(), "price_quoted", QUOTE | {"plan": "Premier"}, "needs both book and plan"),
    (Life(), "price_quoted", BOOK_QUOTE | {"amount": "1"}, "it takes no other amount"),
    (Life(), "price_quoted", BOOK_QUOTE | {"currency": "EUR"}, "is priced in USD per year"),
    (Life(), "price_quoted", BOOK_QUOTE | {"per": "month"}, "is priced in USD per year"),
    (Life(), "price_quoted", BOOK_QUOTE | {"dedicated_cluster": True}, "no surcharge for a dedicated"),
    (Life(), "price_quoted", QUOTE | {"dedicated_cluster": True}, "belongs to a book's plan"),
    (Life(), "price_quoted", {"amount": "12000", "per": "year"}, "A price needs currency"),
    (Life(), "price_quoted", {"currency": "EUR", "per": "year"}, "A price needs amount"),
    (Life(), "price_quoted", QUOTE | {"item": "Training: EUR 300 once"}, "is in EUR, and the price in USD"),
    (Life(), "price_quoted", QUOTE | {"item": "Training: 300 a month"}, "is for a month, and the price"),
    (
        Life(),
        "price_quoted",
        QUOTE | {"per": "once", "item": "Training: 300 a year"},
        "is for a year, and the price is asked for once",
    ),
    (Life(), "price_quoted", QUOTE | {"item": "Training: 300 once a year"}, "write an item as"),
    (
        Life(),
        "price_quoted",
        QUOTE | {"discount_percent": "5", "discount_amount": "5", "discount_reason": "x"},
        "a share or an amount, not both",
    ),
    (Life(), "price_quoted", QUOTE | {"discount_amount": "12000", "discount_reason": "x"}, "leaves no price"),
    (Life(), "price_quoted", QUOTE | {"discount_amount": "12001", "discount_reason": "x"}, "leaves no price"),
    (Life(), "price_quoted", QUOTE | {"discount_percent": "5"}, "A discount needs a reason"),
    (Life(), "price_quoted", QUOTE | {"discount_reason": "x"}, "a reason for a discount and no discount"),
    (Life(), "price_quoted", QUOTE | {"valid_until": "2026-05-31"}, "which has passed"),
    (Life().quoted(), "quote_accepted", {"version": 2}, "Version 2 is not the active quote"),
    (Life().accepted(), "contract_handed_over", {"due": "2026-05-31"}, "which has passed"),
    (
        Life().requested(),
        "event_announced",
        {"name": "School", "first": "2026-07-02", "last": "2026-07-01", "users": 9},
        "before it begins",
    ),
    (Life(), "hub_requested", {"exception_by": "Grace"}, "both a name and a reason"),
    (Life(), "hub_requested", {"exception_reason": "x"}, "both a name and a reason"),
    (Life().signed(), "hub_requested", {"exception_by": "Grace", "exception_reason": "x"}, "no exception is"),
    (Life(), "hub_information_given", {"start_date": "2026-08-01", "end_date": "2026-07-31"}, "in order"),
    (Life().requested(), "hub_information_given", {"end_date": "2026-07-31"}, "before it is needed on"),
    (
        STATES["live, a month later"](),
        "usage_reported",
        {"month": "2026-06", "active_users": 1, "cloud_cost": "5", "currency": "EUR"},
        "The contract is in USD, not EUR",
    ),
    (Life().live(), "hub_validated", {"representative": "Ada", "users": 4}, "At least 5 users"),
    (STATES["invoice sent"](), "invoice_paid", {"number": 1, "on": "2026-05-31"}, "can't have been paid on"),
    (Life(), "maniac_t_assessed", {"need": "no"}, "without evidence"),
    (Life(), "maniac_t_assessed", {"need_evidence": "x", "in_scope": True}, "but no verdict"),
    (
        Life(),
        "questionnaire_answered",
        {"submitted_at": "2026-06-01T08:00:00Z"},
        "at which a response was submitted, and no response",
    ),
    (Life(), "assigned", {"role": "sales", "login": "grace"}, "A login or an address alone"),
    (Life(), "lost", {"reason": "other"}, "“Other” says nothing"),
    (Life(), "put_on_hold", {}, "Nobody would know when to go on"),
    (Life(), "put_on_hold", {"until": "2026-05-31"}, "has passed"),
    (STATES["asked"](), "corrected", {"seq": 2, "reason": "x", "compensate": "mail"}, "No mail about 2"),
    (Life().live(), "decommission_decided", {"on": "2026-05-31", "reason": "x"}, "has passed"),
]


@pytest.mark.parametrize(("life", "kind", "body", "says"), PAIRS)
def test_options_that_do_not_fit_are_refused(life: Life, kind: str, body: dict[str, Any], says: str) -> None:
    assert says in life.refused(kind, **body)


def test_a_yearly_price_may_be_billed_by_the_year() -> None:
    assert at_price().take("contract_signed", **SIGNED, billing="yearly").accepted
    assert {kind for _, kind, _, _ in PAIRS} <= DECISIONS.keys()
