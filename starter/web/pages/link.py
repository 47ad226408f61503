"""One-time links: making one on a lead, and taking it back."""

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from process.actor import Face
from process.addresses import complaint_about
from process.authorization import lacking_role
from process.core.aggregate import LeadAggregate
from process.core.refusal import Refused
from process.lead.lead import Lead
from process.types import line_complaint
from process.views.overview import option_of
from starter.web.auth.links import MAX_DAYS, PURPOSES, Link, LinkPurpose, TooManyLinks
from starter.web.forms.posted import posted
from starter.web.lead_ids import LeadId
from starter.web.pages.rendering import page
from starter.web.reading import read_lead
from starter.web.services import Services, root_of, services_of
from starter.web.spelling import lead_address
from starter.web.visitors import SignedIn, Visitor

DAYS = 14
"""Days for which a link counts, unless another number is typed."""
MAX_NAME = 200
"""Characters of a name at most, as decisions take it (`process.types.Line`)."""

_log = structlog.get_logger("web")

router = APIRouter(include_in_schema=False)


@router.get("/leads/{lead_id}/link")
async def choose(request: Request, lead_id: LeadId, visitor: SignedIn, purpose: str = "") -> HTMLResponse:
    """Show the form that makes a link, and the links that count now."""
    aggregate = await read_lead(services_of(request), lead_id)
    return await _making(request, visitor, aggregate, {"purpose": purpose, "days": str(DAYS)})


@router.post("/leads/{lead_id}/link")
async def make(request: Request, lead_id: LeadId, visitor: SignedIn) -> HTMLResponse:
    """Make a link and show its address, this once."""
    services = services_of(request)
    aggregate = await read_lead(services, lead_id)
    given = dict(await posted(request))
    purpose = given.get("purpose", "")
    typed = {"purpose": purpose} | {name: given.get(name, "").strip() for name in ("name", "mail", "days")}
    wrong = _complaints(typed)
    if not wrong and (refused := _not_now(services, visitor, aggregate, PURPOSES[purpose])):
        wrong["purpose"] = f"{refused.reason}."
    if not services.settings.current_signing_key:
        wrong["purpose"] = "No link can be signed: the administrator must set LEADS_SIGNING_KEY."
    if wrong:
        return await _making(request, visitor, aggregate, typed, wrong, status=422)
    args = (aggregate.lead, purpose, typed["name"], typed["mail"], visitor.name, int(typed["days"]))
    try:
        link = await services.run(lambda: services.links.add(*args))
    except TooManyLinks as error:
        return await _making(request, visitor, aggregate, typed, {"purpose": str(error)}, status=409)
    _log.info("one-time link made", lead=lead_id, purpose=purpose)
    address = f"{root_of(request)}/l/{link.token(services.settings.current_signing_key)}"
    return await _making(request, visitor, aggregate, {"days": str(DAYS)}, made=link, address=address)


@router.post("/leads/{lead_id}/link/{link_id}/remove")
async def take_back(request: Request, lead_id: LeadId, link_id: str, visitor: SignedIn) -> RedirectResponse:
    """Take a link back. Who may make it may take it back."""
    services = services_of(request)
    aggregate = await read_lead(services, lead_id)
    known = [link for link in await services.run(lambda: services.links.of(lead_id)) if link.id == link_id]
    for link in known:
        if refused := _not_theirs(visitor, aggregate.lead, link.purpose_details):
            raise HTTPException(403, f"{refused.reason}.")
        await services.run(lambda: services.links.remove(lead_id, link_id))
        _log.info("one-time link taken back", lead=lead_id, purpose=link.purpose)
    return RedirectResponse(f"{lead_address(lead_id)}/link", 303)


async def _making(
    request: Request,
    visitor: Visitor,
    aggregate: LeadAggregate,
    typed: dict[str, str],
    wrong: dict[str, str] | None = None,
    *,
    status: int = 200,
    made: Link | None = None,
    address: str = "",
) -> HTMLResponse:
    services, lead = services_of(request), aggregate.lead
    return page(
        request,
        "link_make.html",
        visitor,
        status,
        lead=lead,
        back=lead_address(lead.id),
        offers=[
            (name, purpose_details, _not_now(services, visitor, aggregate, purpose_details))
            for name, purpose_details in PURPOSES.items()
        ],
        typed={"purpose": "", "name": "", "mail": ""} | typed,
        wrong=wrong or {},
        max_days=MAX_DAYS,
        links=await services.run(lambda: services.links.of(lead.id)),
        made=made,
        address=address,
    )


def _complaints(typed: dict[str, str]) -> dict[str, str]:
    """Return a sentence about each value that cannot be used."""
    wrong: dict[str, str] = {}
    if typed["purpose"] not in PURPOSES:
        wrong["purpose"] = "Choose what the link is for."
    if name := _name_complaint(typed["name"]):
        wrong["name"] = name
    if address := complaint_about(typed["mail"]):
        wrong["mail"] = f"The mail address {address}."
    days = typed["days"]
    if not (days.isascii() and days.isdecimal() and len(days) < 4 and 1 <= int(days) <= MAX_DAYS):
        wrong["days"] = f"Write a number of days from 1 to {MAX_DAYS}."
    return wrong


def _name_complaint(name: str) -> str:
    if not name:
        return "Say for whom the link is."
    if len(name) > MAX_NAME:
        return f"The name has {len(name)} characters, and may have {MAX_NAME} at most."
    line = line_complaint(name)
    return f"The name {line}." if line else ""


def _not_now(
    services: Services, visitor: Visitor, aggregate: LeadAggregate, purpose_details: LinkPurpose
) -> Refused | None:
    """Return why this person can hand out no such link of this lead now, or None."""
    if refused := _not_theirs(visitor, aggregate.lead, purpose_details):
        return refused
    return option_of(aggregate, purpose_details.answers[0].decision.kind, services.clock()).refused


def _not_theirs(visitor: Visitor, lead: Lead, purpose_details: LinkPurpose) -> Refused | None:
    """Return why this person may not take all decisions of such a link, or None."""
    refusals = (
        lacking_role(visitor.actor(Face.PAGE), each.decision, lead) for each in purpose_details.answers
    )
    return next((refusal for refusal in refusals if refusal), None)
