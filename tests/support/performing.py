"""Helpers that perform activities as a worker does, on a sample lead."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import rate_limits
from config.settings import Settings
from process.effects import Effect
from process.effects.requests import EffectRequest, Outcome
from process.lead.lead import Lead
from process.views.attention import attention
from sandbox.faults import Fault
from sandbox.server import Sandbox

Performer = Callable[[EffectRequest], Outcome]


def settings_for(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, **more: str) -> Settings:
    """Return the settings for this sandbox, with more environment variables."""
    for name, value in (sandbox.environment() | more).items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


def changed(
    settings: Settings, system: Literal["github", "google", "mail", "addresses"], **values: Any
) -> Settings:
    """Return the settings with other values for one system."""
    return settings.model_copy(update={system: getattr(settings, system).model_copy(update=values)})


def patient(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Return settings with a short timeout for Google if the test's fault is a hanging server."""
    case = getattr(request.node, "callspec", None)
    fault = case.params.get("fault") if case else None
    hangs = isinstance(fault, Fault) and fault.kind == "slow"
    return changed(settings, "google", timeout_seconds=3) if hangs else settings


def perform(performer: Performer, effect: Effect, lead: Lead) -> Outcome:
    """Perform the effect as a worker does."""
    concerns = attention(lead, lead.today(datetime.now(UTC)))
    request = EffectRequest(effect=effect, lead=lead, attention=concerns)
    outcome: Outcome = ActivityEnvironment().run(performer, request)
    return outcome


def failure(performer: Performer, effect: Effect, lead: Lead) -> ApplicationError:
    """Return the failure in which performing the effect must end."""
    with pytest.raises(ApplicationError) as raised:
        perform(performer, effect, lead)
    return raised.value


def after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a minute pass for rate limits."""
    later = rate_limits.now() + 60
    monkeypatch.setattr(rate_limits, "now", lambda: later)


def a_lead(**fields: Any) -> Lead:
    """Return a sample lead with these fields."""
    now = datetime.now(UTC)
    given = {
        "id": "lead-abcdefgh",
        "opened_at": now,
        "progressed_at": now,
        "org": "Example University",
        "person": "Ada Example",
        "title": "Hub for a course",
    }
    return Lead.model_validate(given | fields)
