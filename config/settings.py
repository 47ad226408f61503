"""Every setting of the service in one object, read from the environment, `.env` and secret files.

Names are `LEADS_<GROUP>__<NAME>`, as in `LEADS_GITHUB__TOKEN`; `.env.example` explains each. An empty value
counts as unset. The Temporal SDK reads its own variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE` …).
"""

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import quote

import pydantic_settings
from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from process.addresses import EXAMPLE, complaint_about, is_domain
from process.bounds import GIVEN_CHARACTERS, GIVEN_ENTRIES
from process.calendar import zone_exists
from process.links import is_loopback, link_complaint
from process.policy import COLUMNS
from process.types import Base, Line, Role, Stage, line_complaint


def _zone(name: str) -> str:
    if name and not zone_exists(name):
        raise ValueError("there is no such time zone; use an IANA name such as Europe/Berlin or UTC")
    return name


Zone = Annotated[str, AfterValidator(_zone)]


def _address(text: str) -> str:
    """Check a mail address. The message does not quote it, since error messages of settings never do."""
    if wrong := complaint_about(text):
        raise ValueError(f"the value {wrong}; write one address, as {EXAMPLE}")
    return text


def _sender(text: str) -> str:
    if line_complaint(text) or complaint_about(parseaddr(text)[1]):
        raise ValueError(f"the value is no sender; write it as {EXAMPLE} or Leads <{EXAMPLE}>")
    return text


def _domain(text: str) -> str:
    if not is_domain(text):
        raise ValueError("the value is no domain; write it as leads.example.org")
    return text


def _person(text: str) -> str:
    if wrong := line_complaint(text):
        raise ValueError(f"the value {wrong}")
    return text


MIN_KEY = 32
"""Characters of a secret key at least."""


def _key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < MIN_KEY:
        raise ValueError(
            f"the key is too short; make one of at least {MIN_KEY} characters: openssl rand -hex 32"
        )
    return value


Key = Annotated[SecretStr, AfterValidator(_key)]


def _api(url: str) -> str:
    """Check the root of an API, to which credentials are sent."""
    if complaint := link_complaint(url):
        raise ValueError(f"the value {complaint}. Only on this machine it may be http://")
    return url


ApiRoot = Annotated[str, AfterValidator(_api)]
MailAddress = Annotated[str, AfterValidator(_address)]
Person = Annotated[Line, AfterValidator(_person)]


class Group(Base):
    """Settings that belong together. None of their texts and lists is endless."""

    max_characters: ClassVar[int] = GIVEN_CHARACTERS
    max_entries: ClassVar[int] = GIVEN_ENTRIES


class GitHub(Group):
    """The repositories and board of leads and hubs, and the account that the service uses."""

    api_url: ApiRoot = Field(
        "https://api.github.com",
        description="Root URL of the REST API; on GitHub Enterprise it ends in /api/v3",
    )
    token: SecretStr | None = Field(None, description="Access token; leave empty if a GitHub App is used")
    app_id: int | None = Field(None, description="Id of the GitHub App")
    app_private_key: SecretStr | None = Field(None, description="Private key of the GitHub App (PEM)")
    app_installation_id: int | None = Field(
        None, description="Id of the GitHub App's installation on the organization"
    )
    webhook_secret: Key | None = Field(None, description="Secret that GitHub signs webhooks with")
    webhook_secret_previous: Key | None = Field(
        None, description="The secret before it, which counts too while it is being changed"
    )
    org: str = Field("2i2c-org", description="Organization that owns both repositories and the board")
    leads_repo: str = Field("leads", description="Repository with one issue per lead")
    hubs_repo: str = Field("pilot-hubs", description="Repository with one issue per hub")
    hubs_public: bool = Field(
        False,
        description="The repository of hubs is public on purpose: a hub's issue then names no person of the customer",
    )
    project_number: int = Field(1, description="Number of the organization's Projects v2 board")
    status_field: str = Field("Status", description="Name of the board's single-select field for the stage")
    columns: dict[Stage, Line] = Field(
        default=COLUMNS, description="Name of the board's column for each stage"
    )
    reconcile_minutes: int = Field(
        10, ge=0, le=1440, description="Minutes between reconciliations with GitHub and Drive; 0: never"
    )
    sweep_hours: int = Field(
        24,
        ge=1,
        le=168,
        description="Hours in which every open lead is compared with GitHub and Drive once, beside the changes",
    )
    timeout_seconds: float = Field(30, gt=0, description="Timeout of one request, in seconds")
    points_per_minute: int = Field(
        900,
        ge=0,
        description="Points that a process uses a minute at most: a read takes 1, a write 5, and GitHub allows 900. "
        "Several workers share these; 0: no limit (GitHub Enterprise)",
    )

    def setting_of(self, repo: str) -> str:
        """Return the name of the setting that names this repository."""
        return "LEADS_GITHUB__LEADS_REPO" if repo == self.leads_repo else "LEADS_GITHUB__HUBS_REPO"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets whose signatures count: the present one, and the one before it while it is being changed."""
        secrets = (self.webhook_secret, self.webhook_secret_previous)
        return tuple(secret.get_secret_value() for secret in secrets if secret) if self.webhook_secret else ()

    @property
    def follows_changes(self) -> bool:
        """True if the service notices what people do on GitHub, by webhook or reconciliation."""
        return self.webhook_secret is not None or self.reconcile_minutes > 0


class Google(Group):
    """Google Drive, Forms and Sheets, used with one service account."""

    @model_validator(mode="after")
    def _one_account(self) -> Self:
        if self.default_credentials and (self.credentials_file or self.subject):
            raise ValueError(
                "with LEADS_GOOGLE__DEFAULT_CREDENTIALS there is no LEADS_GOOGLE__CREDENTIALS_FILE and no "
                "LEADS_GOOGLE__SUBJECT: remove one or the others"
            )
        return self

    credentials_file: Path | None = Field(None, description="Key file of the service account (JSON)")
    default_credentials: bool = Field(
        False, description="Use Application Default Credentials instead, which need no key file"
    )
    drive_scope: Literal["drive", "drive.file"] = Field(
        "drive",
        description="Scope of Drive: all that is shared with the account, or only what it made itself",
    )
    subject: str | None = Field(None, description="User to act as, with domain-wide delegation")
    api_root: ApiRoot | None = Field(None, description="Another host for all three APIs (the sandbox)")
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
        description="Title of the question that asks for each of these fields",
    )
    questionnaire_url: str = Field(
        "", description="Pre-filled link to the questionnaire, with {lead} as the answer that names the lead"
    )
    new_leads_a_day: int = Field(
        20, ge=0, le=1000, description="New leads that the questionnaire opens in a day; further ones wait"
    )
    price_sheet: str = Field("", description="Id of the spreadsheet with the price list; empty: price_file")
    price_range: str = Field("Prices!A1:Z", description="Cell range of the price list in the sheet")
    timeout_seconds: float = Field(30, gt=0, description="Timeout of one request, in seconds")


class Mail(Group):
    """The SMTP server for outgoing mail."""

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        host = f"[{self.host}]" if ":" in self.host else self.host
        if self.security == "none" and not is_loopback(f"//{host}"):
            raise ValueError(
                "LEADS_MAIL__SECURITY is none, which is for a server on this machine: set starttls or tls"
            )
        return self

    host: str = "localhost"
    port: int = Field(587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="`none` only for localhost")
    username: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(_sender)] = Field(
        "leads@example.org", description="Address in From: of every mail"
    )
    message_id_domain: Annotated[str, AfterValidator(_domain)] = Field(
        "leads.example.org", description="Domain of the Message-IDs"
    )
    timeout_seconds: float = Field(30, gt=0)


class Addresses(Group):
    """Mail addresses of each role. A worker that starts passes changes on to every lead."""

    sales: list[MailAddress] = Field(default=["sales@example.org"])
    contracts: list[MailAddress] = Field(default=["contracts@example.org"])
    engineering: list[MailAddress] = Field(default=["engineering@example.org"])


class Invoicing(Group):
    """The sender's data on invoices. An invoice is marked as a draft while a required value is missing."""

    sender: str = Field("", description="Name of the sender")
    address: list[str] = Field(default=[], description="Address of the sender, line by line")
    tax_id: str = Field("", description="Tax id of the sender, as printed")
    bank: list[str] = Field(default=[], description="Payment details, line by line")
    payment_days: int = Field(
        30, ge=0, le=365, description="Days from the invoice's date until payment is due"
    )
    contact: str = Field("", description="Contact for questions about an invoice")
    note: str = Field("", description="Further text on every invoice, for example on taxes")
    fonts: list[Path] = Field(
        default=[], description="Font files for scripts beyond Latin, Greek, Cyrillic and Hebrew"
    )


class Digest(Group):
    """The weekly digest: a mail to each role, and to each person assigned by name, with their open tasks."""

    day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "never"] = (
        "monday"
    )
    hour: int = Field(8, ge=0, le=23)
    zone: Zone = Field("", description="Time zone of day and hour (IANA name); empty: LEADS_ZONE")


class Settings(Group, BaseSettings):
    """The settings of the service. The environment overrides `.env`, then come secret files, then defaults."""

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
    people: dict[Role, list[Person]] = Field(
        default={}, description="GitHub logins, and teams as team:SLUG, that may decide for each role"
    )
    aliases: dict[Line, list[Person]] = Field(
        default={},
        description="Other names of people by GitHub login: id:NUMBER of the account, mail addresses, command-line names",
    )
    signing_key: Key | None = Field(
        None,
        description="Key with which the service signs who decides, links, and what it remembers in issues: "
        "a random text of at least 32 characters",
    )
    signing_key_previous: Key | None = Field(
        None, description="The key before it, whose signatures still count while keys are rotated"
    )
    secrets: Path | None = Field(
        None, description="Folder of secret files, each named like its setting and holding the value"
    )
    ledger_url: SecretStr = Field(
        SecretStr("sqlite:///.leads/ledger.sqlite"),
        description="SQLAlchemy URL of the ledger, with its password",
    )
    policy_file: Path | None = Field(
        None, description="Policy as a TOML or JSON file; empty: the built-in policy"
    )
    price_file: Path | None = Field(None, description="Price list as a JSON file; empty: the built-in books")
    lead_ids: Literal["readable", "opaque"] = Field(
        "readable",
        description="Ids of new leads: with their organisation's name in them, or without (names of persons, secret ones)",
    )
    task_queue: str = Field("leads", description="Temporal task queue of the leads")
    chores_queue: str = Field(
        default_factory=lambda known: f"{known['task_queue']}-chores",
        description="Temporal task queue of issue syncs, reconciliations and digests; empty: the leads' one with -chores",
    )
    chores_namespace: str | None = Field(
        None,
        description="Temporal namespace of issue syncs, reconciliations and digests; empty: the leads' one",
    )
    worker_deployment: str = Field("leads", description="Name of the worker deployment (worker versioning)")
    worker_only: Literal["leads", "chores"] | None = Field(
        None, description="Work on one of the two task queues only; empty: on both"
    )
    worker_build: str | None = Field(
        None, description="Build id of this worker (worker versioning); empty: no versioning"
    )
    worker_versioning: Literal["auto-upgrade", "pinned"] = Field(
        "auto-upgrade",
        description="When leads move to a promoted build: with their next task, or with their next run",
    )
    zone: Zone = Field("UTC", description="Time zone of a lead without one (IANA name)")
    temporal_ui: str = Field("http://localhost:8233", description="Root URL of the Temporal UI, for links")
    log_format: Literal["console", "json"] = "console"
    metrics_address: str | None = Field(
        None, description="host:port that serves Prometheus metrics; empty: none"
    )
    activity_threads: int = Field(
        16, ge=1, description="Number of concurrent calls to outside systems for leads, in one worker"
    )
    chores_threads: int = Field(
        8,
        ge=1,
        description="Number of concurrent issue syncs, reconciliations and digest mails, in one worker",
    )
    cache_mb: int | None = Field(
        None,
        ge=1,
        description="Memory for leads that a worker keeps ready, in MB; empty: half of what it may use beyond its own",
    )
    take_over_seconds: float = Field(
        10,
        gt=0,
        description="Seconds that a lead waits for the worker that keeps it ready, before another one",
    )

    @property
    def current_signing_key(self) -> str:
        """The key with which the service signs; empty if there is none."""
        return self.signing_keys[0] if self.signing_keys else ""

    @property
    def signing_keys(self) -> tuple[str, ...]:
        """The keys whose signatures count: the present one, which signs, and the one before."""
        return tuple(key.get_secret_value() for key in (self.signing_key, self.signing_key_previous) if key)


class SettingsError(ValueError):
    """A setting is invalid. The message names the setting and never quotes its value."""


OTHER_NAMES = frozenset({"LEADS_BY", "LEADS_DEBUG", "LEADS_IMAGE"})
"""Variables that begin with LEADS_ and are no settings: the command line's and Compose's."""


def read_settings(*files: str | Path) -> Settings:
    """Read the settings from the environment, these files (by default `.env`) and LEADS_SECRETS.

    Raises SettingsError if a setting is invalid.
    """
    files = files or (".env",)
    values = _given_values(files)
    folder = values.get("LEADS_SECRETS")
    if folder and not Path(folder).is_dir():
        raise SettingsError("LEADS_SECRETS: there is no such folder.")
    try:
        return Settings(_env_file=files, _secrets_dir=folder)
    except ValidationError as error:
        found = [
            f"{_name(item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        ]
    except pydantic_settings.SettingsError:  # a list or map that is not JSON; the error does not name it
        known = dict(_names(Settings))
        found = [
            f"{name}: must be JSON; .env.example shows how"
            for name in values
            if _is_broken_json(name, values, known)
        ]
    raise SettingsError(f"A setting is wrong: {'; '.join(found) or 'a list or map must be JSON'}.")


def secret_files(*names: str) -> dict[str, str]:
    """Return the values of those of these files that are in LEADS_SECRETS. They are no settings of ours."""
    folder = _given_values((".env",)).get("LEADS_SECRETS")
    files = [Path(folder) / name for name in names] if folder else []
    return {file.name: file.read_text().strip() for file in files if file.is_file()}


def unknown_settings(*files: str | Path) -> list[str]:
    """Return a sentence for each LEADS_ variable that is no setting, for example a mistyped one."""
    known = dict(_names(Settings))
    maps = tuple(f"{name}__" for name, kind in known.items() if getattr(kind, "__origin__", None) is dict)
    return [
        f"{name} is no setting{f' (did you mean {near[0]}?)' if near else ''}"
        for name in _given_values(files or (".env",))
        if name not in known and name not in OTHER_NAMES and not name.startswith(maps)
        for near in [difflib.get_close_matches(name, known, n=1, cutoff=0.8)]
    ]


def _given_values(files: tuple[str | Path, ...]) -> dict[str, str]:
    """Return all LEADS_ variables that are not empty; the environment overrides the files."""
    found: dict[str, str | None] = {}
    for file in files:
        found |= dotenv_values(file)
    found |= os.environ
    return {
        name.upper(): value for name, value in found.items() if value and name.upper().startswith("LEADS_")
    }


def _names(model: type[BaseModel], prefix: str = "LEADS_") -> Iterator[tuple[str, Any]]:
    """Yield the environment variable of each setting, with its type."""
    for name, field in model.model_fields.items():
        kind, variable = field.annotation, f"{prefix}{name.upper()}"
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _names(kind, f"{variable}__")
        else:
            yield variable, kind


def _name(location: tuple[int | str, ...]) -> str:
    """Return the setting that an error is about, and the position in it."""
    variable, inside = "LEADS", list(map(str, location))
    known = dict(_names(Settings))
    while inside and variable not in known:
        variable += f"{'_' if variable == 'LEADS' else '__'}{inside.pop(0).upper()}"
    where = ", ".join(part for part in inside if part != "[key]")
    return f"{variable} ({where})" if where else variable


def _is_broken_json(name: str, values: Mapping[str, str], known: Mapping[str, Any]) -> bool:
    if getattr(known.get(name), "__origin__", None) not in (dict, list):
        return False
    try:
        json.loads(values[name])
    except ValueError:
        return True
    return False


def public_page(ui: str, namespace: str, lead_id: str) -> str:
    """Return the URL of a lead's page for a mail or an issue; empty if only the server itself could open it."""
    return "" if is_loopback(ui) else lead_page(ui, namespace, lead_id)


def lead_page(ui: str, namespace: str, lead_id: str) -> str:
    """Return the URL of a lead's page in the Temporal UI."""
    return f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{quote(lead_id, safe='')}"
