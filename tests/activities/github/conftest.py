"""GitHub's activities, and what people see of them."""

import pytest

from activities.github.activities import GitHubActivities
from config.settings import Settings
from sandbox.server import Sandbox
from tests.support.github_world import GitHub


@pytest.fixture
def activities(settings: Settings) -> GitHubActivities:
    return GitHubActivities(settings)


@pytest.fixture
def github(sandbox: Sandbox) -> GitHub:
    return GitHub(sandbox)
