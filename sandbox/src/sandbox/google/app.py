"""Google's HTTP endpoints: validate each call against the discovery documents, then call its handler."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.google import errors, forms, sheets
from sandbox.google.call import Call, Handler, Media
from sandbox.google.discovery import api
from sandbox.google.drive.methods import HANDLERS, PLANS
from sandbox.google.drive.rendering import default_fields
from sandbox.google.errors import Family, GoogleError
from sandbox.google.fields import select
from sandbox.google.state import GoogleState, Token
from sandbox.google.token import token
from sandbox.google.uploads import Resumable, multipart

_HANDLERS: dict[str, Handler] = HANDLERS | forms.HANDLERS | sheets.HANDLERS
_VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_NOT_FOUND = (
    "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n"
    "<p><b>404.</b> <ins>That’s an error.</ins>\n<p>The requested URL was not found on this server."
)


def routes(state: GoogleState, key: RSAPublicKey) -> list[BaseRoute]:
    """Return all routes. `key` is the public key of the service account."""
    uploads = Resumable()

    def serve(family: Family) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await _serve(request, family, state, uploads)
            except GoogleError as refused:
                return refused.response(family)

        return endpoint

    async def token_endpoint(request: Request) -> Response:
        return await token(request, state, key)

    families: list[tuple[str, Family]] = [
        ("/drive/v3/{rest:path}", "drive"),
        ("/upload/drive/v3/{rest:path}", "drive"),
        ("/v1/forms{rest:path}", "forms"),
        ("/v4/spreadsheets{rest:path}", "sheets"),
    ]
    return [
        Route("/token", token_endpoint, methods=["POST"]),
        *(Route(path, serve(family), methods=_VERBS) for path, family in families),
    ]


async def _serve(request: Request, family: Family, state: GoogleState, uploads: Resumable) -> Response:
    raw_path = request.scope["raw_path"].decode("ascii")
    upload = raw_path.startswith("/upload/")
    body = await request.body()
    if upload and (upload_id := request.query_params.get("upload_id")):
        return _resume(upload_id, request, body, uploads)

    found = api(family).find(request.method, raw_path.removeprefix("/upload"))
    if found is None or (upload and not found[0].uploads):
        return HTMLResponse(_NOT_FOUND, 404)
    method, path = found
    query = method.query(request.query_params)
    mask = method.mask(query.get("fields"))
    holder = _holder(request, state)
    if not holder.scopes & method.scopes:
        raise errors.missing_scope(family, method.rpc)
    if method.id not in _HANDLERS:
        raise errors.not_implemented(method.id)

    kind = query.get("uploadType") if upload else None
    media: Media | None = None
    if kind == "multipart":
        body, media = multipart(request.headers.get("content-type", ""), body)
    elif kind == "media":
        body, media = b"", Media(body, request.headers.get("content-type", "application/octet-stream"))
    elif upload and kind != "resumable":
        raise errors.invalid("uploadType")
    call = Call(
        state=state,
        method=method,
        path=path,
        query=query,
        body=_json(body) if method.request else {},
        token=holder,
        base=str(request.base_url).rstrip("/"),
        media=media,
        fault=request.scope.get("sandbox.fault"),
    )
    method.check_body(call.body)
    if kind == "resumable":
        PLANS[method.id](call)
        return uploads.start(call, request)
    answer = _HANDLERS[method.id](call)
    return answer if isinstance(answer, Response) else _rendered(call, answer, mask)


def _resume(upload_id: str, request: Request, body: bytes, uploads: Resumable) -> Response:
    step = uploads.feed(upload_id, request, body)
    if isinstance(step, Response):
        return step
    request.scope["sandbox.caller"] = step.token.email
    answer = _HANDLERS[step.method.id](step)
    response = (
        answer
        if isinstance(answer, Response)
        else _rendered(step, answer, step.method.mask(step.query.get("fields")))
    )
    uploads.finish(upload_id, response)
    return response


def _rendered(call: Call, answer: dict[str, Any], mask: dict[str, Any] | None) -> Response:
    if mask is not None:
        answer = select(answer, mask)
    elif call.method.api.family == "drive":
        answer = default_fields(answer)
    return JSONResponse(answer)


def _holder(request: Request, state: GoogleState) -> Token:
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if not value:
        raise errors.no_credentials()
    holder = state.find_token(value) if kind.lower() == "bearer" else None
    if holder is None:
        raise errors.bad_token()
    request.scope["sandbox.caller"] = holder.email
    return holder


def _json(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        raise errors.invalid_argument("Invalid JSON payload received. Unexpected token.") from None
    if not isinstance(value, dict):
        raise errors.invalid_argument("Invalid JSON payload received. Root element must be a message.")
    return value
