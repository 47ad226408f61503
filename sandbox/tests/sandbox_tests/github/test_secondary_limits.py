"""Secondary rate limits, which a sandbox refuses requests beyond if it is started with them."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.faults import Fault
from sandbox.github import secondary_limits
from sandbox.github.seed import BOT_TOKEN
from sandbox.server import Sandbox
from sandbox_tests.support.github import TICKETS, Rest
from sandbox_tests.support.http import call


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    few = {"core": (20, 60.0), "graphql": (4, 60.0), "content": (2, 60.0), "content of an hour": (9, 3600.0)}
    monkeypatch.setattr(secondary_limits, "LIMITS", few)
    with Sandbox(secondary_limits=True) as sandbox:
        yield sandbox


def test_points_of_rest(limited: Sandbox) -> None:
    rest = Rest(limited)
    for number in range(3):
        assert rest("POST", f"{TICKETS}/labels", {"name": f"label {number}"}).status == 201
    assert [rest("GET", TICKETS).status for _ in range(6)] == [200] * 5 + [403]
    refused = rest("GET", TICKETS)
    assert 50 < int(refused.headers["retry-after"]) <= 60
    assert "secondary rate limit" in refused.json()["message"]


def test_content(limited: Sandbox) -> None:
    rest = Rest(limited)
    given = [rest("POST", f"{TICKETS}/issues", {"title": "A ticket"}).status for _ in range(3)]
    assert given == [201, 201, 403]
    assert rest("GET", TICKETS).status == 200


def test_points_of_graphql(limited: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}", "Content-Type": "application/json"}
    query = {"query": "{ viewer { login } }"}
    answers = [call(limited, "POST", "/api/graphql", query, headers) for _ in range(5)]
    assert [answer.status for answer in answers] == [200] * 4 + [403]
    assert "retry-after" in answers[-1].headers


def test_without_the_option_nothing_is_refused(
    sandbox: Sandbox, rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(secondary_limits.LIMITS, "core", (1, 60.0))
    assert [rest("GET", TICKETS).status for _ in range(3)] == [200] * 3


def test_requests_at_once(limited: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secondary_limits, "CONCURRENT", 3)
    rest = Rest(limited)
    slow = limited.faults.add(Fault(system="github", path="/labels$", kind="slow", seconds=600, times=3))
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(rest, "GET", f"{TICKETS}/labels") for _ in range(3)]
        while slow.hits < 3:  # the test's own time limit is the end of that
            time.sleep(0.02)
        refused = rest("GET", TICKETS)
        others = call(limited, "GET", "/api/v3/rate_limit", headers={"User-Agent": "x"})
        limited.faults.remove(slow)
        assert [each.result().status for each in waiting] == [200] * 3
    assert (refused.status, refused.headers["retry-after"]) == (403, "60")
    assert "secondary rate limit" in refused.json()["message"]
    assert others.status != 403  # another caller has requests of its own
    assert rest("GET", TICKETS).status == 200
