"""Spans: how long a lead was at a stage, and what money was expected of it from when to when."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from process.calendar import months_between
from process.types import Stage
from process.views.recording import record_request
from process.views.snapshot import NEW_MONTHS, snapshot_of
from process.views.spans import MoneySpan, Spans, spans_after, spans_of
from tests.support.lives import QUOTE, SIGNED, Life, last_seq


def spans(life: Life) -> Spans:
    return spans_of(life.aggregate.event_log.events, life.lead.id)


def lasting(life: Life) -> list[tuple[str, int]]:
    """Return the money that is expected now: kind and amount over all its months, in cents."""
    return [
        (flow.kind, flow.month * flow.months + flow.rest)
        for flow in (span.flow for span in spans(life).money if span.to_seq is None)
    ]


def test_stages_follow_each_other_without_a_gap() -> None:
    life = Life().wait(3).live()
    told = spans(life).told
    assert [span.stage for span in told] == [Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB]
    assert [span.before for span in told] == [None, Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED]
    assert [span.to_seq for span in told[:-1]] == [span.from_seq for span in told[1:]]
    assert (told[0].days, told[-1].days) == (3, None)
    assert all(span.is_first for span in told)


def test_a_corrected_loss_stays_in_the_book_as_told_alone() -> None:
    life = Life().quoted().wait(2).lost().wait(1)
    life.does("corrected", seq=last_seq(life), reason="The wrong lead")
    books = spans(life)
    assert [span.stage for span in books.told] == [Stage.LEAD, Stage.QUOTED, Stage.LOST, Stage.QUOTED]
    assert [span.is_first for span in books.told] == [True, True, True, False]
    assert books.told[2].reason == "budget"
    assert [span.stage for span in books.now] == [Stage.LEAD, Stage.QUOTED]
    assert [span.to_seq is None for span in books.money] == [False, True]


def test_an_offer_becomes_a_contract_and_its_renewal() -> None:
    life = Life().quoted()
    assert lasting(life) == [("new", 1_200_000)]
    life.does("quote_accepted")
    life.does("contract_handed_over")
    assert len(spans(life).money) == 1
    life.does("contract_signed", **SIGNED)
    assert sorted(lasting(life)) == [("contract", 1_200_000), ("renewal", 1_200_000)]
    closed, *_ = spans(life).money
    assert (closed.flow.first, closed.flow.months) == (None, NEW_MONTHS)
    assert closed.to_seq == last_seq(life, "contract_signed")


def test_another_price_closes_the_offer_before() -> None:
    life = Life().quoted().quoted(**QUOTE | {"amount": "15000"})
    first, second = spans(life).money
    assert (first.to_seq, second.from_seq) == (second.from_seq, last_seq(life, "price_quoted"))
    assert lasting(life) == [("new", 1_500_000)]


@pytest.mark.parametrize("end", ["lost", "decommissioned"])
def test_nothing_is_hoped_of_a_lead_that_ends(end: str) -> None:
    life = Life().quoted() if end == "lost" else Life()
    getattr(life, end)()
    assert not [kind for kind, _ in lasting(life) if kind in ("new", "renewal")]


def test_a_price_that_cannot_be_divided_keeps_its_sum() -> None:
    life = Life().quoted(amount="100.01", currency="USD", per="year", item=["Training: 2000 once"])
    (span,) = spans(life).money
    assert span.flow.month * 12 + span.flow.rest == 10_001 + 200_000
    assert 0 <= span.flow.rest - 200_000 < 12 or span.flow.rest < 12


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-08-03", "2027-08-02", 12),
        ("2025-08-03", "2026-08-03", 12),
        ("2026-08-01", "2026-08-31", 1),
        ("2026-08-01", "2026-08-01", 1),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-08-15", "2026-09-20", 2),
    ],
)
def test_months_are_those_that_begin_in_a_term(start: str, end: str, months: int) -> None:
    assert months_between(date.fromisoformat(start), date.fromisoformat(end)) == months


DAYS = st.integers(0, 400)


@given(
    steps=st.lists(st.sampled_from(["quote", "accept", "lose", "reopen", "correct", "wait"]), max_size=12),
    one=DAYS,
    two=DAYS,
)
def test_the_difference_between_two_days_is_the_sum_of_what_moved(
    steps: list[str], one: int, two: int
) -> None:
    """Money known on a day is the sum of the spans then, so the difference is exactly the spans between."""
    life = Life()
    start = life.now
    for number, step in enumerate(steps):
        life.wait(9)
        match step:
            case "quote":
                life.take("price_quoted", **QUOTE | {"amount": str(1000 + number)})
            case "accept":
                life.take("quote_accepted")
            case "lose":
                life.take("lost", reason="budget")
            case "reopen":
                life.take("reopened", reason="They called")
            case "correct":
                life.take("corrected", seq=last_seq(life), reason="A slip")
            case _:
                life.wait(30)
    money = spans(life).money
    days = sorted((one, two))
    (first, last) = ((life.now - start) * day / 400 + start for day in days)

    def known(span: MoneySpan, moment: object) -> bool:
        return span.from_at <= moment and (span.to_at is None or span.to_at > moment)  # type: ignore[operator]

    def value(span: MoneySpan) -> int:
        return span.flow.month * span.flow.months + span.flow.rest

    opened = sum(value(span) for span in money if first < span.from_at <= last)
    closed = sum(value(span) for span in money if span.to_at and first < span.to_at <= last)
    before = sum(value(span) for span in money if known(span, first))
    after = sum(value(span) for span in money if known(span, last))
    assert after - before == opened - closed


def test_a_request_has_the_snapshots_of_what_is_not_recorded() -> None:
    life = Life().quoted()
    request = record_request(life.aggregate, 0, life.now)
    assert [each.seq for each in request.snapshots] == [event.seq for event in request.events]
    told = Spans()
    for event, snapshot in zip(request.events, request.snapshots, strict=True):
        told = spans_after(told, snapshot, event.at)
    assert told == spans(life)._replace(lead=None)
    assert spans(life).lead == life.lead
    life.aggregate = life.aggregate.recorded(last_seq(life))
    assert not life.aggregate.trail
    life.does("quote_accepted")
    (snapshot,) = record_request(life.aggregate, 0, life.now).snapshots
    assert snapshot == snapshot_of(life.lead, life.aggregate.event_log.events[-1])
