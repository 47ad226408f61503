"""A rate limit that one worker learns of holds for all workers that share a ledger."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from activities import rate_limits
from activities.github.client import GitHubClient
from activities.rate_limits import STORE_PAUSE, RateLimitGuard, share_limits
from ledger.errors import LedgerUnavailable
from ledger.limits import SharedLimits
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.performing import settings_for
from tests.support.sandboxes import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]

SECONDS = 600
OTHER_WORKER = """
import sys
from temporalio.exceptions import ApplicationError
from activities.github.client import GitHubClient
from activities.rate_limits import share_limits
from config.settings import Settings
from ledger.limits import SharedLimits

share_limits(SharedLimits.open(sys.argv[1]))
try:
    GitHubClient(Settings(_env_file=None).github).labels("leads")
except ApplicationError as error:
    print(error.type)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.sqlite'}"


@pytest.fixture
def store(url: str) -> Iterator[SharedLimits]:
    """Share limits through a database."""
    limits = SharedLimits.open(url)
    share_limits(limits)
    yield limits
    share_limits(None)
    limits.close()


def other_worker(url: str, sandbox: Sandbox) -> str:
    """Ask GitHub for something in another process, and return the type of its failure."""
    done = subprocess.run(
        [sys.executable, "-c", OTHER_WORKER, url],
        env=os.environ | sandbox.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1] if done.stdout else ""


def waiting(client: GitHubClient) -> timedelta:
    with pytest.raises(ApplicationError) as raised:
        client.labels("leads")
    assert raised.value.type == "Wait"
    assert raised.value.next_retry_delay is not None
    return raised.value.next_retry_delay


def test_a_limit_that_another_process_met_holds_here(
    sandbox: Sandbox, url: str, store: SharedLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = GitHubClient(settings_for(sandbox, monkeypatch).github)
    assert client.labels("leads")
    sandbox.faults.add(Fault(system="github", kind="secondary_limit", seconds=SECONDS))
    assert other_worker(url, sandbox) == "Wait"
    sandbox.journal.clear()
    assert timedelta(seconds=SECONDS / 2) < waiting(client) <= timedelta(seconds=SECONDS)
    assert other_worker(url, sandbox) == "Wait"
    assert sandbox.journal.all("github") == []


def test_other_credentials_are_not_limited_by_it(
    sandbox: Sandbox, url: str, store: SharedLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.faults.add(Fault(system="github", kind="secondary_limit", seconds=SECONDS))
    assert other_worker(url, sandbox) == "Wait"
    theirs = settings_for(sandbox, monkeypatch, LEADS_GITHUB__TOKEN="sandbox-token-olu-owner")
    assert GitHubClient(theirs.github).labels("leads")


def test_the_names_of_limits_tell_no_credentials(
    sandbox: Sandbox, store: SharedLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(store, "until", asked.append)
    GitHubClient(settings_for(sandbox, monkeypatch).github).labels("leads")
    (name,) = asked
    assert name.startswith("GitHub ")
    assert "sandbox-token" not in name


def test_a_limit_that_is_over_holds_nothing_up(store: SharedLimits) -> None:
    guard = RateLimitGuard("GitHub", "an account")
    store.extend("GitHub an account rest", datetime.now(UTC) - timedelta(seconds=1))
    guard.check("rest")
    store.extend("GitHub an account rest", datetime.now(UTC) + timedelta(seconds=SECONDS))
    with pytest.raises(ApplicationError):
        guard.check("rest")
    guard.check("graphql")


def test_without_its_database_a_worker_goes_on_by_what_it_knows(
    store: SharedLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def unavailable(*_: object) -> None:
        asked.append(1)
        raise LedgerUnavailable("it is away")

    for name in ("until", "extend"):
        monkeypatch.setattr(store, name, unavailable)
    guard = RateLimitGuard("GitHub", "an account")
    guard.check("rest")
    guard.check("rest")
    assert len(asked) == 1, f"it is not asked again for {STORE_PAUSE} seconds"
    guard.block(timedelta(seconds=SECONDS), "rest", kind="primary")
    with pytest.raises(ApplicationError):
        guard.check("rest")
    later = rate_limits.now() + SECONDS
    monkeypatch.setattr(rate_limits, "now", lambda: later)
    guard.check("rest")
