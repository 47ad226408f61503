"""The GraphQL endpoint."""

import json
import re
import secrets
import time
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationType,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.github.auth import Viewer, authenticate
from sandbox.github.errors import GitHubError, UnauthorizedError
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.cost import cost_of
from sandbox.github.graphql.schema import bound_schema, resolve_rest
from sandbox.github.rate_limits import RateLimits
from sandbox.github.rendering import Renderer
from sandbox.github.secondary_limits import LimitedError, SecondaryLimits
from sandbox.github.stale import fault_of, state_for
from sandbox.github.state import GitHubState

DOCUMENTATION_URL = "https://docs.github.com/graphql"

Json = dict[str, Any]


class _Json(JSONResponse):
    media_type = "application/json; charset=utf-8"


class GraphQLApp:
    """The endpoint at `/api/graphql`."""

    def __init__(
        self, state: GitHubState, rate_limits: RateLimits, secondary_limits: SecondaryLimits
    ) -> None:
        self.state = state
        self.secondary_limits = secondary_limits
        self.rate_limits = rate_limits
        self.schema = bound_schema()

    async def handle(self, request: Request) -> Response:
        """Respond with HTTP 200, except to anonymous callers and to bodies that are not JSON."""
        content = await request.body()  # the only await: the rest runs without interruption
        headers = {"x-github-request-id": secrets.token_hex(16).upper()}
        try:
            viewer = self._authenticated(request)
            body_json = _parse_body(content)
            writes = str(body_json.get("query")).lstrip().startswith("mutation")
            self.secondary_limits.charge(viewer.key, "graphql", writes=writes, scope=request.scope)
        except GitHubError as error:
            if isinstance(error, LimitedError):
                headers |= error.headers
            body = {
                "message": error.message,
                "documentation_url": DOCUMENTATION_URL,
                "status": str(error.status),
            }
            return _Json(body, error.status, headers=headers)
        request.scope["sandbox.caller"] = viewer.name
        body = _injected_error(request, viewer) or self._execute(request, viewer, body_json)
        headers |= self.rate_limits.window(viewer.key, "graphql").headers("graphql")
        return _Json(body, headers=headers | _injected_headers(request))

    def _authenticated(self, request: Request) -> Viewer:
        viewer = authenticate(self.state, request.headers)
        if viewer.user is None:
            raise UnauthorizedError("This endpoint requires you to be authenticated.")
        return viewer

    def _execute(self, request: Request, viewer: Viewer, body_json: Json) -> Json:
        query, variables, name = (
            body_json.get("query"),
            body_json.get("variables"),
            body_json.get("operationName"),
        )
        if not isinstance(query, str):
            return {"errors": [{"message": "A query attribute must be specified and must be a string."}]}
        if not isinstance(variables, dict | None):
            return {"errors": [{"message": "Variables are invalid JSON."}]}
        document = _read(query)
        if isinstance(document, list):
            return {"errors": [_rendered(error) for error in document]}
        operation = get_operation_ast(document, name)
        if operation is None:
            return {"errors": [{"message": "An operation name is required"}]}
        try:
            cost = cost_of(document, operation, variables or {})
        except GitHubError as error:
            return {"errors": [{"type": error.kind, "message": error.message}]}
        window = self.rate_limits.count(viewer.key, "graphql", cost.points)
        only_reads = operation.operation is OperationType.QUERY
        state = state_for(request, self.state) if only_reads else self.state
        base = f"{request.url.scheme}://{request.url.netloc}"
        result: ExecutionResult = execute_sync(
            self.schema,
            document,
            context_value=Context(
                state=state,
                viewer=viewer,
                render=Renderer(state, base),
                window=window,
                cost=cost,
                writing=lambda: self.state.writing(viewer.user, base),
            ),
            variable_values=variables,
            operation_name=name,
            field_resolver=resolve_rest,
        )
        body: Json = {"data": result.data}
        if result.errors:
            body["errors"] = [_rendered(error) for error in result.errors]
        return body


@lru_cache(maxsize=256)
def _read(query: str) -> DocumentNode | list[GraphQLError]:
    """Parse and validate a query. Return the document or the errors.

    Cached: clients repeat a few queries, and validation is slow.
    """
    try:
        document = parse(query)
    except GraphQLError as error:
        return [error]
    return validate(bound_schema(), document) or document


def _parse_body(content: bytes) -> Json:
    try:
        body_json = json.loads(content)
    except ValueError:
        body_json = None
    if not isinstance(body_json, dict):
        raise GitHubError(400, "Problems parsing JSON")
    return body_json


def _injected_error(request: Request, viewer: Viewer) -> Json | None:
    """Return the response for the fault `graphql_error`, or None."""
    fault = fault_of(request)
    if fault is None or fault.kind != "graphql_error":
        return None
    messages = {"RATE_LIMITED": f"API rate limit already exceeded for {viewer.key}."}
    message = messages.get(fault.error, "Something went wrong while executing your query.")
    return {"errors": [{"type": fault.error, "message": message}]}


def _injected_headers(request: Request) -> dict[str, str]:
    """Return the headers for the fault RATE_LIMITED with `seconds`, else none."""
    fault = fault_of(request)
    if fault is None or fault.error != "RATE_LIMITED" or not fault.seconds:
        return {}
    return {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + round(fault.seconds))}


_UNKNOWN_FIELD = re.compile(r"Cannot query field '(\w+)' on type '(\w+)'\.")


def _rendered(error: GraphQLError) -> Json:
    """Return an error in GitHub's format."""
    refused = error.original_error
    rendered: Json = {}
    if isinstance(refused, GitHubError):
        rendered["type"] = refused.kind
    elif refused is not None and not isinstance(
        refused, GraphQLError
    ):  # that is a variable of the wrong shape
        raise refused  # a bug of the sandbox
    if error.path is not None:
        rendered["path"] = error.path
    if unknown := _UNKNOWN_FIELD.match(error.message):
        field, kind = unknown.groups()
        rendered["extensions"] = {"code": "undefinedField", "typeName": kind, "fieldName": field}
        message = f"Field '{field}' doesn't exist on type '{kind}'"
    else:
        message = error.message
    rendered["locations"] = [location.formatted for location in error.locations or ()]
    rendered["message"] = message
    return rendered
