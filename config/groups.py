"""The groups of settings: what belongs together, each with its checks."""

import re
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from process.addresses import EXAMPLE, complaint_about, is_domain
from process.bounds import GIVEN_CHARACTERS, GIVEN_ENTRIES
from process.calendar import zone_exists
from process.links import is_loopback, link_complaint
from process.policy import COLUMNS
from process.types import Base, Line, Stage, line_complaint


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


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError("the value is no address or network; write it as 10.0.0.2 or 10.0.0.0/24") from None
    return text


def _header(name: str) -> str:
    if name and not re.fullmatch(r"[A-Za-z0-9-]{1,100}", name):
        raise ValueError("the value is no name of a header; write it as X-Forwarded-User")
    return name.lower()


class Keys(Group):
    """The keys under which personal data is sealed, and where they are kept."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.encryption == "on" and not self.master_key:
            raise ValueError("with LEADS_KEYS__ENCRYPTION=on there must be a LEADS_KEYS__MASTER_KEY")
        if self.master_key_previous and not self.master_key:
            raise ValueError("without LEADS_KEYS__MASTER_KEY there is no LEADS_KEYS__MASTER_KEY_PREVIOUS")
        return self

    encryption: Literal["on", "off"] | None = Field(
        None, description="Seal what is written into Temporal and the ledger; empty: if there is a master key"
    )
    master_key: Key | None = Field(
        None, description="Master key, which wraps all other keys: a random text of at least 32 characters"
    )
    master_key_previous: Key | None = Field(
        None, description="The master key before it, until `leads keys rotate` has wrapped all keys anew"
    )
    pepper: Key | None = Field(
        None,
        description="Key of the digests by which customers are found in Temporal; it stays the same for ever",
    )
    store_url: SecretStr = Field(
        SecretStr("sqlite:///.leads/keys.sqlite"),
        description="SQLAlchemy URL of the key store, a database that no backup of another one holds",
    )
    cache_seconds: int = Field(
        60,
        ge=0,
        le=3600,
        description="Seconds for which a process may use a key without asking for it again; an erasure waits as long",
    )

    @property
    def seals(self) -> bool:
        """True if what is written is sealed. What is sealed is read in any case, if there is a master key."""
        return self.master_key is not None and self.encryption != "off"

    @property
    def master_keys(self) -> tuple[str, ...]:
        """The present master key, and the one before it while it is being changed."""
        return tuple(key.get_secret_value() for key in (self.master_key, self.master_key_previous) if key)


class Web(Group):
    """The pages, the HTTP API, and the people who may see them."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.github_client_id is None) != (self.github_client_secret is None):
            raise ValueError(
                "sign-in with GitHub needs both LEADS_WEB__GITHUB_CLIENT_ID and LEADS_WEB__GITHUB_CLIENT_SECRET"
            )
        if self.proxy_header and not self.trusted_proxies:
            raise ValueError(
                "LEADS_WEB__PROXY_HEADER counts from LEADS_WEB__TRUSTED_PROXIES only: set these addresses, too"
            )
        return self

    url: ApiRoot | None = Field(
        None, description="Root URL at which people open the pages, https://; empty: only on this machine"
    )
    github_client_id: Line | None = Field(
        None, description="Client id of the OAuth app (or GitHub App) with which people sign in"
    )
    github_client_secret: SecretStr | None = Field(None, description="Client secret of the same app")
    proxy_header: Annotated[str, AfterValidator(_header)] = Field(
        "", description="Header in which a trusted proxy says who is there; empty: none is believed"
    )
    trusted_proxies: list[Annotated[str, AfterValidator(_network)]] = Field(
        default=[], description="Addresses or networks of the proxies that are believed"
    )
    calendar_names: bool = Field(
        True,
        description="Calendars tell what is to be done; false: only how urgent it is and the organisation, no persons",
    )
    store_url: SecretStr = Field(
        SecretStr("sqlite:///.leads/web.sqlite"),
        description="SQLAlchemy URL of the store of accounts, tokens and links, with its password",
    )
