"""Reads the JSON of requests, within limits of size, depth and time."""

from typing import Any, Final

from fastapi import Request
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from starter.web.api.problems import ApiProblem, Complaint, invalid

CLOSE: Final = {"connection": "close"}
"""Of a body that is too large or too slow, the rest is not read."""

MAX_NAMES: Final = 100
"""Names of an object at most. No request has half as many."""


async def body_of(request: Request) -> dict[str, Any]:
    """Return the object that was sent; an empty one if there is no body. Raises ApiProblem."""
    sent = await _read(request)
    if not sent:
        return {}
    if _media_type(request) != "application/json":
        raise ApiProblem("not-json", "Send the body as JSON, with the header Content-Type: application/json.")
    try:
        body = from_json(sent, allow_inf_nan=False)
    except ValueError as wrong:
        raise ApiProblem("malformed", f"The body is no JSON: {wrong}.") from None
    if not isinstance(body, dict):
        raise ApiProblem("malformed", "The body must be an object, as {}.")
    if len(body) > MAX_NAMES:
        many = f"The body has {len(body)} names, and may have {MAX_NAMES} at most."
        raise invalid(Complaint(pointer="#", detail=many))
    return body


async def _read(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise ApiProblem("malformed", "The body ended too early.", CLOSE) from None


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
