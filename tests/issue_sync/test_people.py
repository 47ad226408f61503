"""Who may decide for which role."""

import pytest

from activities.github.client import GitHubClient
from activities.issue_sync.people import FRESH, People
from config.settings import Settings
from process.types import Role
from tests.issue_sync.conftest import CONTRACTS, OUTSIDER, SALES


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def github(settings: Settings) -> GitHubClient:
    return GitHubClient(settings.github)


def test_logins_and_teams_have_roles_in_any_case(github: GitHubClient) -> None:
    people = People(github, {Role.SALES: ["team:sales", "@Jo-Outside"], Role.ENGINEERING: [SALES.upper()]})
    assert people.roles(SALES.capitalize()) == {Role.SALES, Role.ENGINEERING}
    assert people.roles(OUTSIDER) == {Role.SALES}
    assert people.roles(CONTRACTS) == frozenset()


def test_a_team_that_is_not_there_has_no_members(github: GitHubClient) -> None:
    assert People(github, {Role.SALES: ["team:nobody"]}).roles(SALES) == frozenset()


def test_a_team_is_asked_for_once_in_a_while(github: GitHubClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    members = {SALES}

    def team(slug: str) -> frozenset[str]:
        asked.append(slug)
        return frozenset(members)

    monkeypatch.setattr(github, "team", team)
    clock = Clock()
    people = People(github, {Role.SALES: ["team:sales"]}, clock)
    assert people.roles(SALES)
    members.clear()
    assert people.roles(SALES)
    clock.now += FRESH
    assert not people.roles(SALES)
    assert len(asked) == 2
