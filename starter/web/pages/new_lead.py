"""Opening a lead: the form, and the leads that it may be the same as."""

import asyncio
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from client.answers import Opened
from client.connection import as_leads_errors
from client.errors import (
    DecisionRefused,
    LeadHasEnded,
    LeadNotInLedger,
    LeadsError,
    OtherLeadOpen,
    PossibleDuplicate,
    Unavailable,
)
from ledger.errors import LedgerRefused, LedgerUnavailable
from process.core.aggregate import LeadAggregate
from process.core.refusal import Suggestion, SuggestionKind, refuse
from process.decisions.opening import LeadOpened
from process.lead.duplicate_links import DuplicateLink
from starter.web.forms.form import Form, examples_of
from starter.web.forms.offers import offers_of
from starter.web.forms.posted import posted
from starter.web.forms.values import CHECKED
from starter.web.pages.lead import REFRESH
from starter.web.pages.rendering import page
from starter.web.reading import read_lead
from starter.web.services import Services, services_of
from starter.web.spelling import WrittenRefusal, lead_address, write_refusal
from starter.web.taking import as_visitor
from starter.web.visitors import SignedIn, Visitor

router = APIRouter(include_in_schema=False)

WAIT = 2.0
"""Seconds in which a new lead's first event is in the ledger if a worker runs."""
PAUSE = 0.05


@router.get("/leads/new")
async def show(request: Request, visitor: SignedIn) -> HTMLResponse:
    """Show the form, with the values of the address filled in."""
    given = request.query_params.multi_items()
    form = Form.empty(LeadOpened, [("zone", services_of(request).settings.zone), *given])
    form = form.with_complaints_about_given()
    return NewLeadPage(request, visitor).page(form, 422 if form.complaints else 200)


@router.post("/leads/new")
async def start(request: Request, visitor: SignedIn) -> Response:
    """Open the lead, or say which it may be the same as. The same organisation and title are the same lead."""
    given = await posted(request)
    return await NewLeadPage(request, visitor, dict(given)).sent(given)


class NewLeadPage:
    """The form of a new lead, as one person sees it."""

    def __init__(
        self, request: Request, visitor: Visitor, given: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self.request, self.visitor, self.services = request, visitor, services_of(request)
        self.do = given.get("do", "take")
        self.not_a_duplicate = given.get("not_a_duplicate", "") in CHECKED
        """True if it is another one than those that it looks like."""
        self.opaque_id = given.get("opaque_id", "") in CHECKED
        """True if its id is not to name the organisation."""

    async def sent(self, given: list[tuple[str, str]]) -> Response:
        """Return the answer to the form that was sent."""
        plain = Form.sent(LeadOpened, given)
        if self.do == "edit":
            return self.page(plain)
        form, wanted = plain.read(**as_visitor(self.visitor))
        if not isinstance(wanted, LeadOpened):
            return self.page(form, 422)
        if refusal := wanted.complaint():
            return self.page(form, 422, refused=write_refusal(refusal, ""))
        try:
            async with as_leads_errors():
                opened = await self.services.leads.open(
                    wanted, not_a_duplicate=self.not_a_duplicate, opaque_id=self.opaque_id
                )
        except PossibleDuplicate as error:
            return self.page(form, 409, others=error.originals)
        except LeadsError as error:
            away = isinstance(error, Unavailable)
            return self.page(form, 503 if away else 409, refused=_written(error), away=away)
        return await self._opened(form, opened)

    async def _opened(self, form: Form, opened: Opened) -> Response:
        """Lead to the new lead. A form that opened nothing, as the lead was there before, is shown again."""
        recorded = await _recorded(self.services, opened.lead_id)
        if recorded is None:
            address = lead_address(opened.lead_id)
            return page(
                self.request,
                "new_lead_waiting.html",
                self.visitor,
                202,
                {"refresh": f"{REFRESH}; url={address}"},
                heading=form.values.get("title", opened.lead_id),
                org=form.values.get("org", ""),
                lead_id=opened.lead_id,
                address=address,
            )
        if opened.already and recorded.event_log.events[0].key != form.key:
            there = Suggestion(kind=SuggestionKind.LEAD, text="Go on there", lead_id=opened.lead_id)
            already = refuse(f"This lead is already open, at {opened.stage}", there)
            return self.page(form, 409, refused=write_refusal(already, opened.lead_id))
        return RedirectResponse(lead_address(opened.lead_id), 303)

    def page(
        self,
        form: Form,
        status: int = 200,
        *,
        others: Sequence[DuplicateLink] = (),
        refused: WrittenRefusal | None = None,
        away: bool = False,
    ) -> HTMLResponse:
        """Return the page of the form, beside the leads that it may be the same as."""
        if form.refusal and refused is None:
            refused = write_refusal(form.refusal, "", form_of=LeadOpened.kind)
        return page(
            self.request,
            "new_lead.html",
            self.visitor,
            status,
            form=form.on(examples_of(LeadOpened.example), offers_of(LeadOpened, None)),
            refused=refused,
            away=away,
            others=[(other, lead_address(other.lead_id)) for other in others],
            not_a_duplicate=self.not_a_duplicate,
            opaque_id=self.opaque_id,
        )


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
