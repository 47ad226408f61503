"""The policy in force: the built-in one, over that what the settings say, over that what LEADS_POLICY_FILE says."""

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.settings import Addresses, Settings, SettingsError
from process.policy import BUILT_IN, TEAMS, Policy

_PERSON = re.compile(r"@?[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})|team:[a-z0-9][a-z0-9._-]*")


def current(settings: Settings) -> Policy:
    """The policy that new leads are decided under.

    Its version is the file's own. Without a file it is the built-in one's, told apart by a digest where the settings name
    something else. Who is behind a role is no part of that: it changes without anybody deciding otherwise.
    Raises SettingsError where the file can't be meant.
    """
    policy = Policy.model_validate(_of_settings(settings))
    if settings.policy_file is None:
        return policy.replaced(version=_version(policy))
    said = _read(settings.policy_file)
    return _judged(settings.policy_file, _over(_of_settings(settings), said))


def _of_settings(settings: Settings) -> dict[str, Any]:
    """Addresses only where somebody set them: the examples that stand in for them are nobody's."""
    examples = Addresses()
    known = settings.addresses
    return {
        "columns": settings.github.columns,
        "people": {role: people for role, people in settings.people.items() if people},
        "addresses": {
            role: addresses
            for role in sorted(TEAMS)
            if (addresses := getattr(known, role)) and addresses != getattr(examples, role)
        },
    }


def _version(policy: Policy) -> str:
    names = policy.model_dump_json(exclude={"version", "people", "addresses"})
    built_in = Policy().model_dump_json(exclude={"version", "people", "addresses"})
    return BUILT_IN if names == built_in else f"{BUILT_IN}+{hashlib.sha256(names.encode()).hexdigest()[:6]}"


def _over(under: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says, over what is said otherwise; in a table, key by key."""
    both = {
        name: {**under[name], **value}
        if isinstance(under.get(name), dict) and isinstance(value, dict)
        else value
        for name, value in said.items()
    }
    return {**under, **both}


def _read(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no text"
        raise SettingsError(f"LEADS_POLICY_FILE: {file} can't be read: {why}.") from error
    try:
        match file.suffix:
            case ".toml":
                said: Any = tomllib.loads(text)
            case ".json":
                said = json.loads(text)
            case _:
                raise SettingsError(f"LEADS_POLICY_FILE: {file} is neither .toml nor .json.")
    except ValueError as error:
        raise SettingsError(f"LEADS_POLICY_FILE: {file} is not well-formed: {error}.") from error
    if not isinstance(said, dict):
        raise SettingsError(f"LEADS_POLICY_FILE: {file} must be an object with {_all(Policy)}.")
    return said


def _judged(file: Path, said: dict[str, Any]) -> Policy:
    try:
        policy = Policy.model_validate(said, extra="forbid")
    except ValidationError as error:
        wrong = [_sentence(item) for item in error.errors(include_url=False)]
    else:
        wrong = [*_complaints(policy, named="version" in said)]
        if not wrong:
            return policy
    raise SettingsError(f"LEADS_POLICY_FILE: {file} can't be meant: {'; '.join(wrong)}.")


def _sentence(item: ErrorDetails) -> str:
    *above, name = (str(part) for part in item["loc"] if part != "[key]")
    where = ".".join((*above, name))
    if item["type"] == "extra_forbidden":
        model = _model_at(above)
        near = difflib.get_close_matches(name, model.model_fields, n=1)
        meant = f" (did you mean {near[0]}?)" if near else ""
        return f"there is no {where}{meant}; {'.'.join(above) or 'it'} takes {_all(model)}"
    if item["type"] == "enum" and above[:1] in (["people"], ["addresses"]):
        return f"{where}: there are people behind {', '.join(sorted(TEAMS))} alone"
    return f"{where}: {item['msg'][0].lower()}{item['msg'][1:]}, not {json.dumps(item['input'], default=str)[:60]}"


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
    """What is sound in form and still can't be meant."""
    if not named:
        yield "version is missing: name each version, as 2026-09, and never the same for another policy"
    elif policy.version.partition("+")[0] == BUILT_IN:
        yield f"version: {BUILT_IN} is the built-in one, give this another"
    for role in sorted({*policy.people, *policy.addresses} - TEAMS):
        yield f"{role}: there are people behind {', '.join(sorted(TEAMS))} alone"
    for role, addresses in policy.addresses.items():
        if not addresses:
            yield f"addresses.{role}: name at least one, or leave it out"
        yield from (f"addresses.{role}: {a!r} is no mail address" for a in addresses if not _is_address(a))
    for role, people in policy.people.items():
        for person in people:
            if not _PERSON.fullmatch(person):
                yield f"people.{role}: {person!r} is neither a login nor team:SLUG"


def _is_address(text: str) -> bool:
    try:
        return text.isascii() and "@" in text and bool(Address(addr_spec=text))
    except (MessageError, ValueError, IndexError):
        return False
