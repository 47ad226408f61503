"""Every setting of the service in one object, read from the environment, `.env` and secret files.

Names are `LEADS_<GROUP>__<NAME>`, as in `LEADS_GITHUB__TOKEN`; `.env.example` explains each; an empty value is as none.
How to reach Temporal is not here: the SDK reads that itself (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_TLS_*` …).
"""

from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from process.model import Line, Role, Stage
from process.policy import COLUMNS


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
    zone: str = Field("", description="Whose day and hour that is (IANA name); empty: LEADS_ZONE")


class Settings(BaseSettings):
    """The environment goes before `.env`; what neither sets has its default."""

    model_config = SettingsConfigDict(
        env_prefix="LEADS_",
        env_nested_delimiter="__",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    github: GitHub = GitHub()
    google: Google = Google()
    mail: Mail = Mail()
    addresses: Addresses = Addresses()
    invoice: Invoicing = Invoicing()
    digest: Digest = Digest()
    people: dict[Role, list[Line]] = Field(
        default={}, description="Role -> GitHub logins, and teams as team:SLUG, that decide for it on GitHub"
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
    zone: str = Field("UTC", description="Time zone of a lead that names none (IANA name)")
    temporal_ui: str = Field("http://localhost:8233", description="Where the Temporal UI is, for links")
    log_format: Literal["console", "json"] = "console"
    metrics_address: str | None = Field(None, description="host:port for Prometheus metrics; empty: none")
    activity_threads: int = Field(16, ge=1, description="Calls to outside systems at the same time")


class SettingsError(ValueError):
    """A setting can't be meant. The text names it and has no value in it."""


def read_settings(*files: str | Path) -> Settings:
    """The settings, from the environment and these files (by default `.env`). Raises SettingsError."""
    try:
        return Settings(_env_file=files or ".env")
    except ValidationError as error:
        found = (
            f"LEADS_{'__'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_url=False, include_context=False, include_input=False)
        )
        raise SettingsError(f"A setting can't be meant: {'; '.join(found)}.") from error


def lead_page(ui: str, namespace: str, lead: str) -> str:
    """A lead's page in the Temporal UI."""
    return f"{ui.rstrip('/')}/namespaces/{quote(namespace, safe='')}/workflows/{quote(lead, safe='')}"
