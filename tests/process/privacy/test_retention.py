"""The leads whose time has passed by the policy."""

from datetime import UTC, date, datetime, timedelta

import pytest

from process.policy import Retention
from process.privacy.requests import STEPS, ErasureRequest, LeadErasure, RequestKind
from process.privacy.retention import (
    chores_end_before,
    held_leads,
    is_over,
    money_is_due,
    months_before,
    names_are_due,
    newest_erasures,
)
from process.views.lead_row import LeadRow
from process.views.row import row_of
from tests.support.lives import Life

TODAY = date(2026, 6, 15)
RULES = Retention()


def row(**changed: object) -> LeadRow:
    life = Life()
    return row_of(life.aggregate, life.now).replaced(**changed)


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2026, 6, 15), 24, date(2024, 6, 15)),
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 10), 1, date(2025, 12, 10)),
        (date(2026, 1, 10), 13, date(2024, 12, 10)),
        (date(2026, 12, 31), 12, date(2025, 12, 31)),
    ],
)
def test_months_are_those_of_the_calendar(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before


def test_names_are_due_two_years_after_the_end() -> None:
    ended = row(ended=True, ended_on=date(2024, 6, 15))
    assert names_are_due(ended, RULES, TODAY, {})
    assert not names_are_due(ended, RULES, TODAY - timedelta(days=1), {})
    assert not names_are_due(ended.replaced(ended=False), RULES, TODAY, {}), "it was reopened"
    assert not names_are_due(ended.replaced(ended_on=None), RULES, TODAY, {})
    assert not names_are_due(ended, Retention(names_months=0), TODAY, {}), "the policy keeps them for ever"


def test_money_is_due_ten_years_after_the_end() -> None:
    ended = row(ended=True, ended_on=date(2016, 6, 15))
    assert money_is_due(ended, RULES, TODAY)
    assert not money_is_due(ended, RULES, TODAY - timedelta(days=1))
    assert not money_is_due(ended.replaced(ended=False), RULES, TODAY)
    assert not money_is_due(ended, Retention(money_years=0), TODAY)


def test_what_was_erased_is_due_again_only_after_another_end() -> None:
    ended = row(ended=True, ended_on=date(2020, 1, 1))
    at = datetime(2022, 1, 2, tzinfo=UTC)
    whole = LeadErasure(lead_id=ended.lead_id, done=STEPS, epoch=2, since=at)
    assert not names_are_due(ended, RULES, TODAY, {ended.lead_id: whole})
    assert names_are_due(ended, RULES, TODAY, {ended.lead_id: whole.replaced(done=STEPS[:2])})
    assert names_are_due(ended.replaced(ended_on=date(2023, 1, 1)), RULES, TODAY, {ended.lead_id: whole})


@pytest.mark.parametrize("days", [0, -1, 1])
def test_a_lead_that_ended_again_on_the_day_of_its_erasure_is_due_again(days: int) -> None:
    """Check it in zones where it is already the next day, or still the day before."""
    at = datetime(2022, 1, 2, 2, 40, tzinfo=UTC)
    ended = row(ended=True, ended_on=at.date() + timedelta(days=days))
    whole = LeadErasure(lead_id=ended.lead_id, done=STEPS, epoch=2, since=at)
    assert names_are_due(ended, RULES, TODAY, {ended.lead_id: whole})


def test_the_newest_erasure_of_a_lead_counts() -> None:
    first, second = (
        ErasureRequest(
            id=f"retention-{day}",
            kind=RequestKind.RETENTION,
            asked_at=datetime(2026, 6, day, tzinfo=UTC),
            leads=(LeadErasure(lead_id="lead-a", epoch=day),),
        )
        for day in (10, 11)
    )
    assert newest_erasures([first, second])["lead-a"].epoch == 11


def test_a_hold_keeps_its_leads_as_they_are() -> None:
    held = ErasureRequest(
        id="ab12cd34",
        asked_at=datetime(2026, 6, 1, tzinfo=UTC),
        held_until=TODAY,
        leads=(LeadErasure(lead_id="lead-a"),),
    )
    assert held_leads([held], TODAY) == {"lead-a"}
    assert held_leads([held], TODAY + timedelta(days=1)) == frozenset()
    assert held_leads([held.replaced(withdrawn=True)], TODAY) == frozenset()


def test_chores_are_kept_for_so_many_days() -> None:
    now = datetime(2026, 6, 15, 2, tzinfo=UTC)
    assert chores_end_before(RULES, now) == now - timedelta(days=30)
    assert chores_end_before(Retention(chores_days=0), now) is None


@pytest.mark.parametrize(
    ("owner", "over"),
    [
        ("service/2026-04", True),
        ("service/2026-05", False),
        ("service/2025-12", True),
        ("lead-2020-01", False),
        ("service/x", False),
    ],
)
def test_keys_of_a_month_are_over_with_its_last_day(owner: str, over: bool) -> None:
    assert is_over(owner, datetime(2026, 5, 16, tzinfo=UTC)) is over
