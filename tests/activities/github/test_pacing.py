"""Requests are spread, so that they stay below GitHub's secondary limits."""

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities import pacing
from activities.github import rate_limits
from activities.github.client import GitHubClient
from activities.github.rate_limits import RateLimitGuard
from config.settings import Settings
from sandbox.server import Sandbox
from tests.support.performing import changed

ISSUES = "/repos/o/r/issues"


class Clock:
    """A clock that goes only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacing, "now", lambda: clock.seconds)
    monkeypatch.setattr(pacing, "sleep", clock.sleep)
    return clock


def most_in(seconds: float, uses: list[tuple[float, int]]) -> int:
    """Return the most points that were used within any stretch of this length."""
    return max(sum(points for at, points in uses if start <= at < start + seconds) for start, _ in uses)


def test_no_minute_has_more_points_than_the_limit(clock: Clock) -> None:
    guard, uses = RateLimitGuard("account", 900), list[tuple[float, int]]()
    for number in range(1_000):
        writes = number % 3 == 0
        guard.take_turn("rest", writes=writes)
        uses.append((clock.seconds, rate_limits.WRITE if writes else rate_limits.READ))
    assert 850 < most_in(60, uses) <= 900
    assert clock.seconds > 120


def test_issues_are_opened_within_their_own_limits(clock: Clock) -> None:
    guard, uses = RateLimitGuard("account", 900), list[tuple[float, int]]()
    for _ in range(500):
        try:
            guard.take_turn("rest", writes=True, path=ISSUES)
        except ApplicationError as error:
            later = error.next_retry_delay or timedelta()
            clock.sleep(later.total_seconds())
        else:
            uses.append((clock.seconds, 1))
    assert most_in(60, uses) <= 80
    assert most_in(3600, uses) <= 500


def test_many_at_once_come_back_later(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever would wait for long gives its thread free, and takes no points."""
    monkeypatch.setattr(pacing, "sleep", lambda _: None)
    monkeypatch.setattr(pacing, "MAX_PAUSE", 15.0)
    guard = RateLimitGuard("account", 900)
    for _ in range(90):  # a third of 900 points at once, and 15 seconds of 10 points each
        guard.take_turn("rest", writes=True)
    with pytest.raises(ApplicationError) as raised:
        guard.take_turn("rest", writes=True)
    assert raised.value.type == "Wait"
    clock.sleep(1)
    guard.take_turn("rest", writes=True)


def test_a_part_of_the_limits_and_none(clock: Clock) -> None:
    guard = RateLimitGuard("account", 90)
    for _ in range(31):
        guard.take_turn("rest", writes=False)
    assert clock.seconds == pytest.approx(1)
    for _ in range(1_000):
        RateLimitGuard("another", 0).take_turn("rest", writes=True, path=ISSUES)
    assert clock.seconds == pytest.approx(1)


def test_the_client_takes_its_turn(sandbox: Sandbox, settings: Settings, clock: Clock) -> None:
    """Ten reads are free at once; then one comes in three seconds."""
    paced = changed(settings, "github", points_per_minute=30)
    client = GitHubClient(paced.github)
    client.labels("leads")
    assert client.issue_of_card("x") is None
    assert clock.seconds == 0
    for _ in range(10):
        client.labels("leads")
    assert clock.seconds == pytest.approx(3)
