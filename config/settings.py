"""Every setting of the service in one object, read from the environment, `.env` and secret files.

Names are `LEADS_<GROUP>__<NAME>`, as in `LEADS_GITHUB__TOKEN`; `.env.example` explains each. An empty value
counts as unset. The Temporal SDK reads its own variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE` …).
"""

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pydantic_settings
from dotenv import dotenv_values
from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.groups import (
    Addresses,
    Digest,
    GitHub,
    Google,
    Group,
    Invoicing,
    Key,
    Keys,
    Mail,
    Person,
    Web,
    Zone,
)
from process.links import is_loopback
from process.types import Line, Role


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
    web: Web = Web()
    keys: Keys = Keys()
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
        description="Temporal task queue of chores, such as issue syncs; empty: the leads' one with -chores",
    )
    chores_namespace: str | None = Field(
        None,
        description="Temporal namespace of chores; empty: the leads' one",
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
        description="Number of concurrent activities of chores, in one worker",
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
    def pepper(self) -> str:
        """The key of digests that stand in the clear; empty if there is none."""
        return self.keys.pepper.get_secret_value() if self.keys.pepper else ""

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
            # A default that follows from another setting is not wrong itself.
            if item["type"] != "default_factory_not_called"
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
