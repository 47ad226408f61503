"""The REST application: authenticates the caller, validates the request, calls the handler, adds GitHub's headers."""

import hashlib
import json
import re
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from sandbox.github.auth import authenticate
from sandbox.github.errors import ForbiddenError, GitHubError, MovedError, NotFoundError
from sandbox.github.hooks.sender import WebhookSender
from sandbox.github.openapi import Operation, operations
from sandbox.github.rate_limits import RateLimits
from sandbox.github.rendering import Renderer
from sandbox.github.rest import apps, comments, contents, hooks, issues, labels, people, repositories
from sandbox.github.rest.call import HANDLERS, ApiResponse, Call, Listing
from sandbox.github.secondary_limits import LimitedError, SecondaryLimits
from sandbox.github.stale import state_for
from sandbox.github.state import GitHubState

API_VERSION = "2022-11-28"
"""The only supported API version."""

DOCUMENTATION_URL = "https://docs.github.com/rest"
REST = "/api/v3"
MAX_PER_PAGE = 100
PER_PAGE = 30

_BY_NAME = "/repos/{owner}/{repo}"
"""Prefix of paths that also exist under the repository's id, which a rename does not change."""

_MODULES = (
    apps,
    comments,
    contents,
    hooks,
    issues,
    labels,
    people,
    repositories,
)  # imported for the handlers that they register


def rest_app(
    state: GitHubState, rate_limits: RateLimits, secondary_limits: SecondaryLimits, webhooks: WebhookSender
) -> Router:
    """Return the ASGI app to mount under `/api/v3`. Unknown paths are 404, as at GitHub."""
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations():
        by_path[operation.path][operation.method] = operation
    if missing := {operation.id for operation in operations()} ^ HANDLERS.keys():
        raise AssertionError(f"operations without handler, or handlers without operation: {sorted(missing)}")
    api = _Rest(state, rate_limits, secondary_limits, webhooks)

    def route(path: str, methods: Mapping[str, Operation]) -> Route:
        async def endpoint(request: Request) -> Response:
            return await api.handle(request, methods.get(request.method))

        return Route(_as_starlette(path), endpoint, methods=["GET", "POST", "PATCH", "PUT", "DELETE"])

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await api.handle(request, None))(scope, receive, send)

    routes = [route(path, methods) for path, methods in by_path.items()]
    by_number = [
        route(path.replace(_BY_NAME, "/repositories/{repository_id}", 1), methods)
        for path, methods in by_path.items()
        if path.startswith(_BY_NAME)
    ]
    return Router([*routes, *by_number], redirect_slashes=False, default=unknown)


def _as_starlette(path: str) -> str:
    """Convert a path template: ids are integers; a path or a label name at the end may contain slashes."""
    path = re.sub(r"\{(\w+_(?:number|id))\}", r"{\1:int}", path)
    return re.sub(r"\{(path|name)\}$", r"{\1:path}", path)


class _Rest:
    def __init__(
        self,
        state: GitHubState,
        rate_limits: RateLimits,
        secondary_limits: SecondaryLimits,
        webhooks: WebhookSender,
    ) -> None:
        self.state = state
        self.rate_limits = rate_limits
        self.secondary_limits = secondary_limits
        self.webhooks = webhooks

    async def handle(self, request: Request, operation: Operation | None) -> Response:
        """Return the response to a request; `operation` is None for an unknown path or method, which is 404."""
        content = await request.body()  # the only await: the rest runs without interruption
        headers = {
            "x-github-request-id": secrets.token_hex(16).upper(),
            "x-github-media-type": "github.v3; format=json",
            "x-github-api-version-selected": API_VERSION,
        }
        try:
            return self._respond(request, operation, content, headers)
        except GitHubError as error:
            status, body = error.status, dict[str, Any](message=error.message)
            if isinstance(error, MovedError):
                # only 307 keeps the method of a redirected request
                status = status if request.method in ("GET", "HEAD") else 307
                query = f"?{request.url.query}" if request.url.query else ""
                body["url"] = headers["location"] = f"{_root(request)}{REST}{error.path}{query}"
            if isinstance(error, LimitedError):
                headers |= error.headers
            if error.errors is not None:
                body["errors"] = error.errors
            body["documentation_url"] = operation.documentation_url if operation else DOCUMENTATION_URL
            body["status"] = str(status)
            return _json(body, status, headers)

    def _respond(
        self, request: Request, operation: Operation | None, content: bytes, headers: dict[str, str]
    ) -> Response:
        _must_be_known(request)
        viewer = authenticate(self.state, request.headers)
        request.scope["sandbox.caller"] = viewer.name
        if operation is None or operation.id != "rate-limit/get":
            writes = request.method not in ("GET", "HEAD", "OPTIONS")
            self.secondary_limits.charge(viewer.key, "core", writes=writes, scope=request.scope)
            self.rate_limits.count(viewer.key, "core")
        headers |= self.rate_limits.window(viewer.key, "core").headers("core")
        if operation is None:
            raise NotFoundError
        query = dict(request.query_params)
        operation.check_query(query)
        state = state_for(request, self.state) if operation.method == "GET" else self.state
        answer = HANDLERS[operation.id](
            Call(
                state=state,
                viewer=viewer,
                requested_path=request.url.path.partition(REST)[2],
                path=request.path_params,
                query=query,
                body=operation.read_body(content),
                render=Renderer(state, _root(request)),
                rate_limits=self.rate_limits,
                webhooks=self.webhooks,
                writing=lambda: self.state.writing(viewer.user, _root(request)),
            )
        )
        if isinstance(answer, ApiResponse):
            headers |= answer.headers
        if operation.method != "GET":
            answer = _whole(answer) if isinstance(answer, Listing) else answer
            if operation.has_location and answer.status == 201:
                headers["location"] = answer.body["url"]
            return _json(answer.body, answer.status, headers)
        if isinstance(answer, Listing):
            answer = _page(answer, request, headers)
        response = _unless_known(request, _json(answer.body, answer.status, headers))
        if response.status_code == 304:
            response.headers.update(self.rate_limits.refund(viewer.key, "core").headers("core"))
        return response


def _root(request: Request) -> str:
    """Return the base URL that the caller used."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _must_be_known(request: Request) -> None:
    if "user-agent" not in request.headers:
        raise ForbiddenError(
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
            f"({DOCUMENTATION_URL}/overview/resources-in-the-rest-api#user-agent-required). Check "
            "https://developer.github.com for other possible causes."
        )
    version = request.headers.get("x-github-api-version", API_VERSION)
    if version != API_VERSION:
        raise GitHubError(400, f'"{version}" is not a supported API version. Supported here: {API_VERSION}')


def _whole(listing: Listing) -> ApiResponse:
    return ApiResponse([listing.render(item) for item in listing.items])


def _page(listing: Listing, request: Request, headers: dict[str, str]) -> ApiResponse:
    """Return the requested page and add the `link` header."""
    size = min(_number(request, "per_page", PER_PAGE), MAX_PER_PAGE)
    if listing.cursor is not None:
        return _after_cursor(listing, listing.cursor, size, request, headers)
    page = _number(request, "page", 1)
    last = max(1, -(-len(listing.items) // size))
    others = {"prev": min(page - 1, last), "next": page + 1, "last": last, "first": 1}
    if page >= last:
        del others["next"], others["last"]
    if page == 1:
        del others["prev"], others["first"]
    if others:
        headers["link"] = ", ".join(
            f'<{request.url.include_query_params(page=number)}>; rel="{name}"'
            for name, number in others.items()
        )
    return ApiResponse([listing.render(item) for item in listing.items[(page - 1) * size : page * size]])


def _after_cursor(
    listing: Listing, cursor: Callable[[Any], str], size: int, request: Request, headers: dict[str, str]
) -> ApiResponse:
    items, after = list(listing.items), request.query_params.get("cursor")
    if after is not None:
        places = [place for place, item in enumerate(items) if cursor(item) == after]
        if not places:
            raise GitHubError(400, "Invalid cursor")
        items = items[places[0] + 1 :]
    if len(items) > size:
        following = request.url.include_query_params(cursor=cursor(items[size - 1]))
        headers["link"] = f'<{following}>; rel="next"'
    return ApiResponse([listing.render(item) for item in items[:size]])


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() else default


def _json(body: Any, status: int, headers: dict[str, str]) -> Response:
    if body is None:
        return Response(status_code=status, headers=headers)
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(content, status, headers, media_type="application/json; charset=utf-8")


def _unless_known(request: Request, response: Response) -> Response:
    """Return 304 if the caller already has this response."""
    etag = f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()}"'
    known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if etag.removeprefix("W/") in known:
        kept = {name: value for name, value in response.headers.items() if name.startswith("x-")}
        return Response(status_code=304, headers={**kept, "etag": etag})
    response.headers["etag"] = etag
    response.headers["cache-control"] = "private, max-age=60, s-maxage=60"
    return response
