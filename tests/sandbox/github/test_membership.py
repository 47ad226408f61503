"""Members, teams and collaborators, and who is told about them."""

import pytest

from sandbox.github.records import Token
from sandbox.server import Sandbox
from tests.sandbox.github.conftest import LEADS, MEMBER_TOKEN, ORG, OUTSIDER_TOKEN, Board, Rest

TEAMS = f"/orgs/{ORG}/teams"


def test_teams_and_their_members(rest: Rest, board: Board) -> None:
    assert [team["slug"] for team in rest("GET", TEAMS).json()] == [
        "sales",
        "contracts",
        "engineering",
        "community",
    ]
    assert rest("GET", f"{TEAMS}/sales").json()["members_count"] == 1
    assert [each["login"] for each in rest("GET", f"{TEAMS}/Sales/members").json()] == ["amara-sales"]
    membership = rest("GET", f"{TEAMS}/sales/memberships/AMARA-sales")
    assert (membership.status, membership.json()["state"], membership.json()["role"]) == (
        200,
        "active",
        "member",
    )
    query = 'query { organization(login: "2i2c-org") { team(slug: "sales") { members(first: 9) { nodes { login } } } } }'
    assert board.ask(query)["organization"]["team"]["members"]["nodes"] == [{"login": "amara-sales"}]


@pytest.mark.parametrize(
    "path",
    [
        f"{TEAMS}/sales/memberships/chidi-contracts",
        f"{TEAMS}/sales/memberships/nobody-here",
        f"{TEAMS}/cleaning/memberships/amara-sales",
        f"/orgs/{ORG}/members/jo-outside",
        "/orgs/other/members/amara-sales",
        f"{LEADS}/collaborators/jo-outside",
    ],
)
def test_who_does_not_belong(rest: Rest, path: str) -> None:
    assert rest("GET", path).status == 404


def test_members(rest: Rest) -> None:
    assert rest("GET", f"/orgs/{ORG}/members/amara-sales").status == 204
    answer = rest.as_(OUTSIDER_TOKEN)("GET", f"/orgs/{ORG}/members/amara-sales")
    assert (answer.status, answer.headers["location"].rpartition("/orgs")[2]) == (
        302,
        f"/{ORG}/public_members/amara-sales",
    )


def test_teams_are_for_members(sandbox: Sandbox, rest: Rest) -> None:
    assert rest.as_(MEMBER_TOKEN)("GET", f"{TEAMS}/sales").status == 200
    assert rest.as_(OUTSIDER_TOKEN)("GET", f"{TEAMS}/sales").status == 404
    sandbox.github.tokens["weak"] = Token(user_id=1001, permissions={"issues": "write"})
    assert rest.as_("weak")("GET", f"{TEAMS}/sales/memberships/amara-sales").status == 403


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("amara-sales", "write", "write"),
        ("cora-community", "read", "triage"),
        ("olu-owner", "admin", "admin"),
        ("jo-outside", "none", "none"),
    ],
)
def test_what_a_collaborator_may_do(rest: Rest, login: str, permission: str, role: str) -> None:
    answer = rest("GET", f"{LEADS}/collaborators/{login}/permission").json()
    assert (answer["permission"], answer["role_name"]) == (permission, role)
    assert answer["user"]["permissions"]["push"] == (permission in ("write", "admin"))
    assert rest("GET", f"{LEADS}/collaborators/amara-sales").status == 204
