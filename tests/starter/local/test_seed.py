"""The seed of `leads up` and `leads demo` points the service at the sandbox."""

import pytest

from config.settings import Settings
from sandbox.server import Sandbox
from tests.support.sandboxes import running_sandbox, sandbox

__all__ = ["running_sandbox", "sandbox"]


def test_the_environment_is_the_services_settings(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    assert settings.github.api_url == f"{sandbox.url}/api/v3"
    assert settings.google.api_root == sandbox.url
    assert settings.google.credentials_file == sandbox.credentials_file
    assert settings.google.leads_folder in sandbox.google.files
    assert settings.google.questionnaire_form in sandbox.google.forms
    assert settings.google.price_sheet in sandbox.google.spreadsheets
    assert (settings.mail.port, settings.mail.security) == (sandbox.smtp_port, "none")
    assert settings.model_fields_set - {"signing_key"} == {"github", "google", "invoice", "mail", "people"}
