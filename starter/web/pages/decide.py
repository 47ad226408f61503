"""Deciding: the form of a decision beside what it would do, and taking it."""

import difflib
import inspect
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from client.errors import DecisionRefused, DecisionUnknown, LeadsError, Unavailable
from client.leads import Waiting
from process.actor import Face
from process.authorization import deciders_of, lacking_role
from process.core.aggregate import LeadAggregate
from process.core.refusal import refuse
from process.decisions.base import Decision
from process.decisions.registry import DECISIONS
from process.views.overview import option_of
from starter.web.forms.fields import fields_of
from starter.web.forms.form import Form, examples_of
from starter.web.forms.offers import offers_of
from starter.web.forms.posted import posted
from starter.web.pages.rendering import page
from starter.web.previewing import preview_from_ledger, preview_now
from starter.web.reading import read_lead
from starter.web.services import services_of
from starter.web.spelling import CORRECTION, decision_address, lead_address, write_refusal
from starter.web.taking import as_visitor, news_since, take
from starter.web.visitors import Visitor, visitor_of

router = APIRouter(include_in_schema=False)

Person = Annotated[Visitor, Depends(visitor_of)]


@router.get("/leads/{lead_id}/decide/{name}")
async def show(request: Request, lead_id: str, name: str, visitor: Person) -> Response:
    """Show the form, with the values of the address filled in, or why it cannot be decided now."""
    services, decision = services_of(request), decision_named(name)
    given = request.query_params.multi_items()
    if decision.kind == CORRECTION:
        return RedirectResponse(decision_address(CORRECTION, lead_id, dict(given)), 303)
    aggregate = await read_lead(services, lead_id)
    desk = _Desk(request, visitor, aggregate, decision)
    if not_theirs := desk.not_theirs():
        return not_theirs
    option = option_of(aggregate, decision.kind, services.clock())
    if option.refused:
        return desk.closed(option.refused)
    form = desk.form(Form.empty(decision, given))
    complete, parsed = form.read(**as_visitor(visitor))
    if parsed and (given or not option.needs):
        return desk.page(complete, preview=preview_from_ledger(services, aggregate, parsed))
    form = form.with_complaints_about_given()
    return desk.page(form, status=422 if form.complaints else 200)


@router.post("/leads/{lead_id}/decide/{name}")
async def decide(request: Request, lead_id: str, name: str, visitor: Person) -> Response:
    """Show what the decision would do (`do=look`), take it (`do=take`), or show the form as it was sent (`do=edit`)."""
    services, decision = services_of(request), decision_named(name)
    if decision.kind == CORRECTION:
        raise HTTPException(404, "A correction is sent from the page of the event that it corrects.")
    given = await posted(request)
    aggregate = await read_lead(services, lead_id)
    desk = _Desk(request, visitor, aggregate, decision)
    if not_theirs := desk.not_theirs(status=403):
        return not_theirs
    form, parsed = desk.form(Form.sent(decision, given)).read(**as_visitor(visitor))
    do, news = dict(given).get("do", "look"), news_since(aggregate, seen_in(given), form.key)
    if do == "edit":
        return desk.page(desk.form(Form.sent(decision, given)), news=news)
    if parsed is None:
        return desk.page(form, news=news, status=200 if refreshes(request) else 422)
    if do != "take" or news:
        preview = await preview_now(services, aggregate, parsed)
        return desk.page(form, preview=preview, news=news, looked=True, status=409 if do == "take" else 200)
    try:
        answer = await take(services, lead_id, parsed)
    except LeadsError as error:
        return desk.failed(form, error, given)
    if isinstance(answer, Waiting):
        return waiting(request, visitor, aggregate, decision, answer)
    return RedirectResponse(taken_address(lead_id, answer.seq), 303)


class _Desk:
    """One decision on one lead, as one person sees it."""

    def __init__(
        self, request: Request, visitor: Visitor, aggregate: LeadAggregate, decision: type[Decision]
    ) -> None:
        self.request, self.visitor, self.aggregate, self.decision = request, visitor, aggregate, decision

    def form(self, form: Form) -> Form:
        """Return the form with what this lead offers."""
        lead = self.aggregate.lead
        return form.on(examples_of(self.decision.example_for(lead)), offers_of(self.decision, lead))

    def not_theirs(self, status: int = 200) -> HTMLResponse | None:
        """Return the page that says whose decision it is, if it is not this person's."""
        lead = self.aggregate.lead
        refusal = lacking_role(self.visitor.actor(Face.PAGE), self.decision, lead)
        if refusal is None:
            return None
        roles = sorted(deciders_of(self.decision, lead))
        theirs = [(role, lead.assigned.get(role)) for role in roles]
        return self._render(
            "decide_closed.html", status, refused=write_refusal(refusal, lead.id), theirs=theirs
        )

    def closed(self, refused: Any) -> HTMLResponse:
        """Return the page that says why nobody can decide it now."""
        lead_id = self.aggregate.lead.id
        return self._render("decide_closed.html", 200, refused=write_refusal(refused, lead_id), theirs=())

    def failed(self, form: Form, error: LeadsError, given: list[tuple[str, str]]) -> HTMLResponse:
        """Return the page of a decision that was not taken, or perhaps, with all that was typed."""
        lead_id = self.aggregate.lead.id
        if isinstance(error, DecisionUnknown):
            kept = [(name, value) for name, value in given if name not in ("do", "key")]
            return self._render("decide_unknown.html", 503, error=str(error), kept=[*kept, ("key", form.key)])
        if isinstance(error, DecisionRefused):
            refused = write_refusal(error.refusal, lead_id, form_of=self.decision.kind)
            return self.page(form.renewed(), refused=refused, status=409)
        away = isinstance(error, Unavailable)
        refused = write_refusal(refuse(str(error).removesuffix(".")), lead_id)
        return self.page(form, refused=refused, away=away, status=503 if away else 409)

    def page(self, form: Form, *, status: int = 200, **more: Any) -> HTMLResponse:
        """Return the page of the form."""
        if form.refusal and "refused" not in more:
            more["refused"] = write_refusal(form.refusal, self.aggregate.lead.id, form_of=self.decision.kind)
        plain = {"preview": None, "refused": None, "news": (), "looked": False, "away": False}
        return self._render("decide.html", status, form=form, **plain | more)

    def _render(self, template: str, status: int, **values: Any) -> HTMLResponse:
        does, _, more = (inspect.getdoc(self.decision) or "").partition("\n\n")
        known: dict[str, Any] = {
            "lead": self.aggregate.lead,
            "address": lead_address(self.aggregate.lead.id),
            "kind": self.decision.kind,
            "does": does,
            "more": more,
            "fields": fields_of(self.decision),
        }
        return page(self.request, template, self.visitor, status, **known | values)


def decision_named(name: str) -> type[Decision]:
    """Return the decision that an address names, as `price-quoted`. Raises HTTPException."""
    found = DECISIONS.get(name.replace("-", "_"))
    if found is None:
        near = difflib.get_close_matches(name[:60], [kind.replace("_", "-") for kind in DECISIONS], 1)
        meant = f" Did you mean {near[0]}?" if near else ""
        raise HTTPException(404, f"There is no such decision.{meant}")
    return found


def seen_in(given: list[tuple[str, str]]) -> int:
    """Return the number of the newest event that the person knew; 0 if the form does not say."""
    seq = dict(given).get("seq", "")
    return int(seq) if seq.isascii() and seq.isdecimal() and len(seq) < 10 else 0


def refreshes(request: Request) -> bool:
    """Return True if a script asks for the preview anew while the form is filled in."""
    return request.headers.get("hx-request") == "true"


def taken_address(lead_id: str, seq: int | None) -> str:
    """Return the address of the lead's page that shows the decision as taken."""
    return f"{lead_address(lead_id)}?taken={seq}#e{seq}" if seq else lead_address(lead_id)


def waiting(
    request: Request, visitor: Visitor, aggregate: LeadAggregate, decision: type[Decision], answer: Waiting
) -> HTMLResponse:
    """Return the page that says that the decision is kept until the lead takes it."""
    lead = aggregate.lead
    return page(
        request,
        "decide_waiting.html",
        visitor,
        202,
        lead=lead,
        address=lead_address(lead.id),
        kind=decision.kind,
        why=str(answer.why),
    )
