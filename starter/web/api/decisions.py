"""Deciding about a lead: previews, decisions, and effects that are tried again."""

import re
from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

from client.answers import Waiting
from client.directory import LeadHandle
from client.errors import DecisionRefused
from ledger.errors import LedgerError
from process.core.answers import key_reused
from process.core.news import is_overtaken
from process.decisions.base import Decision
from process.decisions.reading import did_you_mean
from process.decisions.registry import DECISIONS
from process.types import Stage
from starter.web.api.addresses import Decider, Reader, Serving
from starter.web.api.answers import Decided, HandedIn, Previewed, Retried
from starter.web.api.bodies import body_of
from starter.web.api.caching import seen_in
from starter.web.api.errors import no_lead, plainly
from starter.web.api.fields import decision_of
from starter.web.api.problems import ApiProblem, Complaint, invalid
from starter.web.auth.links import KEY_PREFIX
from starter.web.lead_ids import LeadId
from starter.web.services import Services

KEY: Final = "idempotency-key"
_KEY: Final = re.compile(r"[!-~]{1,200}")
"""A key, in visible characters without spaces."""

router = APIRouter(tags=["decisions"])


@router.post(
    "/leads/{lead_id}/decisions/{kind}",
    response_model=Decided,
    responses={202: {"model": HandedIn, "description": "Handed in: no worker answers now"}},
)
async def decide(
    request: Request, services: Serving, lead_id: LeadId, kind: str, caller: Decider
) -> Response:
    """Take the decision, and answer when it is recorded."""
    decision = decision_of(_named(kind), await body_of(request), caller, _key(request))
    seen = seen_in(request)
    handle = await _handle(services, lead_id)
    try:
        taken = await services.leads.decide(handle, decision, seen)
    except DecisionRefused as error:
        if decision.key and error.refusal.reason == key_reused(decision.key).reason:
            raise ApiProblem("key-reused", f"{error.refusal}", lead_id=lead_id) from None
        if is_overtaken(error.refusal):
            raise ApiProblem("changed", f"{error.refusal.reason}.", lead_id=lead_id) from None
        raise
    if isinstance(taken, Waiting):
        message = f"The decision was handed in; the lead takes it as soon as it can. {plainly(taken.why)}"
        return _sent(HandedIn(message=message), 202)
    return _sent(Decided(**dict(taken), stage=await _stage(services, lead_id) if taken.recorded else None))


@router.post("/leads/{lead_id}/decisions/{kind}/preview", response_model=Previewed)
async def preview(
    request: Request, services: Serving, lead_id: LeadId, kind: str, caller: Reader
) -> Response:
    """Show what the decision would do, without taking it."""
    decision = decision_of(_named(kind), await body_of(request), caller)
    found = await services.leads.preview(await _handle(services, lead_id), decision)
    told = {name: getattr(found.answer, name) for name in ("accepted", "message", "suggestions")}
    return _sent(Previewed(**dict(found) | told))


@router.post("/leads/{lead_id}/retry", response_model=Retried, summary="Retry what failed")
async def retry(request: Request, services: Serving, lead_id: LeadId, _: Decider) -> Response:
    """Try again the effects that failed for good: all, or the one whose key is given as `effect`."""
    body = await body_of(request)
    effect = body.pop("effect", None)
    if body or not (effect is None or (isinstance(effect, str) and len(effect) <= 1_000)):
        raise invalid(Complaint(pointer="#/effect", detail="retry takes `effect`, a text, and nothing else"))
    keys = await services.leads.retry(await _handle(services, lead_id), effect)
    return _sent(Retried(retried=keys))


def _named(kind: str) -> type[Decision]:
    """Return the decision of this kind. Raises ApiProblem."""
    found = DECISIONS.get(kind)
    if found is None:
        meant = did_you_mean(kind, DECISIONS) or "The options of the lead name them."
        raise ApiProblem("not-found", f"There is no decision {kind[:100]!r}. {meant}")
    return found


def _key(request: Request) -> str | None:
    """Return the key by which a repeat is recognised, or None. Raises ApiProblem."""
    key = request.headers.get(KEY)
    if key is not None and not _KEY.fullmatch(key):
        detail = f"{KEY}: write 1 to 200 visible ASCII characters, without spaces"
        raise invalid(Complaint(parameter=KEY, detail=detail))
    if key is not None and key.startswith(KEY_PREFIX):
        detail = f"{KEY}: begin it with something else, because {KEY_PREFIX}… is for one-time links"
        raise invalid(Complaint(parameter=KEY, detail=detail))
    return key


async def _handle(services: Services, lead_id: str) -> LeadHandle:
    """Return the lead's workflow. Raises ApiProblem."""
    handle = await services.leads.by_id(lead_id)
    if handle is None:
        if await _stage(services, lead_id):
            gone = f"{lead_id} takes no decisions any more: its workflow is gone, and its events are in the ledger."
            raise ApiProblem("ended", gone, lead_id=lead_id)
        raise no_lead(lead_id)
    return handle


async def _stage(services: Services, lead_id: str) -> Stage | None:
    """Return the lead's stage as the ledger has it; None if it has none, or cannot be read just now."""
    with suppress(LedgerError):
        row = await services.run(lambda: services.ledger.row(lead_id))
        return row.stage if row else None
    return None


def _sent(found: BaseModel, status: int = 200) -> JSONResponse:
    return JSONResponse(found.model_dump(mode="json"), status)
