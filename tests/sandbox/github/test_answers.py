"""What stands around an answer: pages, tags, limits, addresses."""

import re

from sandbox.server import Sandbox
from tests.sandbox.github.conftest import LEADS, Rest


def _links(header: str) -> dict[str, str]:
    return {rel: url for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', header)}


def test_pages(sandbox: Sandbox, rest: Rest) -> None:
    for number in range(1, 6):
        rest("POST", f"{LEADS}/issues", {"title": f"Lead {number}"})
    path = f"{LEADS}/issues?state=all&per_page=2"
    pages, seen = [], []
    while path:
        answer = rest("GET", path)
        seen.append([issue["number"] for issue in answer.json()])
        links = _links(answer.headers["link"])
        pages.append(sorted(links))
        path = links.get("next", "").removeprefix(f"{sandbox.url}/api/v3")
    assert seen == [[5, 4], [3, 2], [1]]
    assert pages == [["last", "next"], ["first", "last", "next", "prev"], ["first", "prev"]]
    assert "state=all" in _links(rest("GET", f"{LEADS}/issues?state=all&per_page=2").headers["link"])["last"]
    assert "link" not in rest("GET", f"{LEADS}/issues").headers
    beyond = rest("GET", f"{LEADS}/issues?per_page=2&page=9")
    assert beyond.json() == []
    assert "page=3" in _links(beyond.headers["link"])["prev"]


def test_no_page_is_longer_than_a_hundred(sandbox: Sandbox, rest: Rest) -> None:
    for number in range(101):
        rest("POST", f"{LEADS}/labels", {"name": f"label {number}"})
    assert len(rest("GET", f"{LEADS}/labels").json()) == 30
    assert len(rest("GET", f"{LEADS}/labels?per_page=1000").json()) == 100


def test_what_has_not_changed_is_not_sent_again(rest: Rest) -> None:
    rest("POST", f"{LEADS}/issues", {"title": "A lead"})
    first = rest("GET", f"{LEADS}/issues")
    same = rest("GET", f"{LEADS}/issues", If_None_Match=first.headers["etag"])
    assert (same.status, same.body) == (304, b"")
    assert same.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]  # free of charge
    rest("POST", f"{LEADS}/issues", {"title": "Another"})
    assert rest("GET", f"{LEADS}/issues", If_None_Match=first.headers["etag"]).status == 200


def test_the_rate_limit_is_counted(rest: Rest) -> None:
    used = [int(rest("GET", LEADS).headers["x-ratelimit-used"]) for _ in range(3)]
    assert used == [1, 2, 3]
    limit = rest("GET", "/rate_limit")
    assert limit.json()["resources"]["core"]["used"] == 3
    assert limit.headers["x-ratelimit-remaining"] == "4997"
    assert rest("GET", "/rate_limit").json()["resources"]["core"]["used"] == 3


def test_addresses_are_those_that_the_caller_used(rest: Rest) -> None:
    rest("POST", f"{LEADS}/issues", {"title": "A lead"})
    issue = rest("GET", f"{LEADS}/issues/1", Host="github.example.org:8080").json()
    assert issue["url"] == "http://github.example.org:8080/api/v3/repos/2i2c-org/leads/issues/1"
    assert issue["html_url"] == "http://github.example.org:8080/2i2c-org/leads/issues/1"


def test_the_journal_knows_who_called(sandbox: Sandbox, rest: Rest) -> None:
    rest("GET", LEADS)
    assert sandbox.journal.all(system="github")[-1].who == "lead-to-hub[bot]"
