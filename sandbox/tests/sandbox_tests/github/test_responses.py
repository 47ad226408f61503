"""Paging, ETags, rate limit and URLs of REST responses."""

import re

from sandbox.github.seed import BOT_TOKEN
from sandbox.server import Sandbox
from sandbox_tests.support.github import TICKETS, Rest
from sandbox_tests.support.http import call


def _links(header: str) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}


def test_pages(sandbox: Sandbox, rest: Rest) -> None:
    for number in range(1, 6):
        rest("POST", f"{TICKETS}/issues", {"title": f"Ticket {number}"})
    path = f"{TICKETS}/issues?state=all&per_page=2"
    pages, seen = [], []
    while path:
        answer = rest("GET", path)
        seen.append([issue["number"] for issue in answer.json()])
        links = _links(answer.headers["link"])
        pages.append(sorted(links))
        path = links.get("next", "").removeprefix(f"{sandbox.url}/api/v3")
    assert seen == [[5, 4], [3, 2], [1]]
    assert pages == [["last", "next"], ["first", "last", "next", "prev"], ["first", "prev"]]
    assert (
        "state=all" in _links(rest("GET", f"{TICKETS}/issues?state=all&per_page=2").headers["link"])["last"]
    )
    assert "link" not in rest("GET", f"{TICKETS}/issues").headers
    beyond = rest("GET", f"{TICKETS}/issues?per_page=2&page=9")
    assert beyond.json() == []
    assert "page=3" in _links(beyond.headers["link"])["prev"]


def test_no_page_is_longer_than_a_hundred(sandbox: Sandbox, rest: Rest) -> None:
    for number in range(101):
        rest("POST", f"{TICKETS}/labels", {"name": f"label {number}"})
    assert len(rest("GET", f"{TICKETS}/labels").json()) == 30
    assert len(rest("GET", f"{TICKETS}/labels?per_page=1000").json()) == 100


def test_an_unchanged_response_is_304(rest: Rest) -> None:
    rest("POST", f"{TICKETS}/issues", {"title": "A ticket"})
    first = rest("GET", f"{TICKETS}/issues")
    same = rest("GET", f"{TICKETS}/issues", If_None_Match=first.headers["etag"])
    assert (same.status, same.body) == (304, b"")
    assert same.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]  # free of charge
    rest("POST", f"{TICKETS}/issues", {"title": "Another"})
    assert rest("GET", f"{TICKETS}/issues", If_None_Match=first.headers["etag"]).status == 200


def test_the_rate_limit_is_counted(rest: Rest) -> None:
    used = [int(rest("GET", TICKETS).headers["x-ratelimit-used"]) for _ in range(3)]
    assert used == [1, 2, 3]
    limit = rest("GET", "/rate_limit")
    assert limit.json()["resources"]["core"]["used"] == 3
    assert limit.headers["x-ratelimit-remaining"] == "4997"
    assert rest("GET", "/rate_limit").json()["resources"]["core"]["used"] == 3


def test_urls_start_with_the_host_that_the_caller_used(rest: Rest) -> None:
    rest("POST", f"{TICKETS}/issues", {"title": "A ticket"})
    issue = rest("GET", f"{TICKETS}/issues/1", Host="github.example.org:8080").json()
    assert issue["url"] == "http://github.example.org:8080/api/v3/repos/example-org/tickets/issues/1"
    assert issue["html_url"] == "http://github.example.org:8080/example-org/tickets/issues/1"


def test_what_is_created_has_a_location(rest: Rest) -> None:
    """GitHub's OpenAPI says where."""
    created = [
        rest("POST", f"{TICKETS}/issues", {"title": "A ticket"}),
        rest("POST", f"{TICKETS}/issues/1/comments", {"body": "A comment"}),
        rest("POST", f"{TICKETS}/labels", {"name": "a label"}),
    ]
    assert [answer.headers["location"] for answer in created] == [answer.json()["url"] for answer in created]
    assert "location" not in rest("POST", f"{TICKETS}/issues/1/reactions", {"content": "+1"}).headers


def test_graphql_answers_as_rest_does(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}", "Content-Type": "application/json"}
    for given in ({"query": "{ viewer { login } }"}, {}):
        answer = call(sandbox, "POST", "/api/graphql", given, headers)
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"[0-9A-F]{32}", answer.headers["x-github-request-id"])
    refused = call(sandbox, "POST", "/api/graphql", {}, {"Content-Type": "application/json"})
    assert refused.status == 401
    assert refused.headers["x-github-request-id"]


def test_the_journal_knows_who_called(sandbox: Sandbox, rest: Rest) -> None:
    rest("GET", TICKETS)
    assert sandbox.journal.all(system="github")[-1].caller == "example-app[bot]"
