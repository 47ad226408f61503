"""Google's discovery documents, which validate every call.

They ship with google-api-python-client. They define the routes, the types of parameters, the schemas of bodies, the
scopes that allow a call, and the names that a `fields` mask may use.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import QueryParams

from sandbox.google import errors
from sandbox.google.errors import Family
from sandbox.google.fields import Mask, MaskError, parse

Json = dict[str, Any]

_SERVICE = {
    "drive": "google.apps.drive.v3.Drive",
    "forms": "google.apps.forms.v1.",
    "sheets": "google.apps.sheets.v4.",
}
_VERSION = {"drive": "v3", "forms": "v1", "sheets": "v4"}


@dataclass(frozen=True)
class Method:
    """A method of an API. `request` and `response` name the schemas of its bodies, if it has any."""

    api: "Api"
    id: str
    verb: str
    path: re.Pattern[str]
    parameters: Json
    scopes: frozenset[str]
    request: str | None
    response: str | None
    uploads: bool

    @property
    def rpc(self) -> str:
        """Name of the method in Google's error details."""
        *resources, name = self.id.split(".")[1:]
        service = "".join(each.title() for each in resources)
        return f"{_SERVICE[self.api.family]}{service}.{name[0].upper()}{name[1:]}"

    def query(self, given: QueryParams) -> Json:
        """Return the query parameters, converted to their types.

        If a parameter that is no list is given several times, its first value counts, as at Google.
        Raises GoogleError for an unknown name or a wrong value.
        """
        known = {n: p for n, p in self.parameters.items() if p["location"] == "query"} | self.api.system
        typed: Json = {}
        for name in given:
            if name not in known:
                message = (
                    f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. '
                    f"Field '{name}' could not be found in request message."
                )
                raise errors.bad_request(message)
            typed[name] = _typed(name, known[name], given.getlist(name))
        return typed

    def mask(self, text: str | None) -> Mask | None:
        """Parse the `fields` mask and check its names against the response schema. Raises GoogleError."""
        if text is None:
            return None
        try:
            mask = parse(text)
            if self.response:
                self.api.check_mask(mask, {"$ref": self.response})
        except MaskError as bad:
            raise errors.bad_field_mask(self.api.family, str(bad)) from None
        return mask

    def check_body(self, body: Any) -> None:
        """Check the names and types in the body. Raises GoogleError."""
        if self.request:
            self.api.check(body, {"$ref": self.request}, "")


class Api:
    """An API, read from its discovery document."""

    def __init__(self, family: Family) -> None:
        self.family = family
        source = files("googleapiclient") / f"discovery_cache/documents/{family}.{_VERSION[family]}.json"
        document = json.loads(source.read_text())
        self.schemas: Json = document["schemas"]
        self.system: Json = document["parameters"]
        self.base: str = "/" + document["servicePath"]
        found = [self._method(m) for m in _methods(document)]
        # Paths without placeholders come first: files/generateIds is not a file named "generateIds".
        self.methods = sorted(found, key=lambda m: m.path.groups)

    def _method(self, document: Json) -> Method:
        pieces = re.split(
            r"\{(\w+)\}", document["flatPath"] if "{+" in document["path"] else document["path"]
        )
        pattern = "".join(
            f"(?P<{piece}>[^/]+?)" if odd % 2 else re.escape(piece) for odd, piece in enumerate(pieces)
        )
        return Method(
            api=self,
            id=document["id"],
            verb=document["httpMethod"],
            path=re.compile(re.escape(self.base) + pattern),
            parameters=document.get("parameters", {}),
            scopes=frozenset(document.get("scopes", ())),
            request=document.get("request", {}).get("$ref"),
            response=document.get("response", {}).get("$ref"),
            uploads="mediaUpload" in document,
        )

    def find(self, verb: str, raw_path: str) -> tuple[Method, dict[str, str]] | None:
        """Return the method that serves a request and its decoded path parameters, or None."""
        for method in self.methods:
            match = method.path.fullmatch(raw_path)
            if match and method.verb == verb:
                return method, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def check(self, value: Any, schema: Json, at: str) -> None:
        """Check a JSON value, found at the path `at` of the body, against a schema. Raises GoogleError."""
        schema = self.schemas[schema["$ref"]] if "$ref" in schema else schema
        kind = schema.get("type")
        fits: dict[str, Callable[[], bool]] = {
            "object": lambda: isinstance(value, dict),
            "array": lambda: isinstance(value, list),
            "string": lambda: isinstance(value, str),
            "boolean": lambda: isinstance(value, bool),
            "integer": lambda: isinstance(value, int) and not isinstance(value, bool),
            "number": lambda: isinstance(value, int | float) and not isinstance(value, bool),
        }
        if value is None:
            return  # JSON null is the absent value
        if kind in fits and not fits[kind]():
            name = "TYPE_MESSAGE" if kind == "object" else f"TYPE_{str(kind).upper()}"
            raise errors.bad_request(f"Invalid value at '{at}' ({name}), {json.dumps(value)}", at or None)
        if "enum" in schema and value not in schema["enum"]:
            raise errors.bad_request(f"Invalid value at '{at}', {json.dumps(value)}", at)
        if isinstance(value, list):
            for number, each in enumerate(value):
                self.check(each, schema.get("items", {}), f"{at}[{number}]")
        elif isinstance(value, dict):
            self._check_object(value, schema, at)

    def _check_object(self, value: Json, schema: Json, at: str) -> None:
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, each in value.items():
            here = f"{at}.{name}" if at else name
            if name in known:
                self.check(each, known[name], here)
            elif others is not None:
                self.check(each, others, here)
            elif known:
                where = f" at '{at}'" if at else ""
                message = f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
                raise errors.bad_request(message, at or None)

    def check_mask(self, mask: Mask, schema: Json, path: str = "") -> None:
        """Check that the schema has the fields of the mask, found at `path`. Raises MaskError."""
        schema = self.schemas[schema["$ref"]] if "$ref" in schema else schema
        if schema.get("type") == "array":
            return self.check_mask(mask, schema["items"], path)
        known, free = schema.get("properties", {}), "additionalProperties" in schema
        for name, inside in mask.items():
            here = f"{path}.{name}" if path and self.family != "drive" else name
            if name == "*" or free:
                continue
            if name not in known:
                raise MaskError(here)
            self.check_mask(inside, known[name], here)
        return None


@cache
def api(family: Family) -> Api:
    """Return the API of this family; its discovery document is read once."""
    return Api(family)


def _methods(resource: Json) -> list[Json]:
    nested = [m for r in resource.get("resources", {}).values() for m in _methods(r)]
    return [*resource.get("methods", {}).values(), *nested]


def _typed(name: str, parameter: Json, values: list[str]) -> Any:
    typed = [_one(name, parameter, value) for value in values]
    return typed if parameter.get("repeated") else typed[0]


def _one(name: str, parameter: Json, value: str) -> Any:
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    if parameter["type"] == "boolean":
        if value.lower() not in ("true", "false"):
            raise errors.bad_request(f"Invalid value at '{snake}' (TYPE_BOOL), \"{value}\"", snake)
        return value.lower() == "true"
    if parameter["type"] == "integer":
        if not re.fullmatch(r"-?\d+", value):
            raise errors.bad_request(f"Invalid value at '{snake}' (TYPE_INT32), \"{value}\"", snake)
        number = int(value)
        if number < int(parameter.get("minimum", number)):
            allowed = f"[{parameter['minimum']}, {parameter.get('maximum')}]"
            message = f"Invalid value '{value}'. Values must be within the range: {allowed}"
            raise errors.GoogleError(400, message, reason="invalidParameter", location=name)
        return min(number, int(parameter.get("maximum", number)))
    if "enum" in parameter and value not in parameter["enum"]:
        raise errors.bad_request(f"Invalid value at '{snake}', \"{value}\"", snake)
    return value
