"""Roles of logins and teams."""

import pytest

from activities.github.client import GitHubClient
from activities.issue_sync.roles import CACHE_SECONDS, RoleDirectory
from config.settings import Settings
from process.actor import Face
from process.types import Role
from tests.support.deployment import CONTRACTS, OUTSIDER, SALES


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def github(settings: Settings) -> GitHubClient:
    return GitHubClient(settings.github)


def test_logins_and_teams_have_roles_in_any_case(github: GitHubClient) -> None:
    people = RoleDirectory(
        github, {Role.SALES: ["team:sales", "@Jo-Outside"], Role.ENGINEERING: [SALES.upper()]}
    )
    assert people.roles_of(SALES.capitalize()) == {Role.SALES, Role.ENGINEERING}
    assert people.roles_of(OUTSIDER) == {Role.SALES}
    assert people.roles_of(CONTRACTS) == frozenset()


def test_a_missing_team_has_no_members(github: GitHubClient) -> None:
    assert RoleDirectory(github, {Role.SALES: ["team:nobody"]}).roles_of(SALES) == frozenset()


def test_the_members_of_a_team_are_cached(github: GitHubClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    members = {SALES}

    def team(slug: str) -> frozenset[str]:
        asked.append(slug)
        return frozenset(members)

    monkeypatch.setattr(github, "team", team)
    clock = Clock()
    people = RoleDirectory(github, {Role.SALES: ["team:sales"]}, clock)
    assert people.roles_of(SALES)
    members.clear()
    assert people.roles_of(SALES)
    clock.now += CACHE_SECONDS
    assert not people.roles_of(SALES)
    assert len(asked) == 2


def test_an_account_that_took_over_a_login_has_no_role(github: GitHubClient) -> None:
    people = RoleDirectory(github, {Role.SALES: ["ada"]}, aliases={"ada": ("id:7", "ada@example.org")})
    owner = people.actor(Face.COMMENT, "Ada", 7)
    assert (owner.identity, owner.roles, owner.authenticated) == ("ada", (Role.SALES,), False)
    taken_over = people.actor(Face.COMMENT, "ada", 8)
    assert (taken_over.identity, taken_over.roles) == (None, ())
