"""Requests that GitHub refuses, and its error messages."""

import http.client
from typing import Any

import pytest

from sandbox.github.records import Token
from sandbox.github.seed import BOT_TOKEN
from sandbox.server import Sandbox
from sandbox_tests.support.github import MEMBER_TOKEN, OUTSIDER_TOKEN, TICKETS, WEBSITE, Rest
from sandbox_tests.support.http import TIMEOUT

NEW = {"title": "A ticket"}


@pytest.mark.parametrize(
    ("token", "method", "path", "body", "status", "message"),
    [
        ("wrong", "GET", "/rate_limit", None, 401, "Bad credentials"),
        ("wrong", "GET", "/nothing/here", None, 401, "Bad credentials"),
        (None, "GET", f"{TICKETS}", None, 404, "Not Found"),
        (None, "POST", f"{WEBSITE}/issues", NEW, 401, "Requires authentication"),
        (OUTSIDER_TOKEN, "GET", f"{TICKETS}/issues", None, 404, "Not Found"),
        (
            OUTSIDER_TOKEN,
            "POST",
            f"{WEBSITE}/labels",
            {"name": "x"},
            403,
            "Must have admin rights to Repository.",
        ),
        (BOT_TOKEN, "GET", "/user", None, 403, "Resource not accessible by integration"),
        (BOT_TOKEN, "GET", "/app", None, 401, "A JSON web token could not be decoded"),
        (BOT_TOKEN, "GET", "/nothing/here", None, 404, "Not Found"),
        (BOT_TOKEN, "DELETE", TICKETS, None, 404, "Not Found"),
        (BOT_TOKEN, "GET", "/repos/example-org/missing/issues", None, 404, "Not Found"),
        (BOT_TOKEN, "GET", "/repos/other/tickets/issues", None, 404, "Not Found"),
        (BOT_TOKEN, "GET", f"{TICKETS}/issues/99", None, 404, "Not Found"),
        (BOT_TOKEN, "GET", f"{TICKETS}/issues/comments/99", None, 404, "Not Found"),
        (BOT_TOKEN, "GET", "/orgs/other", None, 404, "Not Found"),
        (BOT_TOKEN, "POST", f"{TICKETS}/issues", "{", 400, "Problems parsing JSON"),
        (BOT_TOKEN, "POST", f"{TICKETS}/issues", "1", 400, "Body should be a JSON object"),
    ],
)
def test_refused(
    rest: Rest, token: str | None, method: str, path: str, body: Any, status: int, message: str
) -> None:
    answer = rest.as_(token)(method, path, body)
    assert (answer.status, answer.json()["message"]) == (status, message)
    assert answer.json()["documentation_url"].startswith("https://docs.github.com/rest")
    assert answer.json()["status"] == str(status)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({}, '"title" wasn\'t supplied.'),
        ({"title": "A", "labels": None}, "For 'properties/labels', nil is not an array."),
        ({"title": "A", "body": 5}, "For 'properties/body', 5 is not a string."),
        ({"title": "A", "lables": []}, '"lables" is not a permitted key.'),
        ({"title": ["A"]}, 'No subschema in "anyOf" matched.'),
    ],
)
def test_malformed_issue(rest: Rest, body: dict[str, Any], complaint: str) -> None:
    answer = rest("POST", f"{TICKETS}/issues", body)
    assert answer.status == 422
    assert answer.json()["message"].startswith("Invalid request.\n\n")
    assert complaint in answer.json()["message"]
    assert rest("GET", f"{TICKETS}/issues?state=all").json() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("POST", "issues", {"title": " "}, {"resource": "Issue", "field": "title", "code": "missing_field"}),
        ("POST", "issues", {"title": "x" * 257}, {"resource": "Issue", "field": "title", "code": "custom"}),
        (
            "POST",
            "issues",
            NEW | {"body": "x" * 65537},
            {"resource": "Issue", "field": "body", "code": "custom"},
        ),
        (
            "POST",
            "issues",
            NEW | {"milestone": 1},
            {"resource": "Issue", "field": "milestone", "code": "invalid"},
        ),
        (
            "POST",
            "issues",
            NEW | {"labels": ["x" * 51]},
            {"resource": "Label", "field": "name", "code": "custom"},
        ),
        ("POST", "issues/1/comments", {"body": " "}, {"resource": "IssueComment", "field": "data"}),
        (
            "POST",
            "labels",
            {"name": "x", "color": "red"},
            {"resource": "Label", "field": "color", "code": "invalid"},
        ),
        (
            "POST",
            "labels",
            {"name": "x", "description": "x" * 101},
            {"field": "description", "code": "custom"},
        ),
        ("GET", "issues?state=shut", None, {"field": "state", "code": "invalid", "value": "shut"}),
        ("GET", "issues?since=monday", None, {"field": "since", "code": "invalid", "value": "monday"}),
        ("GET", "issues?milestone=1", None, {"field": "milestone", "code": "invalid"}),
        (
            "PATCH",
            "issues/1",
            {"title": "B", "state": "closed", "state_reason": "reopened"},
            {"field": "state_reason"},
        ),
    ],
)
def test_invalid(rest: Rest, method: str, path: str, body: Any, error: dict[str, str]) -> None:
    rest("POST", f"{TICKETS}/issues", NEW)
    before = rest("GET", f"{TICKETS}/issues").json(), rest("GET", f"{TICKETS}/labels").json()
    answer = rest(method, f"{TICKETS}/{path}", body)
    assert (answer.status, answer.json()["message"]) == (422, "Validation Failed")
    assert error.items() <= answer.json()["errors"][0].items()
    assert (rest("GET", f"{TICKETS}/issues").json(), rest("GET", f"{TICKETS}/labels").json()) == before


@pytest.mark.parametrize("body", [{}, {"labels": "ticket"}, {"labels": [5]}, [5], {"names": ["ticket"]}])
def test_malformed_labels(rest: Rest, body: Any) -> None:
    rest("POST", f"{TICKETS}/issues", NEW)
    assert rest("POST", f"{TICKETS}/issues/1/labels", body).status == 422


def test_issues_switched_off(sandbox: Sandbox, rest: Rest) -> None:
    repository = sandbox.github.repositories[4002]
    sandbox.github.repositories[repository.id] = repository.replaced(has_issues=False)
    answer = rest("POST", f"{WEBSITE}/issues", NEW)
    assert (answer.status, answer.json()["message"]) == (410, "Issues has been disabled in this repository.")


@pytest.mark.parametrize(
    ("permissions", "read", "write"), [({"metadata": "read"}, 403, 403), ({"issues": "read"}, 200, 403)]
)
def test_an_app_needs_its_permissions(
    sandbox: Sandbox, rest: Rest, permissions: dict[str, str], read: int, write: int
) -> None:
    sandbox.github.tokens["weak"] = Token(user_id=sandbox.github.app.bot_id, permissions=permissions)
    weak = rest.as_("weak")
    assert weak("GET", f"{TICKETS}/issues").status == read
    refused = weak("POST", f"{TICKETS}/issues", NEW)
    assert (refused.status, refused.json()["message"]) == (write, "Resource not accessible by integration")
    assert weak("GET", f"{TICKETS}/contents/README.md").status == 403


def test_a_user_agent_is_required(rest: Rest) -> None:
    connection = http.client.HTTPConnection(rest.sandbox.host, rest.sandbox.port, timeout=TIMEOUT)
    connection.request("GET", "/api/v3/rate_limit")
    refused = connection.getresponse()
    assert refused.status == 403
    assert b"User-Agent" in refused.read()
    connection.close()


def test_api_version(rest: Rest) -> None:
    known = rest("GET", TICKETS, X_GitHub_Api_Version="2022-11-28")
    assert (known.status, known.headers["x-github-api-version-selected"]) == (200, "2022-11-28")
    assert rest("GET", TICKETS, X_GitHub_Api_Version="1999-01-01").status == 400


def test_a_person_is_not_an_app(rest: Rest) -> None:
    assert rest.as_(MEMBER_TOKEN)("GET", "/user").json()["type"] == "User"
