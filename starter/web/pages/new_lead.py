"""Opening a lead: the form, and the leads that it may be the same as."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from temporalio.service import RPCError

from client.connection import translate
from client.errors import (
    DecisionRefused,
    LeadHasEnded,
    LeadNotInLedger,
    LeadsError,
    OtherLeadOpen,
    PossibleDuplicate,
    TemporalUnreachable,
    Unavailable,
)
from client.leads import Opened
from ledger.errors import LedgerRefused, LedgerUnavailable
from process.core.aggregate import LeadAggregate
from process.core.refusal import Suggestion, SuggestionKind, refuse
from process.decisions.opening import LeadOpened
from process.lead.duplicate_links import DuplicateLink
from starter.web.forms.form import Form, examples_of
from starter.web.forms.offers import offers_of
from starter.web.forms.posted import posted
from starter.web.forms.values import CHECKED
from starter.web.pages.rendering import page
from starter.web.reading import read_lead
from starter.web.services import Services, services_of
from starter.web.spelling import WrittenRefusal, lead_address, write_refusal
from starter.web.taking import as_visitor
from starter.web.visitors import Visitor, visitor_of

router = APIRouter(include_in_schema=False)

WAIT = 2.0
"""Seconds in which a new lead's first event is in the ledger if a worker runs."""
PAUSE = 0.05

Person = Annotated[Visitor, Depends(visitor_of)]


@router.get("/leads/new")
async def show(request: Request, visitor: Person) -> HTMLResponse:
    """Show the form, with the values of the address filled in."""
    given = request.query_params.multi_items()
    form = Form.empty(LeadOpened, [("zone", services_of(request).settings.zone), *given])
    form = form.with_complaints_about_given()
    return _page(request, visitor, form, 422 if form.complaints else 200)


@router.post("/leads/new")
async def start(request: Request, visitor: Person) -> Response:
    """Open the lead, or say which it may be the same as. The same organisation and title are the same lead."""
    services, given = services_of(request), await posted(request)
    boxes = {name: dict(given).get(name, "") in CHECKED for name in ("another", "opaque")}
    form, parsed = Form.sent(LeadOpened, given).read(**as_visitor(visitor))
    if dict(given).get("do") == "edit":
        return _page(request, visitor, Form.sent(LeadOpened, given), **boxes)
    if not isinstance(parsed, LeadOpened):
        return _page(request, visitor, form, 422, **boxes)
    if refusal := parsed.complaint():
        return _page(request, visitor, form, 422, refused=write_refusal(refusal, ""), **boxes)
    try:
        opened = await _open(services, parsed, **boxes)
    except PossibleDuplicate as error:
        return _page(request, visitor, form, 409, others=error.originals, **boxes)
    except LeadsError as error:
        away = isinstance(error, Unavailable)
        return _page(
            request, visitor, form, 503 if away else 409, refused=_written(error), away=away, **boxes
        )
    recorded = await _recorded(services, opened.lead_id)
    if recorded is None:
        return page(request, "new_lead_waiting.html", visitor, 202, form=form, opened=opened)
    if opened.already and recorded.event_log.events[0].key != form.key:
        there = Suggestion(kind=SuggestionKind.LEAD, text="Go on there", lead_id=opened.lead_id)
        already = refuse(f"This lead is already open, at {opened.stage}", there)
        return _page(request, visitor, form, 409, refused=write_refusal(already, opened.lead_id), **boxes)
    return RedirectResponse(lead_address(opened.lead_id), 303)


async def _open(services: Services, wanted: LeadOpened, *, another: bool, opaque: bool) -> Opened:
    leads = services.leads
    try:
        return await leads.open(wanted, duplicate=another, opaque=opaque)
    except RPCError as error:
        raise translate(error) from error
    except RuntimeError as error:  # the SDK could not connect
        raise TemporalUnreachable(leads.client.service_client.config.target_host) from error


async def _recorded(services: Services, lead_id: str) -> LeadAggregate | None:
    """Return the lead as soon as the ledger has it; None if it has not in time."""
    try:
        async with asyncio.timeout(WAIT):
            while True:
                try:
                    return await read_lead(services, lead_id)
                except (LeadNotInLedger, LedgerUnavailable, LedgerRefused):  # the lead is opened all the same
                    await asyncio.sleep(PAUSE)
    except TimeoutError:
        return None


def _written(error: LeadsError) -> WrittenRefusal:
    """Return why no lead was opened, with a link to the lead that is there."""
    if isinstance(error, DecisionRefused):
        return write_refusal(error.refusal, error.lead_id, form_of=LeadOpened.kind)
    reason = str(error).removesuffix(".")
    if not isinstance(error, OtherLeadOpen | LeadHasEnded):
        return write_refusal(refuse(reason), "")
    there = Suggestion(kind=SuggestionKind.LEAD, text="Look at that lead", lead_id=error.lead_id)
    advice = "If you mean another request, give it another title"
    return write_refusal(refuse(reason, there, advice), error.lead_id)


def _page(
    request: Request,
    visitor: Visitor,
    form: Form,
    status: int = 200,
    *,
    others: Sequence[DuplicateLink] = (),
    refused: WrittenRefusal | None = None,
    **more: Any,
) -> HTMLResponse:
    """Return the page of the form, beside the leads that it may be the same as."""
    if form.refusal and refused is None:
        refused = write_refusal(form.refusal, "", form_of=LeadOpened.kind)
    shown = form.on(examples_of(LeadOpened.example), offers_of(LeadOpened, None))
    plain = {"away": False, "another": False, "opaque": False}
    return page(
        request,
        "new_lead.html",
        visitor,
        status,
        form=shown,
        refused=refused,
        others=[(other, lead_address(other.lead_id)) for other in others],
        **plain | more,
    )
