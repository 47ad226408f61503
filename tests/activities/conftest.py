"""The activities on the real clients, against a sandbox."""

import pytest

from config.settings import Settings
from sandbox.server import Sandbox
from tests.support.performing import settings_for
from tests.support.sandboxes import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]


@pytest.fixture
def settings(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return settings_for(sandbox, monkeypatch, LEADS_TEMPORAL_UI="https://temporal.example.org")
