"""Entity tags: an answer that did not change is not sent again."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from starter.web.api.problems import ApiProblem

_NUMBER = re.compile(r'"([0-9]{1,9})-')


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
    if not {tag, "*"}.isdisjoint(_tags(request.headers.get("if-none-match", ""))):
        return Response(status_code=304, headers=known)
    return Response(body, headers=known, media_type="application/json")


def seen_in(request: Request) -> int | None:
    """Return the number of the newest event that `If-Match` names, None if any will do. Raises ApiProblem.

    The lead itself compares: it refuses the decision if somebody decided, or a date passed, since.
    """
    wanted = request.headers.get("if-match", "*").strip()
    if wanted == "*":
        return None
    seen = max((int(found[1]) for tag in _tags(wanted) if (found := _NUMBER.match(tag))), default=0)
    if not seen:
        raise ApiProblem("changed", "No lead has had such an ETag: read it again.")
    return seen


def _tags(header: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in header.split(",")}
