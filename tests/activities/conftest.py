"""The activities on the real clients, against a sandbox."""

import pytest

from sandbox.server import Sandbox
from settings import Settings
from tests.activities.performing import settings_for
from tests.sandboxes import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]


@pytest.fixture
def settings(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return settings_for(sandbox, monkeypatch)
