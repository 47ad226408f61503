"""Members, teams and collaborators, and their visibility."""

import pytest

from sandbox.github.records import Token
from sandbox.server import Sandbox
from sandbox_tests.support.github import MEMBER_TOKEN, ORG, OUTSIDER_TOKEN, TICKETS, Board, Rest

TEAMS = f"/orgs/{ORG}/teams"


def test_teams_and_their_members(rest: Rest, board: Board) -> None:
    assert [team["slug"] for team in rest("GET", TEAMS).json()] == [
        "support",
        "design",
        "engineering",
        "community",
    ]
    assert rest("GET", f"{TEAMS}/support").json()["members_count"] == 1
    assert [each["login"] for each in rest("GET", f"{TEAMS}/Support/members").json()] == ["amara-support"]
    membership = rest("GET", f"{TEAMS}/support/memberships/AMARA-support")
    assert (membership.status, membership.json()["state"], membership.json()["role"]) == (
        200,
        "active",
        "member",
    )
    query = """query { organization(login: "example-org") {
        team(slug: "support") { members(first: 9) { nodes { login } } } } }"""
    assert board.query(query)["organization"]["team"]["members"]["nodes"] == [{"login": "amara-support"}]


@pytest.mark.parametrize(
    "path",
    [
        f"{TEAMS}/support/memberships/chidi-design",
        f"{TEAMS}/support/memberships/nobody-here",
        f"{TEAMS}/cleaning/memberships/amara-support",
        f"/orgs/{ORG}/members/jo-outside",
        "/orgs/other/members/amara-support",
        f"{TICKETS}/collaborators/jo-outside",
    ],
)
def test_missing_members_teams_and_collaborators(rest: Rest, path: str) -> None:
    assert rest("GET", path).status == 404


def test_members(rest: Rest) -> None:
    assert rest("GET", f"/orgs/{ORG}/members/amara-support").status == 204
    answer = rest.as_(OUTSIDER_TOKEN)("GET", f"/orgs/{ORG}/members/amara-support")
    assert (answer.status, answer.headers["location"].rpartition("/orgs")[2]) == (
        302,
        f"/{ORG}/public_members/amara-support",
    )


def test_teams_are_for_members(sandbox: Sandbox, rest: Rest) -> None:
    assert rest.as_(MEMBER_TOKEN)("GET", f"{TEAMS}/support").status == 200
    assert rest.as_(OUTSIDER_TOKEN)("GET", f"{TEAMS}/support").status == 404
    sandbox.github.tokens["weak"] = Token(user_id=1001, permissions={"issues": "write"})
    assert rest.as_("weak")("GET", f"{TEAMS}/support/memberships/amara-support").status == 403


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("amara-support", "write", "write"),
        ("cora-community", "read", "triage"),
        ("olu-owner", "admin", "admin"),
        ("jo-outside", "none", "none"),
    ],
)
def test_what_a_collaborator_may_do(rest: Rest, login: str, permission: str, role: str) -> None:
    answer = rest("GET", f"{TICKETS}/collaborators/{login}/permission").json()
    assert (answer["permission"], answer["role_name"]) == (permission, role)
    assert answer["user"]["permissions"]["push"] == (permission in ("write", "admin"))
    assert rest("GET", f"{TICKETS}/collaborators/amara-support").status == 204
