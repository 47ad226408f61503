"""Deciding: the form of a decision beside what it would do, and taking it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from process.core.aggregate import LeadAggregate
from process.decisions.base import Decision
from process.decisions.reading import did_you_mean
from process.decisions.registry import DECISIONS
from process.views.agenda import UsualDecision, find_line, usual_decision
from process.views.agenda_items import Section
from process.views.overview import option_of
from starter.web.forms.form import Form
from starter.web.forms.posted import posted
from starter.web.lead_ids import LeadId
from starter.web.pages.decision_page import INSTEAD_OF, DecisionPage, keeping, replaced_in
from starter.web.previewing import preview_from_ledger
from starter.web.reading import read_lead
from starter.web.services import services_of
from starter.web.spelling import CORRECTION, decision_address, lead_address
from starter.web.visitors import SignedIn

router = APIRouter(include_in_schema=False)


@router.get("/leads/{lead_id}/next")
async def show_next(
    request: Request,
    lead_id: LeadId,
    visitor: SignedIn,  # noqa: ARG001
    line: Annotated[str, Query(max_length=100)] = "",
) -> RedirectResponse:
    """Lead to the form of the decision that a line of the agenda asks for, with the fields that the line tells.

    Without a line it is the usual decision of the next step. If there is none now, it leads to all decisions; to what
    only the workflow knows, if the line is about that.
    """
    services = services_of(request)
    aggregate = await read_lead(services, lead_id)
    section, _, mark = line.partition(".")
    now = services.clock()
    found = find_line(aggregate.lead, mark, now) if mark else None
    if mark and found is None and section == Section.STUCK:
        return RedirectResponse(f"{lead_address(lead_id)}?now=1#now", 303)
    usual = found.decision if found else UsualDecision() if mark else usual_decision(aggregate.lead)
    if usual.kind and _is_possible(aggregate, usual.kind, now):
        return RedirectResponse(decision_address(usual.kind, lead_id, usual.fields), 303)
    return RedirectResponse(f"{lead_address(lead_id)}#decide", 303)


def _is_possible(aggregate: LeadAggregate, kind: str, now: datetime) -> bool:
    """Return True if the lead takes such a decision now. A correction has a page of its own, which says more."""
    return kind == CORRECTION or not option_of(aggregate, kind, now).refused


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
    if parsed and (given or not (option.needs or option.one_of)):
        preview = await services.run(lambda: preview_from_ledger(services, aggregate, parsed))
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
