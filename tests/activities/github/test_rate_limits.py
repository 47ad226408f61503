"""A rate limit that one client meets holds for all clients with the same credentials."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError

from activities.github import rate_limits
from activities.github.client import GitHubClient
from config.settings import Settings
from sandbox.faults import Fault
from sandbox.github import secondary_limits
from sandbox.server import Sandbox
from tests.support.github_world import after
from tests.support.performing import changed

SECONDS = 40


@pytest.fixture
def client(settings: Settings) -> GitHubClient:
    return GitHubClient(settings.github)


def limited(sandbox: Sandbox, client: GitHubClient, **fault: Any) -> None:
    """Let the client meet a rate limit."""
    given = {"system": "github", "seconds": SECONDS, "path": "/labels$", **fault}
    sandbox.faults.add(Fault.model_validate(given))
    with pytest.raises(ApplicationError) as raised:
        client.labels("leads")
    assert raised.value.type == "Wait"
    sandbox.journal.clear()


def refusal(ask: Any, *args: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as raised:
        ask(*args)
    return raised.value


def test_too_many_requests_at_once_block_all_others(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secondary_limits, "CONCURRENT", 3)
    monkeypatch.setattr(sandbox.secondary_limits, "_enforced", True)
    client = GitHubClient(settings.github)
    slow = sandbox.faults.add(Fault(system="github", path="/labels$", kind="slow", seconds=600, times=3))
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(client.labels, "leads") for _ in range(3)]
        while slow.hits < 3:  # the test's own time limit is the end of that
            time.sleep(0.02)
        error = refusal(client.labels, "leads")
        sandbox.faults.remove(slow)
        assert all(each.result() for each in waiting)
    assert (error.type, error.next_retry_delay) == ("Wait", timedelta(seconds=60))
    sandbox.journal.clear()
    assert refusal(client.issue_of_card, "x").type == "Wait"
    assert sandbox.journal.all("github") == []


def test_no_request_is_sent_before_the_limit_is_over(
    sandbox: Sandbox, settings: Settings, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(sandbox, client, kind="secondary_limit")
    others = [client, *(GitHubClient(settings.github.model_copy()) for _ in range(3))]
    with ThreadPoolExecutor(16) as threads:
        errors = list(threads.map(lambda n: refusal(others[n % 4].labels, "leads"), range(16)))
    errors.append(refusal(client.issue_of_card, "x"))  # a secondary limit holds for GraphQL, too
    for each in errors:
        assert each.next_retry_delay is not None
        assert timedelta(seconds=SECONDS - 10) < each.next_retry_delay <= timedelta(seconds=SECONDS)
        assert "it goes on at" in each.message
    assert sandbox.journal.all("github") == []
    after(timedelta(seconds=SECONDS), monkeypatch)
    assert client.labels("leads")
    assert client.issue_of_card("x") is None


def test_a_primary_limit_holds_for_one_api(sandbox: Sandbox, client: GitHubClient) -> None:
    limited(sandbox, client, kind="primary_limit")
    assert refusal(client.labels, "leads").type == "Wait"
    assert client.issue_of_card("x") is None


def test_a_shorter_limit_does_not_end_a_longer_one(
    sandbox: Sandbox, settings: Settings, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as at_once:
        at_once.setattr(rate_limits.RateLimitGuard, "check", lambda *_: None)
        limited(sandbox, client, kind="secondary_limit", seconds=SECONDS)
        limited(sandbox, client, kind="secondary_limit", seconds=1)
    after(timedelta(seconds=10), monkeypatch)
    assert refusal(client.labels, "leads").type == "Wait"


def test_other_credentials_are_not_limited(
    sandbox: Sandbox, settings: Settings, client: GitHubClient
) -> None:
    limited(sandbox, client, kind="secondary_limit")
    theirs = changed(settings, "github", token=SecretStr("sandbox-token-olu-owner"))
    assert GitHubClient(theirs.github).labels("leads")


def test_a_reset_time_counts_by_githubs_clock(
    sandbox: Sandbox, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.github.errors.time.time", lambda: 0.0)
    sandbox.faults.add(Fault(system="github", kind="primary_limit", seconds=SECONDS))
    error = refusal(client.labels, "leads")
    assert error.next_retry_delay is not None
    assert error.next_retry_delay <= timedelta(seconds=SECONDS + 2)
