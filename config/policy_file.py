"""The policy in force: the built-in policy, overridden by the settings, overridden by LEADS_POLICY_FILE."""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.groups import Addresses
from config.settings import Settings, SettingsError
from process.actor import plain_name
from process.addresses import complaint_about, is_domain
from process.plain_errors import plain
from process.policy import BUILT_IN, TEAM_FIELDS, TEAMS, Policy

_PERSON = re.compile(r"@?[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})|team:[a-z0-9][a-z0-9._-]*")


def current_policy(settings: Settings) -> Policy:
    """Return the policy that applies to new leads.

    A file carries its own version. Without a file, the built-in version gets a checksum as suffix if the settings
    change something. People and addresses are not part of the checksum, since they change no decision.
    Raises SettingsError for an invalid file.
    """
    policy = Policy.model_validate(_from_settings(settings))
    if shared := _shared(policy):
        raise SettingsError(f"LEADS_ALIASES: {shared}.")
    if settings.policy_file is None:
        return policy.replaced(version=_version(policy))
    content = _read(settings.policy_file)
    return _validated(settings.policy_file, _merged(_from_settings(settings), content))


def _from_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings' part of the policy. Example addresses, which are the defaults, are left out."""
    examples = Addresses()
    known = settings.addresses
    return {
        "columns": settings.github.columns,
        "people": {role: people for role, people in settings.people.items() if people},
        "aliases": {person: others for person, others in settings.aliases.items() if others},
        "addresses": {
            role: addresses
            for role in sorted(TEAMS)
            if (addresses := getattr(known, role)) and addresses != getattr(examples, role)
        },
    }


def _version(policy: Policy) -> str:
    names = policy.model_dump_json(exclude={"version", *TEAM_FIELDS})
    built_in = Policy().model_dump_json(exclude={"version", *TEAM_FIELDS})
    return BUILT_IN if names == built_in else f"{BUILT_IN}+{hashlib.sha256(names.encode()).hexdigest()[:6]}"


def _merged(base: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` overridden by `content`; tables are merged key by key."""
    merged = {
        name: {**base[name], **value}
        if isinstance(base.get(name), dict) and isinstance(value, dict)
        else value
        for name, value in content.items()
    }
    return {**base, **merged}


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is not text"
        raise SettingsError(f"LEADS_POLICY_FILE: {file} cannot be read: {why}.") from error
    try:
        match file.suffix:
            case ".toml":
                content: Any = tomllib.loads(text)
            case ".json":
                content = json.loads(text)
            case _:
                raise SettingsError(f"LEADS_POLICY_FILE: {file} is neither .toml nor .json.")
    except ValueError as error:
        raise SettingsError(f"LEADS_POLICY_FILE: {file} is not well-formed: {error}.") from error
    if not isinstance(content, dict):
        raise SettingsError(f"LEADS_POLICY_FILE: {file} must be an object with {_all(Policy)}.")
    return content


def _validated(file: Path, content: dict[str, Any]) -> Policy:
    try:
        policy = Policy.model_validate(content, extra="forbid")
    except ValidationError as error:
        wrong = [_sentence(item) for item in error.errors(include_url=False)]
    else:
        wrong = [*_complaints(policy, named="version" in content)]
        if not wrong:
            return policy
    raise SettingsError(f"LEADS_POLICY_FILE: {file} is not valid: {'; '.join(wrong)}.")


def _sentence(item: ErrorDetails) -> str:
    *above, name = (str(part) for part in item["loc"] if part != "[key]")
    where = ".".join((*above, name))
    if item["type"] == "extra_forbidden":
        model = _model_at(above)
        near = difflib.get_close_matches(name, model.model_fields, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"there is no {where}{meant}; {'.'.join(above) or 'it'} takes {_all(model)}"
    if item["type"] == "enum" and above[:1] in (["people"], ["addresses"]):
        return f"{where}: only these roles have people: {', '.join(sorted(TEAMS))}"
    return f"{where}: {plain(item)}, not {json.dumps(item['input'], default=str)[:60]}"


def _model_at(path: list[str]) -> type[BaseModel]:
    model: type[BaseModel] = Policy
    for name in path:
        annotation = model.model_fields[name].annotation
        inner = next((each for each in (annotation, *get_args(annotation)) if _is_model(each)), None)
        model = inner or model
    return model


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _all(model: type[BaseModel]) -> str:
    return ", ".join(model.model_fields)


def _complaints(policy: Policy, *, named: bool) -> Iterator[str]:
    """Yield the errors in a policy that is well-formed."""
    if not named:
        yield "version is missing: name it, for example 2026-09, and change it whenever the policy changes"
    elif policy.version.partition("+")[0] == BUILT_IN:
        yield f"version: {BUILT_IN} is the name of the built-in policy; choose another"
    for role in sorted({*policy.people, *policy.addresses} - TEAMS):
        yield f"{role}: only these roles have people: {', '.join(sorted(TEAMS))}"
    for role, addresses in policy.addresses.items():
        if not addresses:
            yield f"addresses.{role}: name at least one address, or leave it out"
        yield from (f"addresses.{role}: {a!r} {wrong}" for a in addresses if (wrong := complaint_about(a)))
    for domain in policy.mail_domains:
        if not is_domain(domain):
            yield f"mail_domains: {domain!r} is no domain; write it as example.org"
    if shared := _shared(policy):
        yield f"aliases: {shared}"
    for role, people in policy.people.items():
        for person in people:
            if not _PERSON.fullmatch(person):
                yield f"people.{role}: {person!r} is neither a login nor team:SLUG"


def _shared(policy: Policy) -> str:
    """Return the complaint that two persons have one name, as a clause; empty if none have."""
    owners: dict[str, str] = {}
    for person, others in policy.aliases.items():
        for name in {plain_name(each) for each in (person, *others)}:
            if owners.setdefault(name, person) != person:
                return f"{owners[name]} and {person} have a name in common; one name means one person"
    return ""
