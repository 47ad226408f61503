"""What one client was told of a limit, all with the same credentials heed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError

from activities.github import rate_limits as gate
from activities.github.client import GitHubClient
from config.settings import Settings
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.activities.github.test_faults import after
from tests.support.performing import changed

SECONDS = 40


@pytest.fixture
def client(settings: Settings) -> GitHubClient:
    return GitHubClient(settings.github)


def limited(sandbox: Sandbox, client: GitHubClient, **fault: Any) -> None:
    """The client asks for labels, and is told of a limit."""
    given = {"system": "github", "seconds": SECONDS, "path": "/labels$", **fault}
    sandbox.faults.add(Fault.model_validate(given))
    with pytest.raises(ApplicationError) as told:
        client.labels("leads")
    assert told.value.type == "Wait"
    sandbox.journal.clear()


def refusal(ask: Any, *args: Any) -> ApplicationError:
    with pytest.raises(ApplicationError) as told:
        ask(*args)
    return told.value


def test_nobody_asks_before_it_is_over(
    sandbox: Sandbox, settings: Settings, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(sandbox, client, kind="secondary_limit")
    others = [client, *(GitHubClient(settings.github.model_copy()) for _ in range(3))]
    with ThreadPoolExecutor(16) as threads:
        told = list(threads.map(lambda n: refusal(others[n % 4].labels, "leads"), range(16)))
    told.append(refusal(client.issue_of_card, "x"))  # a secondary limit holds for GraphQL, too
    for each in told:
        assert each.next_retry_delay is not None
        assert timedelta(seconds=SECONDS - 10) < each.next_retry_delay <= timedelta(seconds=SECONDS)
        assert "it goes on at" in each.message
    assert sandbox.journal.all("github") == []
    after(timedelta(seconds=SECONDS), monkeypatch)
    assert client.labels("leads")
    assert client.issue_of_card("x") is None


def test_an_hour_that_is_spent_is_spent_for_one_api(sandbox: Sandbox, client: GitHubClient) -> None:
    limited(sandbox, client, kind="primary_limit")
    assert refusal(client.labels, "leads").type == "Wait"
    assert client.issue_of_card("x") is None


def test_a_shorter_limit_ends_no_longer_one(
    sandbox: Sandbox, settings: Settings, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as at_once:
        at_once.setattr(gate.RateLimitGuard, "pass_through", lambda *_: None)
        limited(sandbox, client, kind="secondary_limit", seconds=SECONDS)
        limited(sandbox, client, kind="secondary_limit", seconds=1)
    after(timedelta(seconds=10), monkeypatch)
    assert refusal(client.labels, "leads").type == "Wait"


def test_others_credentials_are_not_held(sandbox: Sandbox, settings: Settings, client: GitHubClient) -> None:
    limited(sandbox, client, kind="secondary_limit")
    theirs = changed(settings, "github", token=SecretStr("sandbox-token-olu-owner"))
    assert GitHubClient(theirs.github).labels("leads")


def test_a_reset_is_by_githubs_clock(
    sandbox: Sandbox, client: GitHubClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.github.errors.time.time", lambda: 0.0)
    sandbox.faults.add(Fault(system="github", kind="primary_limit", seconds=SECONDS))
    told = refusal(client.labels, "leads")
    assert told.next_retry_delay is not None
    assert told.next_retry_delay <= timedelta(seconds=SECONDS + 2)
