"""Each setting is explained in .env.example, and reaches the containers."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML

from config.settings import Settings, SettingsError, read_settings, unknown_settings
from sandbox.github.oauth import CLIENT_SECRET
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from starter.local.parts import SEED

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


def test_every_line_has_an_explanation_above_it() -> None:
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

    filled = read(filled_in)
    assert filled.keys.seals  # Compose demands keys
    assert filled.model_copy(update={"keys": read(None).keys}) == read(None)


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


def test_every_setting_reaches_the_worker_or_the_pages() -> None:
    services = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    passed = {name for name in services["worker"]["environment"] if name.startswith("LEADS_")}
    of_web = {name for name in ALL if name.startswith("LEADS_WEB__")}
    assert passed == ALL - {"LEADS_GITHUB__WEBHOOK_SECRET_PREVIOUS"} - of_web
    assert of_web <= set(services["web"]["environment"])


def test_the_sandbox_profile_has_the_sandboxs_own_settings() -> None:
    """deploy/sandbox.env is what the sandbox calls its environment, with the container's address and folder."""
    shown = {name: value for name, value in values(ROOT / "deploy/sandbox.env").items() if name in ALL}
    with Sandbox(seed=read_seed(SEED)) as sandbox:
        expected = {
            name: value.replace(sandbox.url, "http://sandbox.localhost:8010")
            for name, value in sandbox.environment().items()
        }
        expected["LEADS_GOOGLE__CREDENTIALS_FILE"] = f"/credentials/{sandbox.credentials_file.name}"
    expected["LEADS_MAIL__HOST"] = "sandbox.localhost"
    expected["LEADS_MAIL__PORT"] = "2525"
    expected["LEADS_WEB__URL"] = "http://localhost:8001"
    expected["LEADS_WEB__GITHUB_CLIENT_ID"] = sandbox.github.app.client_id
    expected["LEADS_WEB__GITHUB_CLIENT_SECRET"] = CLIENT_SECRET
    expected["LEADS_SIGNING_KEY"] = shown["LEADS_SIGNING_KEY"]  # it opens nothing elsewhere
    for name in ("LEADS_KEYS__MASTER_KEY", "LEADS_KEYS__PEPPER"):
        expected[name] = shown[name]  # they protect nobody
    assert shown == expected


def test_a_secret_may_be_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "LEADS_GITHUB__TOKEN").write_text("of-the-file\n")
    (tmp_path / "LEADS_GITHUB__APP_PRIVATE_KEY").write_text("two\nlines\n")
    (tmp_path / "LEADS_LEDGER_URL").write_text("sqlite:///of-the-file")
    monkeypatch.setenv("LEADS_SECRETS", str(tmp_path))
    monkeypatch.setenv("LEADS_GITHUB__ORG", "example")
    known = read_settings(tmp_path / "none.env")
    assert known.github.token
    assert known.github.token.get_secret_value() == "of-the-file"
    assert known.github.app_private_key
    assert known.github.app_private_key.get_secret_value() == "two\nlines"
    assert known.ledger_url.get_secret_value() == "sqlite:///of-the-file"
    assert known.github.org == "example"
    monkeypatch.setenv("LEADS_GITHUB__TOKEN", "of-the-environment")
    known = read_settings(tmp_path / "none.env")
    assert known.github.token
    assert known.github.token.get_secret_value() == "of-the-environment"


@pytest.mark.parametrize(
    ("name", "value", "texts"),
    [
        ("LEADS_SECRETS", "/no/such/folder", "LEADS_SECRETS: there is no such folder"),
        (
            "LEADS_ZONE",
            "Europe/Berlni",
            "LEADS_ZONE: there is no such time zone; use an IANA name such as Europe/Berlin or UTC",
        ),
        ("LEADS_ADDRESSES__SALES", "a@example.org", "LEADS_ADDRESSES__SALES: must be JSON"),
        ("LEADS_PEOPLE", '{"sales": "octocat"}', "LEADS_PEOPLE (sales): Input should be a valid list"),
        (
            "LEADS_GITHUB__COLUMNS",
            '{"leda": "Lead"}',
            "LEADS_GITHUB__COLUMNS (leda): Input should be 'lead', ",
        ),
        (
            "LEADS_GITHUB__PROJECT_NUMBER",
            "one",
            "LEADS_GITHUB__PROJECT_NUMBER: Input should be a valid integer",
        ),
        *(
            (name, "http://example.org", f"{name}: the value is not encrypted: it begins with http://")
            for name in ("LEADS_GITHUB__API_URL", "LEADS_GOOGLE__API_ROOT")
        ),
        ("LEADS_GITHUB__API_URL", "example.org", "LEADS_GITHUB__API_URL: the value is no address of a page"),
        (
            "LEADS_MAIL__SECURITY",
            "none",
            "LEADS_MAIL: LEADS_MAIL__SECURITY is none, which is for a server on this",
        ),
        (
            "LEADS_GITHUB__WEBHOOK_SECRET",
            "only-31-characters-of-a-secret-",
            "LEADS_GITHUB__WEBHOOK_SECRET: the key is too short; make one of at least 32 characters",
        ),
        ("LEADS_WEB__URL", "http://leads.example.org", "LEADS_WEB__URL: the value is not encrypted"),
        (
            "LEADS_WEB__GITHUB_CLIENT_ID",
            "some-id",
            "LEADS_WEB: sign-in with GitHub needs both LEADS_WEB__GITHUB_CLIENT_ID and",
        ),
        (
            "LEADS_WEB__PROXY_HEADER",
            "X-Forwarded-User",
            "LEADS_WEB: LEADS_WEB__PROXY_HEADER counts from LEADS_WEB__TRUSTED_PROXIES only",
        ),
        (
            "LEADS_WEB__PROXY_HEADER",
            "Remote User",
            "LEADS_WEB__PROXY_HEADER: the value is no name of a header",
        ),
        (
            "LEADS_WEB__TRUSTED_PROXIES",
            '["proxy.example.org"]',
            "LEADS_WEB__TRUSTED_PROXIES (0): the value is no address or network",
        ),
    ],
)
def test_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, texts: str
) -> None:
    monkeypatch.setenv("LEADS_MAIL__HOST", "mail.example.org")
    monkeypatch.setenv(name, value)
    with pytest.raises(
        SettingsError, match=re.escape(f"wrong: {texts}") if name != "LEADS_SECRETS" else texts
    ):
        read_settings(tmp_path / "none.env")


@pytest.mark.parametrize(
    "root", ["http://localhost:1", "http://127.0.0.1", "http://[::1]:1", "http://a.localhost"]
)
def test_credentials_may_go_to_this_machine_in_the_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setenv("LEADS_GITHUB__API_URL", root)
    monkeypatch.setenv("LEADS_GOOGLE__API_ROOT", root)
    for host in ("localhost", "::1", "sandbox.localhost"):
        monkeypatch.setenv("LEADS_MAIL__HOST", host)
        monkeypatch.setenv("LEADS_MAIL__SECURITY", "none")
        assert read_settings(tmp_path / "none.env").github.api_url == root


def test_a_mistyped_setting_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some.env").write_text("LEADS_GITHUB__TOKNE=x\nLEADS_IMAGE=x\nLEADS_GITHUB__ORG=x\nOTHER=x\n")
    monkeypatch.setenv("LEADS_SOMETHING_ELSE_ENTIRELY", "x")
    monkeypatch.setenv("LEADS_GITHUB__COLUMNS__LEAD", "x")
    monkeypatch.setenv("LEADS_BY", "x")
    assert unknown_settings(tmp_path / "some.env") == [
        "LEADS_GITHUB__TOKNE is no setting (did you mean LEADS_GITHUB__TOKEN?)",
        "LEADS_SOMETHING_ELSE_ENTIRELY is no setting",
    ]
