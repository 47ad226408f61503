"""GitHub's activities, and what people see of them."""

import pytest

from activities.github.lead import GitHubActivities
from sandbox.server import Sandbox
from settings import Settings
from tests.activities.github.world import GitHub


@pytest.fixture
def activities(settings: Settings) -> GitHubActivities:
    return GitHubActivities(settings)


@pytest.fixture
def github(sandbox: Sandbox) -> GitHub:
    return GitHub(sandbox)
