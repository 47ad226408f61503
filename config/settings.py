"""Every setting of the service in one object, read from the environment, `.env` and secret files.

Names are `LEADS_<GROUP>__<NAME>`, as in `LEADS_GITHUB__TOKEN`; `.env.example` explains each; an empty value is as none.
How to reach Temporal is not here: the SDK reads that itself (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_TLS_*` …).
"""

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pydantic_settings
from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from process.calendar import zone_exists
from process.policy import COLUMNS
from process.types import Line, Role, Stage


def _zone(name: str) -> str:
    if name and not zone_exists(name):
        raise ValueError("there is no such time zone; name one as Europe/Berlin or UTC")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class GitHub(BaseModel):
    """Where leads and hubs have their issues, and as whom we write there."""

    api_url: str = Field("https://api.github.com", description="REST root; GitHub Enterprise ends in /api/v3")
    token: SecretStr | None = Field(None, description="A token; leave empty when a GitHub App is used")
    app_id: int | None = Field(None, description="GitHub App: its id")
    app_private_key: SecretStr | None = Field(None, description="GitHub App: its private key (PEM)")
    app_installation_id: int | None = Field(
        None, description="GitHub App: its installation on the organization"
    )
    webhook_secret: SecretStr | None = Field(None, description="The secret that GitHub signs webhooks with")
    org: str = Field("2i2c-org", description="Organization that owns both repositories and the board")
    leads_repo: str = Field("leads", description="Repository with one issue per lead")
    hubs_repo: str = Field("pilot-hubs", description="Repository with one issue per hub")
    project_number: int = Field(1, description="Number of the organization's Projects v2 board")
    status_field: str = Field("Status", description="The board's single-select field that holds the stage")
    columns: dict[Stage, Line] = Field(default=COLUMNS, description="Stage -> name of the board's column")
    reconcile_minutes: int = Field(
        10, ge=0, le=1440, description="Minutes between looks at what no webhook told; 0: never"
    )
    timeout_seconds: float = Field(30, gt=0, description="For one request")

    def setting_of(self, repo: str) -> str:
        """What the setting is called that names this repository."""
        return "LEADS_GITHUB__LEADS_REPO" if repo == self.leads_repo else "LEADS_GITHUB__HUBS_REPO"

    @property
    def is_heard(self) -> bool:
        """Whether anybody looks at what people do on GitHub."""
        return self.webhook_secret is not None or self.reconcile_minutes > 0


class Google(BaseModel):
    """Drive, Forms and Sheets, reached with one service account."""

    credentials_file: Path | None = Field(None, description="Service-account key (JSON file)")
    subject: str | None = Field(None, description="User to act for, with domain-wide delegation")
    api_root: str | None = Field(None, description="Other host for all three APIs (the sandbox)")
    leads_folder: str = Field("", description="Id of the Drive folder `sales/leads/`, in a shared drive")
    questionnaire_form: str = Field("", description="Id of the leads questionnaire (Google Form)")
    questions: dict[Literal["org", "person", "email", "title", "lead"], str] = Field(
        default={
            "org": "Organisation",
            "person": "Your name",
            "email": "E-mail",
            "title": "What do you want to do with a hub?",
            "lead": "Lead",
        },
        description="What a lead needs to know -> title of the questionnaire's question that asks for it",
    )
    questionnaire_url: str = Field("", description="The link that people are sent to answer it")
    price_sheet: str = Field("", description="Id of the spreadsheet with the price list; empty: price_file")
    price_range: str = Field("Prices!A1:Z", description="Where in the sheet the price list stands")
    timeout_seconds: float = Field(30, gt=0, description="For one request")


class Mail(BaseModel):
    """The SMTP server that takes our mail."""

    host: str = "localhost"
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="`none` only for localhost")
    username: str | None = None
    password: SecretStr | None = None
    sender: str = Field("leads@example.org", description="From: of every mail")
    message_id_domain: str = Field("leads.example.org", description="Right-hand side of stable Message-IDs")
    timeout_seconds: float = Field(30, gt=0)


class Addresses(BaseModel):
    """Who is behind each role. A worker that starts tells every lead; each mail's receipt says whom it reached."""

    sales: list[str] = Field(default=["sales@example.org"])
    contracts: list[str] = Field(default=["contracts@example.org"])
    engineering: list[str] = Field(default=["engineering@example.org"])


class Invoicing(BaseModel):
    """What our invoices say of us. As long as something of it is missing, they are drafts."""

    sender: str = Field("", description="Who sends them: our name")
    address: list[str] = Field(default=[], description="Our address, line by line")
    tax_id: str = Field("", description="Our tax id, as it is to be printed")
    bank: list[str] = Field(default=[], description="How they are paid, line by line")
    payment_days: int = Field(
        30, ge=0, le=365, description="Days from its date in which an invoice is to be paid"
    )
    contact: str = Field("", description="Whom to ask about an invoice: an address or a number")
    note: str = Field("", description="What else every invoice says, as on taxes")
    fonts: list[Path] = Field(
        default=[], description="Font files for scripts beyond Latin, Greek, Cyrillic and Hebrew"
    )


class Digest(BaseModel):
    """The week's digest: what is to be done, by mail, to each role and to each person who has one by name."""

    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "never"] = (
        "monday"
    )
    hour: int = Field(8, ge=0, le=23)
    zone: Zone = Field("", description="Whose day and hour that is (IANA name); empty: LEADS_ZONE")


class Settings(BaseSettings):
    """The environment goes before `.env`, that before secret files; what none of them sets has its default."""

    model_config = SettingsConfigDict(
        env_prefix="LEADS_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        files = NestedSecretsSettingsSource(file_secret_settings)
        return init_settings, env_settings, dotenv_settings, files

    github: GitHub = GitHub()
    google: Google = Google()
    mail: Mail = Mail()
    addresses: Addresses = Addresses()
    invoice: Invoicing = Invoicing()
    digest: Digest = Digest()
    people: dict[Role, list[Line]] = Field(
        default={}, description="Role -> GitHub logins, and teams as team:SLUG, that decide for it on GitHub"
    )
    secrets: Path | None = Field(
        None, description="Folder of secret files: each is called as its setting, and holds the value"
    )
    ledger_url: SecretStr = Field(
        SecretStr("sqlite:///.leads/ledger.sqlite"),
        description="SQLAlchemy URL of the ledger, password and all",
    )
    policy_file: Path | None = Field(
        None, description="The policy as a TOML or JSON file; empty: the built-in one with what settings say"
    )
    price_file: Path | None = Field(None, description="Price list as a JSON file; empty: the built-in books")
    task_queue: str = Field("leads", description="Temporal task queue")
    worker_deployment: str = Field("leads", description="Worker versioning: name of the deployment")
    worker_build: str | None = Field(
        None, description="Worker versioning: this worker's build; empty: no versioning"
    )
    zone: Zone = Field("UTC", description="Time zone of a lead that names none (IANA name)")
    temporal_ui: str = Field("http://localhost:8233", description="Where the Temporal UI is, for links")
    log_format: Literal["console", "json"] = "console"
    metrics_address: str | None = Field(None, description="host:port for Prometheus metrics; empty: none")
    activity_threads: int = Field(16, ge=1, description="Calls to outside systems at the same time")


class SettingsError(ValueError):
    """A setting is wrong. The text names it and has no value in it."""


ELSEWHERE = frozenset({"LEADS_BY", "LEADS_DEBUG", "LEADS_IMAGE"})
"""Names of ours that are no settings: the command line's own, and Compose's."""


def read_settings(*files: str | Path) -> Settings:
    """The settings, from the environment, these files (by default `.env`), and LEADS_SECRETS. Raises SettingsError."""
    files = files or (".env",)
    said = _said(files)
    folder = said.get("LEADS_SECRETS")
    if folder and not Path(folder).is_dir():
        raise SettingsError("LEADS_SECRETS: there is no such folder.")
    try:
        return Settings(_env_file=files, _secrets_dir=folder)
    except ValidationError as error:
        found = [
            f"{_name(item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    except pydantic_settings.SettingsError:  # a list or map that is no JSON; it does not say which
        known = dict(_names(Settings))
        found = [
            f"{name}: is to be JSON; .env.example shows how" for name in said if _no_json(name, said, known)
        ]
    raise SettingsError(f"A setting is wrong: {'; '.join(found) or 'a list or map is to be JSON'}.")


def unknown(*files: str | Path) -> list[str]:
    """What is called as a setting and is none: so mistyped that it would have no effect. A sentence each."""
    known = dict(_names(Settings))
    maps = tuple(f"{name}__" for name, kind in known.items() if getattr(kind, "__origin__", None) is dict)
    return [
        f"{name} is no setting{f' (did you mean {near[0]}?)' if near else ''}"
        for name in _said(files or (".env",))
        if name not in known and name not in ELSEWHERE and not name.startswith(maps)
        for near in [difflib.get_close_matches(name, known, n=1, cutoff=0.8)]
    ]


def _said(files: tuple[str | Path, ...]) -> dict[str, str]:
    """All that is called as ours, in the environment or else the files, and is not empty."""
    every: dict[str, str | None] = {}
    for file in files:
        every |= dotenv_values(file)
    every |= os.environ
    return {
        name.upper(): value for name, value in every.items() if value and name.upper().startswith("LEADS_")
    }


def _names(model: type[BaseModel], prefix: str = "LEADS_") -> Iterator[tuple[str, Any]]:
    """The environment variable of each setting, and its type."""
    for name, field in model.model_fields.items():
        kind, variable = field.annotation, f"{prefix}{name.upper()}"
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, f"{variable}__")
        else:
            yield variable, kind


def _name(place: tuple[int | str, ...]) -> str:
    """The setting that an error is about, and where in it."""
    variable, inside = "LEADS", list(map(str, place))
    known = dict(_names(Settings))
    while inside and variable not in known:
        variable += f"{'_' if variable == 'LEADS' else '__'}{inside.pop(0).upper()}"
    where = ", ".join(part for part in inside if part != "[key]")
    return f"{variable} ({where})" if where else variable


def _no_json(name: str, said: Mapping[str, str], known: Mapping[str, Any]) -> bool:
    if getattr(known.get(name), "__origin__", None) not in (dict, list):
        return False
    try:
        json.loads(said[name])
    except ValueError:
        return True
    return False


def lead_page(ui: str, namespace: str, lead: str) -> str:
    """A lead's page in the Temporal UI."""
    return f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{quote(lead, safe='')}"
