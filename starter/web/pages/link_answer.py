"""The page of a one-time link, on which somebody outside answers."""

import hashlib
from datetime import datetime
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from client.answers import Waiting
from client.errors import DecisionUnknown, LeadsError, Unavailable
from process.actor import Face
from process.core.aggregate import LeadAggregate
from process.lead.contract import Contract
from process.lead.lead import Lead
from process.views.overview import option_of
from starter.web.auth.links import Answer, HandedIn, Link
from starter.web.forms.fields import fields_of
from starter.web.forms.form import Form
from starter.web.forms.posted import posted
from starter.web.pages.rendering import moment, page
from starter.web.previewing import preview_from_ledger
from starter.web.reading import read_lead
from starter.web.services import services_of
from starter.web.taking import take

_log = structlog.get_logger("web")

router = APIRouter(include_in_schema=False)


@router.get("/l/{token}")
async def ask(request: Request, token: str) -> HTMLResponse:
    """Show the question."""
    link, aggregate = await _opened(request, token)
    if closed := _closed(request, link, aggregate):
        return closed
    if handed_in := await services_of(request).run(lambda: services_of(request).links.handed_in(link)):
        return _thanks(request, link, aggregate.lead, _on_its_way(handed_in, aggregate.lead))
    return _asking(request, link, aggregate.lead)


@router.post("/l/{token}")
async def answer(request: Request, token: str) -> Response:
    """Record the answer as that of the person for whom the link was made."""
    services = services_of(request)
    link, aggregate = await _opened(request, token)
    if closed := _closed(request, link, aggregate):
        return closed
    given = await posted(request)
    chosen = _chosen(link, dict(given).get("answer", ""))
    form, decision = _form(link, chosen, given).read(**_ours(link, chosen))
    if decision is None:
        return _asking(request, link, aggregate.lead, form, status=422)
    digest = _digest(chosen, form)
    handed_in = await services.run(lambda: services.links.handed_in(link))
    if handed_in and handed_in.digest != digest:
        message = f"{_on_its_way(handed_in, aggregate.lead)} Another one is not taken."
        return _thanks(request, link, aggregate.lead, message, 409)
    # A refusal by the lead would use up the link's key, so what can be known before is not sent.
    foretold = await services.run(lambda: preview_from_ledger(services, aggregate, decision))
    if refused := foretold.refused:
        return _asking(request, link, aggregate.lead, form, problem=refused.reason, status=409)
    try:
        taken = await take(services, link.lead_id, decision)
    except DecisionUnknown:
        return _asking(request, link, aggregate.lead, form, problem=_PERHAPS, status=503)
    except Unavailable:
        return _asking(request, link, aggregate.lead, form, problem=_AWAY, status=503)
    except LeadsError:  # it was decided meanwhile, or the lead has ended
        return _over(request, link, aggregate.lead)
    _log.info("one-time link used", lead=link.lead_id, purpose=link.purpose)
    if isinstance(taken, Waiting) or not taken.recorded:  # this page tells what the ledger has
        await services.run(lambda: services.links.hand_in(link, chosen.label, digest))
        message = "Your answer is kept, and is recorded in a moment."
        return _thanks(request, link, aggregate.lead, message, 202)
    return RedirectResponse(f"/l/{token}", 303)


def _digest(chosen: Answer, form: Form) -> str:
    """Return a text that is the same for the same answer only."""
    given = repr((chosen.decision.kind, sorted(form.values.items())))
    return hashlib.sha256(given.encode("utf-8", "backslashreplace")).hexdigest()


def _on_its_way(first: HandedIn, lead: Lead) -> str:
    answered = f"You answered on {_when(first.at, lead)}: “{first.label}”."
    return f"{answered} This answer is on its way, and is recorded in a moment."


_PERHAPS = "Your answer may have been recorded. Send it again to be sure: it counts once."
_AWAY = "Your answer could not be recorded now. All that you typed is still here: send it again in a moment."


async def _opened(request: Request, token: str) -> tuple[Link, LeadAggregate]:
    """Return the link, and its lead as recorded. Raises HTTPException if the link is none, or has expired."""
    services = services_of(request)
    link = await services.run(lambda: services.links.find(token, services.settings.signing_keys))
    if link is None:
        raise HTTPException(
            404,
            "This link is not known: its address is incomplete, or it was taken back. Ask the person who sent it to you.",
        )
    aggregate = await read_lead(services, link.lead_id)
    if link.is_over(services.clock()):
        raise HTTPException(
            410,
            f"This link has expired on {_when(link.expires, aggregate.lead)}. Ask {link.made_by}, who made it, for a new "
            "one.",
        )
    return link, aggregate


def _closed(request: Request, link: Link, aggregate: LeadAggregate) -> HTMLResponse | None:
    """Return the page of a link that was used, or whose question has no answer any more."""
    if used := link.answered(aggregate.event_log.events):
        message = f"You answered on {_when(used.at, aggregate.lead)}."
        return _thanks(request, link, aggregate.lead, message, summary=used.summary)
    now = services_of(request).clock()
    open_answers = [
        each
        for each in link.purpose_details.answers
        if not option_of(aggregate, each.decision.kind, now).refused
    ]
    if link.is_outdated(aggregate.lead) or not open_answers:
        return _over(request, link, aggregate.lead)
    return None


def _asking(
    request: Request,
    link: Link,
    lead: Lead,
    form: Form | None = None,
    *,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    """Return the page with the question. `form`: the answer that was sent and not taken."""
    forms = [
        (each, form if form and form.decision is each.decision else _form(link, each), _fields(each))
        for each in link.purpose_details.answers
    ]
    return _page(request, "link_ask.html", status, link, lead, forms_of_answers=forms, problem=problem)


def _thanks(
    request: Request, link: Link, lead: Lead, message: str, status: int = 200, summary: str = ""
) -> HTMLResponse:
    return _page(request, "link_answered.html", status, link, lead, message=message, summary=summary)


def _over(request: Request, link: Link, lead: Lead) -> HTMLResponse:
    return _page(request, "link_over.html", 410, link, lead)


def _page(
    request: Request, template: str, status: int, link: Link, lead: Lead, **values: Any
) -> HTMLResponse:
    """Return a page for somebody outside: of the lead it has the heading, and what the question is about."""
    known = {"link": link, "heading": lead.heading, "about": _about(link, lead), "lead_zone": lead.zone}
    return page(request, template, None, status, **known | values)


def _about(link: Link, lead: Lead) -> list[tuple[str, str]]:
    """Return what somebody outside has to know to answer, each with its name."""
    facts: list[tuple[str, str]] = [("Organisation", lead.org)]
    match link.purpose:
        case "quote" if lead.quote:
            facts += [("Price", str(lead.quote)), ("Valid until", str(lead.quote.valid_until))]
        case "signature":
            facts += _period(lead.pending)
        case "hub":
            facts += [("Hub", lead.hub.url)] if lead.hub.url else []
            facts += _period(lead.contract)
    return facts


def _period(contract: Contract) -> list[tuple[str, str]]:
    days = [f"from {contract.start}"] if contract.start else []
    days += [f"until {contract.term_ends}"] if contract.term_ends else []
    return [("Contract", " ".join(days))] if days else []


def _when(at: datetime, lead: Lead) -> str:
    return f"{moment(at, lead.zone)} ({lead.zone})"


def _chosen(link: Link, kind: str) -> Answer:
    """Return the answer that was chosen. Raises HTTPException for one that the link does not offer."""
    for each in link.purpose_details.answers:
        if each.decision.kind == kind:
            return each
    raise HTTPException(422, "This link offers no such answer: go back and use the buttons of the page.")


def _form(link: Link, chosen: Answer, given: list[tuple[str, str]] | None = None) -> Form:
    """Return the form of an answer, as it was sent or new. Only its own fields are read."""
    if given is None:
        first = [("signed_by", link.name)] if "signed_by" in chosen.fields else []
        return Form.empty(chosen.decision, first)
    return Form.sent(chosen.decision, [pair for pair in given if pair[0] in chosen.fields])


def _fields(chosen: Answer) -> list[Any]:
    """Return the fields in the order of the answer, each with what it asks of somebody outside."""
    known = {field.name: field for field in fields_of(chosen.decision)}
    return [known[name]._replace(help=asks) for name, asks in chosen.fields.items()]


def _ours(link: Link, chosen: Answer) -> dict[str, Any]:
    """Return the fields of the decision that the link fills in, whatever was sent."""
    ours: dict[str, Any] = {"by": link.name, "source": Face.LINK, "actor": link.actor(), "key": link.key}
    ours["note"] = f"By a one-time link made by {link.made_by}"
    if chosen.named:
        ours[chosen.named] = link.name
    if link.version is not None:
        ours["version"] = link.version
    return ours
