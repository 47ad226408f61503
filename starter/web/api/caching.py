"""Entity tags: an answer that did not change is not sent again."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from starter.web.api.problems import ApiProblem


def answer(
    request: Request,
    found: BaseModel,
    number: int,
    headers: Mapping[str, str] | None = None,
    **dumped: Any,
) -> Response:
    """Return what was found, or 304 if the client has it.

    The tag is `"NUMBER-CHECKSUM"`: of a lead its newest event, of a list the position of the feed. Dates that pass and
    effects that fail change an answer without an event, so the number alone would not do.
    """
    body = found.model_dump_json(**dumped).encode()
    tag = f'"{number}-{sha256(body).hexdigest()[:16]}"'
    known = {"etag": tag, "cache-control": "private, no-cache"} | dict(headers or {})
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=known)
    return Response(body, headers=known, media_type="application/json")


def check_unchanged(request: Request, lead_id: str, seq: int) -> None:
    """Raise ApiProblem if `If-Match` names the lead before its newest event `seq`.

    It is asked here, before the decision goes to the lead, so an event may still come between.
    """
    wanted = request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return
    if f"{seq}" not in {tag.strip('"').partition("-")[0] for tag in _tags(wanted)}:
        raise ApiProblem(
            "changed", f"The newest event of {lead_id} is {seq} by now: read it again.", lead_id=lead_id
        )


def _tags(header: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in header.split(",")}
