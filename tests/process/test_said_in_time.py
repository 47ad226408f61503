"""A decision counts from the moment at which it was said, however late it is heard."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from process.lead.quote import QuoteStatus
from tests.support.lives import QUOTE, SIGNED, Life

ZONES = [
    "UTC",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
    "America/Los_Angeles",
    "Asia/Kathmandu",
    "Etc/GMT+12",
]
MINUTE = timedelta(minutes=1)


def expired(zone: str = "UTC", **quote: Any) -> tuple[Life, datetime]:
    """Return a lead whose quote has just expired, and the moment of that."""
    life = Life(zone=zone).quoted(**(QUOTE | quote))
    end = life.end_of(str(life.lead.quotes[-1].valid_until))
    return life.at(end + MINUTE), end


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("kind", ["quote_accepted", "quote_declined"])
def test_the_last_minute_counts_when_it_is_heard_after_midnight(zone: str, kind: str) -> None:
    life, end = expired(zone)
    assert life.lead.quotes[-1].status is QuoteStatus.EXPIRED
    life.does(kind, said_at=(end - MINUTE).isoformat())
    assert life.lead.quotes[-1].status == kind.removeprefix("quote_")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "late", [timedelta(), timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=2), timedelta(days=1)]
)
def test_what_was_said_after_midnight_is_too_late(zone: str, late: timedelta) -> None:
    life, end = expired(zone)
    assert "expired on" in life.refused("quote_accepted", said_at=(end + late).isoformat())


@pytest.mark.parametrize(("heard", "counts"), [(1, True), (13, True), (15, False), (400, False)])
def test_it_counts_for_two_weeks(heard: int, counts: bool) -> None:
    life, end = expired()
    life.wait(heard)
    assert life.take("quote_accepted", said_at=(end - MINUTE).isoformat()).accepted is counts


def test_without_a_moment_the_present_counts() -> None:
    life, _ = expired()
    assert "expired on" in life.refused("quote_accepted")


def test_an_answer_in_time_means_the_quote_of_its_time() -> None:
    life, end = expired()
    life.quoted(**QUOTE | {"amount": "15000"})
    refusal = life.refused("quote_accepted", said_at=(end - MINUTE).isoformat())
    assert "That was said before version 2 (15,000.00 USD a year) was quoted" in refusal
    life.wait(1)
    assert life.take("quote_accepted", said_at=life.now.isoformat()).accepted


@pytest.mark.parametrize(("seconds", "counts"), [(1, True), (0, True), (-1, False)])
def test_an_answer_counts_that_was_said_after_the_price_though_both_were_heard_late(
    seconds: int, counts: bool
) -> None:
    life = Life().quoted()
    said = life.now
    life.wait(hours=1)
    life.quoted(**QUOTE | {"amount": "15000"}, said_at=said.isoformat())
    accepted = said + timedelta(seconds=seconds)
    assert life.take("quote_accepted", said_at=accepted.isoformat()).accepted is counts


def test_an_expiry_by_a_person_stands() -> None:
    life = Life().quoted()
    life.wait(1)
    said = life.now
    life.wait(hours=1)
    life.does("quote_expired")
    assert "expired" in life.refused("quote_accepted", said_at=said.isoformat())


def test_a_discount_or_an_expiry_does_not_bring_the_quote_back() -> None:
    life, end = expired()
    assert "expired on" in life.refused("quote_expired", said_at=(end - MINUTE).isoformat())


def test_it_goes_on_like_any_acceptance_and_can_be_corrected() -> None:
    life, end = expired()
    seq = life.does("quote_accepted", said_at=(end - MINUTE).isoformat()).seq
    life.does("contract_handed_over")
    life.does("contract_signed", **SIGNED)
    other, end = expired()
    seq = other.does("quote_accepted", said_at=(end - MINUTE).isoformat()).seq
    other.does("corrected", seq=seq, reason="x")
    assert other.lead.quotes[-1].status is QuoteStatus.EXPIRED


def test_the_same_words_are_one_decision_whenever_they_are_sent() -> None:
    life = Life().quoted()
    life.does("quote_accepted", key="github-comment-1", said_at=life.now.isoformat())
    life.wait(hours=1)
    assert life.take("quote_accepted", key="github-comment-1", said_at=life.now.isoformat()).repeat


BY_DAY = [
    (Life(), "put_on_hold", {"until": "2026-06-01"}),
    (Life(), "price_quoted", QUOTE | {"valid_until": "2026-06-01"}),
    (Life().accepted(), "contract_handed_over", {"due": "2026-06-01"}),
    (Life().live(), "decommission_decided", {"on": "2026-06-01", "reason": "x"}),
    (Life().requested(), "event_announced", {"name": "School", "first": "2026-06-01", "users": 9}),
]


@pytest.mark.parametrize(("life", "kind", "body"), BY_DAY)
def test_a_day_that_had_not_passed_when_it_was_said_is_taken(
    life: Life, kind: str, body: dict[str, Any]
) -> None:
    end = life.end_of("2026-06-01")
    life.at(end + MINUTE)
    assert "pass" in life.refused(kind, **body) or "is over since" in life.refused(kind, **body)
    assert life.take(kind, **body, said_at=(end - MINUTE).isoformat()).accepted


def test_the_days_that_a_decision_fills_in_are_those_of_its_moment() -> None:
    life = Life().handed_over()
    end = life.end_of("2026-06-01")
    life.at(end + MINUTE).does("contract_signed", **SIGNED, said_at=(end - MINUTE).isoformat())
    assert str(life.lead.contract.start) == "2026-06-01"
