"""Deciding: the form of a decision beside what it would do, and taking it."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from process.decisions.base import Decision
from process.decisions.reading import did_you_mean
from process.decisions.registry import DECISIONS
from process.views.next_step import step_of
from process.views.overview import option_of
from starter.web.forms.form import Form
from starter.web.forms.posted import posted
from starter.web.lead_ids import LeadId
from starter.web.pages.deciding import INSTEAD_OF, DecisionPage, keeping, replaced_in
from starter.web.previewing import preview_from_ledger
from starter.web.reading import read_lead
from starter.web.services import services_of
from starter.web.spelling import CORRECTION, decision_address, lead_address
from starter.web.visitors import SignedIn

router = APIRouter(include_in_schema=False)


@router.get("/leads/{lead_id}/next")
async def show_next(request: Request, lead_id: LeadId, visitor: SignedIn) -> RedirectResponse:  # noqa: ARG001
    """Lead to the form of the usual decision of the next step, or to all decisions if there is none now."""
    services = services_of(request)
    aggregate = await read_lead(services, lead_id)
    kind = next(iter(step_of(aggregate.lead).decisions), "")
    if kind and not option_of(aggregate, kind, services.clock()).refused:
        return RedirectResponse(decision_address(kind, lead_id), 303)
    return RedirectResponse(f"{lead_address(lead_id)}#decide", 303)


@router.get("/leads/{lead_id}/decide/{name}")
async def show(request: Request, lead_id: LeadId, name: str, visitor: SignedIn) -> Response:
    """Show the form, with the values of the address filled in, or why it cannot be decided now."""
    services, decision = services_of(request), decision_named(name)
    query = request.query_params
    given = [pair for pair in query.multi_items() if pair[0] != INSTEAD_OF]
    if decision.kind == CORRECTION:
        fields = {name: query.getlist(name) for name in query} | {"seq": query.get("seq")}
        return RedirectResponse(decision_address(CORRECTION, lead_id, fields), 303)
    aggregate = await read_lead(services, lead_id)
    shown = DecisionPage(request, visitor, aggregate, decision)
    shown.replaces = replaced_in(query.multi_items())
    if not_theirs := shown.not_theirs():
        return not_theirs
    option = option_of(aggregate, decision.kind, services.clock())
    if option.refused:
        return shown.impossible(option.refused)
    form = shown.on_lead(Form.empty(decision, given))
    complete, parsed = form.read(**shown.ours())
    if parsed and (given or not option.needs):
        preview = preview_from_ledger(services, aggregate, parsed)
        return shown.page(complete, preview=preview if given or not preview.refused else None)
    form = form.with_complaints_about_given()
    return shown.page(form, status=422 if form.complaints else 200)


@router.post("/leads/{lead_id}/decide/{name}")
async def decide(request: Request, lead_id: LeadId, name: str, visitor: SignedIn) -> Response:
    """Answer the form that was sent."""
    decision = decision_named(name)
    if decision.kind == CORRECTION:
        raise HTTPException(404, "A correction is sent from the page of the event that it corrects.")
    given = await posted(request)
    with keeping(given):
        aggregate = await read_lead(services_of(request), lead_id)
    shown = DecisionPage(request, visitor, aggregate, decision)
    shown.replaces = replaced_in(given)
    return await shown.sent(given)


def decision_named(name: str) -> type[Decision]:
    """Return the decision that an address names, as `price-quoted`. Raises HTTPException."""
    found = DECISIONS.get(name.replace("-", "_"))
    if found is None:
        meant = did_you_mean(name, {kind.replace("_", "-"): kind for kind in DECISIONS})
        raise HTTPException(404, f"There is no such decision. {meant}".strip())
    return found
