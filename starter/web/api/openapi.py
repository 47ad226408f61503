"""The API's OpenAPI: one path for each kind of decision, with a body made from its model, and the problems."""

import asyncio
import inspect
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from threading import Lock
from typing import Any, Final

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic.json_schema import models_json_schema

from process.core.refusal import title
from process.decisions.base import SET_FOR_SIGNED_IN, Decision, given_fields
from process.decisions.opening import LeadOpened
from process.decisions.registry import DECISIONS
from process.reports.catalog import REPORTS, Info
from starter.web.api.problems import KINDS, MEDIA_TYPE, Problem

SCHEMAS: Final = "#/components/schemas/"
DECIDE: Final = "/leads/{lead_id}/decisions/{kind}"
PREVIEW: Final = f"{DECIDE}/preview"
OPEN: Final = "/leads"
RETRY: Final = "/leads/{lead_id}/retry"

REPORT: Final = "/reports/{name}"
ROWS: Final = f"{REPORT}/rows"
ROWS_OF: Final = {
    "figure": "the figure, as the `rows` of its cell names it",
    "of": "the part of the figure",
    "after": "cursor of a page before",
}

KEY_HEADER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "a decision that arrives twice with one key is taken once",
    "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
}
IF_MATCH: Final = {
    "name": "If-Match",
    "in": "header",
    "description": "the lead's ETag: if somebody decided, or a date passed, since, the answer is 412",
    "schema": {"type": "string"},
}
IF_NONE_MATCH: Final = {
    "name": "If-None-Match",
    "in": "header",
    "description": "the ETag of an earlier answer: if nothing changed, the answer is 304",
    "schema": {"type": "string"},
}
FLAGS: Final = {
    "not_a_duplicate": "it is another lead than the open ones that it looks like",
    "opaque_id": "keep the organisation's name out of the id",
}

_EVERYWHERE = (401, 403, 422, 503)
_READS = (404, *_EVERYWHERE)
_WRITES = (400, 404, 408, 409, 413, 415, 429, *_EVERYWHERE)


def describe(api: FastAPI, prefix: str) -> None:
    """Let the application tell its OpenAPI at `/openapi.json`. It is made at the first request for it."""

    @api.get("/openapi.json", include_in_schema=False)
    async def description() -> JSONResponse:
        """Return the description of the API."""
        return JSONResponse(await asyncio.to_thread(_description, api, prefix))


_made: dict[str, dict[str, Any]] = {}
_making = Lock()


def _description(api: FastAPI, prefix: str) -> dict[str, Any]:
    """Return the description, which is the same for all applications of this process."""
    with _making:
        if prefix not in _made:
            _made[prefix] = _completed(api.openapi()) | {"servers": [{"url": prefix}]}
        return _made[prefix]


def _completed(known: dict[str, Any]) -> dict[str, Any]:
    """Return FastAPI's description with the bodies, the headers and the problems."""
    schemas, paths = known["components"]["schemas"], known["paths"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    bodies, definitions = _bodies()
    for name, schema in {**definitions, **_problem()}.items():
        schemas.setdefault(name, schema)
    for path, methods in paths.items():
        for method, operation in methods.items():
            _finish(path, method, operation)
    paths[OPEN]["post"]["requestBody"] = _request(LeadOpened, _with_flags(bodies[LeadOpened]))
    paths[RETRY]["post"]["requestBody"] = _retry_body()
    for template in (DECIDE, PREVIEW):
        operation = paths.pop(template)["post"]
        for kind, decision in DECISIONS.items():
            path = template.replace("{kind}", kind)
            paths[path] = {
                "post": _of_decision(operation, decision, bodies[decision], preview=template is PREVIEW)
            }
    for template in (REPORT, ROWS):
        operation = paths.pop(template)["get"]
        for name, info in REPORTS.items():
            paths[template.replace("{name}", name)] = {"get": _of_report(operation, info, template is ROWS)}
    known["components"]["responses"] = {
        _of_status(kind.status): _problem_response(kind.status) for kind in KINDS.values()
    }
    known["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "a personal token: lth_…"}
    }
    known["security"] = [{"token": []}, {}]
    return known


def _finish(path: str, method: str, operation: dict[str, Any]) -> None:
    """Add the headers and problems of this operation."""
    reads = method == "get"
    statuses = (400, *_READS) if reads else _WRITES
    statuses = (*statuses, 412) if path == DECIDE else statuses
    statuses = (*statuses, 429) if path == "/events" else statuses
    operation["responses"].pop("422", None)
    operation["responses"] |= {
        str(status): {"$ref": f"#/components/responses/{_of_status(status)}"} for status in sorted(statuses)
    }
    if reads:
        operation["responses"]["304"] = {"description": "Nothing has changed"}
    headers = [IF_NONE_MATCH] if reads else [KEY_HEADER, IF_MATCH] if path == DECIDE else []
    operation["parameters"] = [*operation.get("parameters", []), *headers]


def _of_status(status: int) -> str:
    return f"Problem{status}"


def _problem_response(status: int) -> dict[str, Any]:
    titles = [kind.title for kind in KINDS.values() if kind.status == status]
    return {
        "description": "; ".join(titles),
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
    }


def _of_decision(
    operation: Mapping[str, Any], decision: type[Decision], schema: Mapping[str, Any], *, preview: bool
) -> dict[str, Any]:
    verb = "preview" if preview else "decide"
    parameters = [each for each in operation["parameters"] if each["name"] != "kind"]
    return {
        **operation,
        "operationId": f"{verb}_{decision.kind}",
        "summary": f"{'Preview: ' if preview else ''}{title(decision.kind)}",
        "description": f"{inspect.getdoc(decision)}\n\n{operation['description']}",
        "parameters": parameters,
        "requestBody": _request(decision, schema),
    }


def _of_report(operation: Mapping[str, Any], info: Info, has_rows: bool) -> dict[str, Any]:
    parameters = [each for each in operation["parameters"] if each["name"] != "name"]
    chosen = {spec.name: f"{spec.title}: {spec.takes}" for spec in info.specs}
    chosen |= ROWS_OF if has_rows else {}
    parameters += [
        {
            "name": name,
            "in": "query",
            "description": text,
            "schema": {"type": "string"},
            "required": name == "figure",
        }
        for name, text in chosen.items()
    ]
    return {
        **operation,
        "operationId": f"{'rows_of' if has_rows else 'report'}_{info.name.replace('-', '_')}",
        "summary": f"{info.title}: {'the leads and events of a figure' if has_rows else info.summary}",
        "description": "\n\n".join((*info.definition, operation["description"])),
        "parameters": parameters,
    }


def _request(decision: type[Decision], schema: Mapping[str, Any]) -> dict[str, Any]:
    needed = any(field.is_required() for field in decision.model_fields.values())
    content = {"schema": schema, "example": decision.example}
    return {"required": needed, "content": {"application/json": content}}


def _retry_body() -> dict[str, Any]:
    effect = {
        "type": ["string", "null"],
        "maxLength": 1_000,
        "description": "key of the effect; by default all",
    }
    schema = {"type": "object", "properties": {"effect": effect}, "additionalProperties": False}
    return {"required": False, "content": {"application/json": {"schema": schema}}}


def _with_flags(schema: Mapping[str, Any]) -> dict[str, Any]:
    flags = {name: {"type": "boolean", "default": False, "description": text} for name, text in FLAGS.items()}
    return {**schema, "properties": schema["properties"] | flags}


# ---- schemas


@cache
def _bodies() -> tuple[dict[type[Decision], dict[str, Any]], dict[str, Any]]:
    """Return the schema of each decision's body, and those to which they refer."""
    kinds: list[type[Decision]] = [*DECISIONS.values(), LeadOpened]
    named, made = models_json_schema(
        [(kind, "validation") for kind in kinds], ref_template=f"{SCHEMAS}{{model}}"
    )
    known = made["$defs"]
    bodies = {kind: _given(kind, known[_name(named[kind, "validation"]["$ref"])]) for kind in kinds}
    wanted: dict[str, Any] = {}
    for body in bodies.values():
        _collect(body, known, wanted)
    return bodies, wanted


def _given(kind: type[Decision], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the decision's schema without the fields that the service fills in."""
    names = given_fields(kind, but=SET_FOR_SIGNED_IN)
    given = {name: field for name, field in schema["properties"].items() if name in names}
    body = {"type": "object", "title": schema["title"], "properties": given, "additionalProperties": False}
    required = [name for name in schema.get("required", ()) if name in given]
    return body | ({"required": required} if required else {})


def _problem() -> dict[str, Any]:
    _, made = models_json_schema([(Problem, "validation")], ref_template=f"{SCHEMAS}{{model}}")
    found: dict[str, Any] = made["$defs"]
    return found


def _collect(schema: Any, known: Mapping[str, Any], wanted: dict[str, Any]) -> None:
    """Add the schemas to which this one refers, and those to which they do."""
    for name in map(_name, _references(schema)):
        if name not in wanted:
            wanted[name] = known[name]
            _collect(known[name], known, wanted)


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference
        yield from _of_each(schema.values())
    elif isinstance(schema, list):
        yield from _of_each(schema)


def _of_each(schemas: Iterable[Any]) -> Iterator[str]:
    for each in schemas:
        yield from _references(each)


def _name(reference: str) -> str:
    return reference.removeprefix(SCHEMAS)
