"""Each setting is explained in .env.example, and reaches the containers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from sandbox.server import Sandbox
from settings import Settings

from .conftest import EXAMPLE, LINE, ROOT, values


def names(model: type[BaseModel], prefix: str) -> Iterator[str]:
    """The environment variables of a settings model, as pydantic-settings spells them."""
    for name, field in model.model_fields.items():
        variable = f"{prefix}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from names(field.annotation, f"{variable}__")
        else:
            yield variable


ALL = set(names(Settings, "LEADS_"))
COMPOSE_ONLY = {"LEADS_IMAGE"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ALL:
        monkeypatch.delenv(name, raising=False)


def test_every_setting_is_explained() -> None:
    explained = {name for name in values(EXAMPLE) if name.startswith("LEADS_")}
    assert explained - COMPOSE_ONLY == ALL


def test_no_line_stands_without_an_explanation_above_it() -> None:
    paragraphs = re.split(r"\n\s*\n", EXAMPLE.read_text())
    settings = [paragraph for paragraph in paragraphs if LINE.search(paragraph)]
    assert settings
    for paragraph in settings:
        first, *_ = paragraph.splitlines()
        assert first.startswith("# "), paragraph
        assert not LINE.match(first), paragraph


def test_the_values_shown_are_the_defaults(filled_in: Path) -> None:
    def read(env_file: Path | None) -> Settings:
        return Settings(_env_file=env_file)

    assert read(filled_in) == read(None)


def test_an_empty_value_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (env_file := tmp_path / ".env").write_text("".join(f"{name}=\n" for name in ALL))
    defaults = Settings(_env_file=None)
    assert Settings(_env_file=env_file) == defaults
    for name in ALL:
        monkeypatch.setenv(name, "")
    assert Settings(_env_file=None) == defaults


def test_no_setting_tells_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "s3cr3t-of-the-tests"
    monkeypatch.setenv("LEADS_LEDGER_URL", f"postgresql://leads:{secret}@localhost/leads")
    for name in ("LEADS_GITHUB__TOKEN", "LEADS_GITHUB__APP_PRIVATE_KEY", "LEADS_MAIL__PASSWORD"):
        monkeypatch.setenv(name, secret)
    settings = Settings(_env_file=None)
    assert secret not in f"{settings!r} {settings} {settings.model_dump_json()}"
    monkeypatch.setenv("LEADS_GITHUB__APP_ID", secret)  # in the wrong line
    with pytest.raises(ValidationError) as wrong:
        Settings(_env_file=None)
    assert secret not in str(wrong.value)


def test_every_setting_reaches_worker_and_set_up() -> None:
    services = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    for service in ("worker", "web", "temporal-init"):
        passed = {name for name in services[service]["environment"] if name.startswith("LEADS_")}
        assert passed == ALL


def test_the_sandbox_is_set_as_it_says_itself() -> None:
    """deploy/sandbox.env is what the sandbox calls its environment, with the container's address and folder."""
    shown = {name: value for name, value in values(ROOT / "deploy/sandbox.env").items() if name in ALL}
    with Sandbox() as sandbox:
        expected = {
            name: value.replace(sandbox.url, "http://sandbox.localhost:8010")
            for name, value in sandbox.environment().items()
        }
        expected["LEADS_GOOGLE__CREDENTIALS_FILE"] = f"/credentials/{sandbox.credentials_file.name}"
    expected["LEADS_MAIL__HOST"] = "sandbox.localhost"
    expected["LEADS_MAIL__PORT"] = "2525"
    assert shown == expected
