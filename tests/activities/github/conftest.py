"""The activities on GitHub's real client, against one sandbox per test process that is reset for each test."""

from collections.abc import Iterator

import pytest

from activities.github import GitHubActivities
from sandbox.server import Sandbox
from settings import Settings
from tests.activities.github.world import GitHub


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def settings(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


@pytest.fixture
def activities(settings: Settings) -> GitHubActivities:
    return GitHubActivities(settings)


@pytest.fixture
def github(sandbox: Sandbox) -> GitHub:
    return GitHub(sandbox)
