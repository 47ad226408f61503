"""The codec server: opens sealed payloads for people who look at leads in Temporal's UI, or with its command `temporal`.

It only opens, only for people with a role, and notes who read which lead before it answers. A page in a browser may ask
only if it is the configured UI: anybody else's page gets nothing, also with the person's cookie.
"""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections import Counter
from typing import Annotated, Final
from urllib.parse import urlsplit

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import Field, StringConstraints, ValidationError
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from temporalio.api.common.v1 import Payload

from client.errors import LeadsError, Unavailable
from keys.data_key import KeyId
from keys.errors import KeysError
from process.bounds import Bounded
from process.personal import ERASED as ERASED_TEXT
from process.types import DISCREET
from starter.web.api.callers import Caller, caller_by_token
from starter.web.api.problems import ApiProblem
from starter.web.auth.edge import CODEC
from starter.web.auth.store import Scope
from starter.web.bodies import MAX_CODEC_BODY
from starter.web.services import Services, services_of
from starter.web.visitors import SignInNeeded, visitor_of
from workflows.runtime.codec import codec_of
from workflows.runtime.sealed import BROKEN, ENCODING, ERASED, KEY, SEALED

MAX_PAYLOADS: Final = 10_000
UNREADABLE: Final = "[unreadable]"
"""Text in place of a payload that was changed, or sealed elsewhere."""
_HIDDEN: Final = {ERASED: ERASED_TEXT, BROKEN: UNREADABLE}
_PREFLIGHT: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "authorization, content-type, x-namespace",
    "access-control-max-age": "600",
}
_KINDS: Final = {401: "unauthorized", 403: "forbidden", 408: "too-slow", 413: "too-large"}
"""Kinds of problems, by status."""

_log = structlog.get_logger("web")

router = APIRouter(include_in_schema=False)

Base64 = Annotated[str, StringConstraints(max_length=MAX_CODEC_BODY)]


class SentPayload(Bounded):
    """A payload as Temporal's tools send it: all bytes as base64."""

    model_config = DISCREET

    metadata: Annotated[dict[str, Annotated[str, StringConstraints(max_length=10_000)]], Field(max_length=50)]
    data: Base64 = ""

    def payload(self) -> Payload:
        """Return the payload. Raises ValueError."""
        try:
            metadata = {name: b64decode(value, validate=True) for name, value in self.metadata.items()}
            return Payload(metadata=metadata, data=b64decode(self.data, validate=True))
        except NotBase64:
            raise ValueError("metadata and data must be base64") from None


class Sent(Bounded):
    """The payloads of a request."""

    model_config = DISCREET

    payloads: Annotated[list[SentPayload], Field(max_length=MAX_PAYLOADS)]


@router.options(CODEC)
async def preflight(request: Request) -> Response:
    """Let the pages of the configured UI ask."""
    allowed = _cors(request)
    return Response(status_code=204 if allowed else 403, headers=allowed | _PREFLIGHT if allowed else {})


@router.post(CODEC)
async def decode(request: Request) -> Response:
    """Open the payloads that were sent."""
    if _is_from_a_page(request) and not _cors(request):
        detail = (
            "This came from another site: only Temporal's UI, as it is configured here, may ask from a page."
        )
        return ApiProblem("forbidden", detail).response(CODEC)
    try:
        response: Response = JSONResponse({"payloads": await _decoded(request)})
    except ApiProblem as problem:
        response = problem.response(CODEC)
    except SignInNeeded:
        detail = "Sign in at the pages in this browser, or send a token with the scope “decode”."
        response = ApiProblem("unauthorized", detail).response(CODEC)
    except HTTPException as error:
        response = ApiProblem(_KINDS.get(error.status_code, "malformed"), str(error.detail)).response(CODEC)
    except (KeysError, Unavailable) as error:
        response = ApiProblem("unavailable", str(error), {"retry-after": "10"}).response(CODEC)
    except LeadsError as error:
        response = ApiProblem("refused", str(error)).response(CODEC)
    response.headers.update(_cors(request))
    return response


async def _decoded(request: Request) -> list[dict[str, object]]:
    services, caller = services_of(request), await _caller(request)
    namespace = services.leads.client.namespace
    if request.headers.get("x-namespace", namespace) != namespace:
        raise ApiProblem("not-found", f"Only payloads of the namespace {namespace} are opened here.")
    sent = _read(await request.body())
    opened = await _opened(services, sent)
    await _note(services, caller, sent, opened)
    return [_written(payload) for payload in opened]


async def _caller(request: Request) -> Caller:
    """Return the person by their token or, without one, by their session. Raises ApiProblem, SignInNeeded, NoRole."""
    given = request.headers.get("authorization")
    caller = await caller_by_token(request, given) if given else Caller(await visitor_of(request))
    if Scope.DECODE not in caller.scopes:
        raise ApiProblem("forbidden", f"This token has not the scope “{Scope.DECODE}”: make one that has.")
    return caller


def _read(body: bytes) -> list[Payload]:
    try:
        return [each.payload() for each in Sent.model_validate(from_json(body)).payloads]
    except ValidationError:
        raise ApiProblem("invalid", "Send an object with `payloads`, as Temporal's tools do.") from None
    except ValueError as wrong:
        raise ApiProblem("malformed", f"The body cannot be read: {wrong}.") from None


async def _opened(services: Services, sent: list[Payload]) -> list[Payload]:
    """Return the payloads in the order in which they came, as far as they can be opened. Raises KeysUnavailable."""
    codec = codec_of(services.leads.client)
    if codec is None:
        return sent
    return await codec.in_namespace(services.leads.client.namespace).decode(sent)


async def _note(services: Services, caller: Caller, sent: list[Payload], opened: list[Payload]) -> None:
    """Note who reads which lead. Raises StoreUnavailable, so that nothing is read without a note."""
    counts = Counter(
        KeyId.parse(before.metadata[KEY].decode()).owner
        for before, after in zip(sent, opened, strict=True)
        if before.metadata.get(ENCODING) == SEALED and after.metadata.get(ENCODING) not in (SEALED, *_HIDDEN)
    )
    if counts:
        by = caller.visitor.identity or caller.name
        reader = await services.run(lambda: services.readings.note(by, counts))
        _log.info("payloads were read", reader=reader, owners=sorted(counts), payloads=counts.total())


def _written(payload: Payload) -> dict[str, object]:
    hidden = _HIDDEN.get(payload.metadata.get(ENCODING, b""))
    if hidden:
        payload = Payload(metadata={ENCODING: b"json/plain"}, data=f'"{hidden}"'.encode())
    metadata = {name: b64encode(value).decode() for name, value in payload.metadata.items()}
    return {"metadata": metadata, "data": b64encode(payload.data).decode()}


def _is_from_a_page(request: Request) -> bool:
    return "origin" in request.headers or request.headers.get("sec-fetch-site", "none") != "none"


def _cors(request: Request) -> dict[str, str]:
    """Return the headers that let the page read the answer; none if it is not the UI's."""
    origin, ui = request.headers.get("origin"), services_of(request).settings.temporal_ui
    if origin is None or origin != _origin(ui):
        return {}
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "vary": "Origin",
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
