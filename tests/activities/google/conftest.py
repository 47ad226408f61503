"""Drive on the sandbox, with the waits of a patient test."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from activities.google.drive import DriveActivities
from config.settings import Settings
from tests.support.performing import patient


@pytest.fixture
def drive(settings: Settings, request: pytest.FixtureRequest) -> DriveActivities:
    return DriveActivities(patient(settings, request), lag=timedelta(seconds=5))


@pytest.fixture
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """google-auth's own attempts at the token endpoint follow each other at once."""
    monkeypatch.setattr("google.auth._exponential_backoff.time", SimpleNamespace(sleep=lambda _: None))
