"""GitHub's OpenAPI (`openapi.json` beside this file): the operations, and the validation of requests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from sandbox.github.errors import GitHubError, InvalidError

Json = dict[str, Any]

_ARTICLES = {"array": "an array", "object": "an object", "integer": "an integer", "null": "null"}


@dataclass(frozen=True)
class Operation:
    """A method on a path."""

    id: str
    method: str
    path: str
    documentation_url: str
    choices: Mapping[str, tuple[str, ...]]
    """Query parameters with a fixed set of values."""
    body: Draft202012Validator | None
    has_location: bool
    """True if the answer 201 has the header Location."""

    def check_query(self, query: Mapping[str, str]) -> None:
        """Validate the query. Raises InvalidError. Unknown parameters are ignored, as at GitHub."""
        for name, values in self.choices.items():
            if name in query and query[name] not in values:
                raise InvalidError("Search", name, "invalid", value=query[name])

    def read_body(self, content: bytes) -> Any:
        """Parse and validate the body; return None if the operation takes none.

        Raises:
            GitHubError: 400 if it is not JSON, 422 if it does not match the schema.
        """
        if self.body is None:
            return None
        try:
            value = json.loads(content or b"{}")
        except ValueError:
            raise GitHubError(400, "Problems parsing JSON") from None
        if not isinstance(value, dict | list):
            raise GitHubError(400, "Body should be a JSON object")
        errors = sorted(self.body.iter_errors(value), key=lambda error: list(map(str, error.absolute_path)))
        if errors:
            complaints = "\n".join(line for error in errors for line in _messages(error))
            raise GitHubError(422, f"Invalid request.\n\n{complaints}")
        return value


@cache
def operations() -> tuple[Operation, ...]:
    """Return all operations of the document."""
    document: Json = json.loads(Path(__file__).with_name("openapi.json").read_text(encoding="utf-8"))
    return tuple(
        Operation(
            id=described["operationId"],
            method=method.upper(),
            path=path,
            documentation_url=described["externalDocs"]["url"],
            choices=dict(_choices(described, document)),
            body=_body(described, document),
            has_location="Location" in described["responses"].get("201", {}).get("headers", {}),
        )
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    )


def _choices(described: Json, document: Json) -> Iterator[tuple[str, tuple[str, ...]]]:
    for parameter in described.get("parameters", []):
        resolved = _resolve(parameter, document)
        if resolved["in"] == "query" and "enum" in resolved["schema"]:
            yield resolved["name"], tuple(resolved["schema"]["enum"])


def _body(described: Json, document: Json) -> Draft202012Validator | None:
    if "requestBody" not in described:
        return None
    return Draft202012Validator(
        _plain(described["requestBody"]["content"]["application/json"]["schema"], document)
    )


def _resolve(value: Json, document: Json) -> Json:
    if "$ref" not in value:
        return value
    _, _, section, name = value["$ref"].split("/")
    found: Json = document["components"][section][name]
    return found


def _plain(schema: Any, document: Json) -> Any:
    """Convert an OpenAPI 3.0 schema of a request to JSON Schema.

    References are resolved and `nullable` becomes a type. As at GitHub, unlisted keys are refused and a value may match
    several alternatives.
    """
    if isinstance(schema, list):
        return [_plain(part, document) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = _resolve(schema, document)
    plain: Json = {
        "anyOf" if key == "oneOf" else key: (
            {name: _plain(part, document) for name, part in value.items()}
            if key == "properties"
            else _plain(value, document)
        )
        for key, value in schema.items()
        if key not in ("nullable", "discriminator")
    }
    if "properties" in plain:
        plain.setdefault("additionalProperties", False)
    if schema.get("nullable"):
        if "type" in plain:
            plain["type"] = [plain["type"], "null"]
        if "anyOf" in plain:
            plain["anyOf"].append({"type": "null"})
    return plain


def _messages(error: ValidationError) -> Iterator[str]:
    given: Any = error.instance
    rule: Any = error.validator_value
    value = "nil" if given is None else json.dumps(given, ensure_ascii=False)
    path = "/".join(str(part) for part in error.schema_path if part not in ("type", "enum", "anyOf"))
    where = f"For '{path}', " if path else ""
    match error.validator:
        case "required":
            yield from (f'"{name}" wasn\'t supplied.' for name in rule if name not in given)
        case "additionalProperties":
            # the rule is only `false`
            known = cast(Json, error.schema)["properties"]
            yield from (f'"{name}" is not a permitted key.' for name in given if name not in known)
        case "type":
            first = rule[0] if isinstance(rule, list) else rule
            yield f"{where}{value} is not {_ARTICLES.get(first, f'a {first}')}."
        case "enum":
            allowed = ", ".join(json.dumps(choice) for choice in rule if choice is not None)
            yield f"{where}{value} is not a member of [{allowed}]."
        case "anyOf":
            yield 'No subschema in "anyOf" matched.'
            for part in error.context or ():
                yield from _messages(part)
        case _:
            yield f"{where}{error.message}"
