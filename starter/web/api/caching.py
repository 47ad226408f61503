"""Entity tags: an answer that did not change is not sent again."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel

from process.core.events import Fact, Observation
from starter.web.api.problems import ApiProblem
from starter.web.services import Services

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
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=known)
    return Response(body, headers=known, media_type="application/json")


async def check_unchanged(request: Request, services: Services, lead_id: str) -> None:
    """Raise ApiProblem if somebody decided, or a date passed, since the state that `If-Match` names.

    What effects bring back does not count. It is asked here, before the decision goes to the lead, so an event may still
    come between.
    """
    wanted = request.headers.get("if-match", "*").strip()
    if wanted == "*":
        return
    seen = max((int(found[1]) for tag in _tags(wanted) if (found := _NUMBER.match(tag))), default=0)
    entries = await services.run(lambda: services.ledger.entries(lead_id))
    newer = [entry for entry in entries if entry.seq > seen and not _is_observation(entry.kind)]
    if newer or not seen:
        raise ApiProblem("changed", f"Something has changed {lead_id} since: read it again.", lead_id=lead_id)


def _is_observation(kind: str) -> bool:
    return issubclass(Fact.kinds.get(kind, Fact), Observation)


def _tags(header: str) -> set[str]:
    return {each.strip().removeprefix("W/") for each in header.split(",")}
