"""The page of one lead: where it stands, what may be decided, and everything that happened."""

from datetime import date
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from client.connection import as_leads_errors
from client.errors import LeadNotFound, LeadNotInLedger, LeadsError
from ledger.errors import LedgerRefused, LedgerUnavailable
from ledger.queries.figure_lines import headings
from process.lead.qualification import MANIAC_T
from starter.web.lead_ids import LeadId
from starter.web.pages.lead_live import ask_live, ask_overview
from starter.web.pages.lead_timeline import GROUPS, Group
from starter.web.pages.lead_view import LeadView, Window, view_of, view_of_overview
from starter.web.pages.lead_walk import walk_of
from starter.web.pages.rendering import page
from starter.web.reading import NotYetCome, NotYetOpened, read_folded
from starter.web.services import Services, services_of
from starter.web.spelling import lead_address
from starter.web.visitors import SignedIn, Visitor

MAX_SEQ = 10**9
LONGEST = 1_000
REFRESH = 3
"""Seconds after which a browser asks again for a lead that is not recorded yet."""

router = APIRouter(include_in_schema=False)


class Address(NamedTuple):
    """The address of a lead's page, with the state of the view in its query."""

    lead_id: str
    as_of: date | None
    show: Group | None
    list: str
    """The board's query from which the person came."""

    @property
    def path(self) -> str:
        """The address without its query."""
        return lead_address(self.lead_id)

    def __call__(self, **changes: Any) -> str:
        """Return the address with these values of the query changed or added; None leaves one out."""
        values = {"as-of": self.as_of, "show": self.show, "from": self.list}
        values |= {name.replace("_", "-"): value for name, value in changes.items()}
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return f"{self.path}{f'?{urlencode(given)}' if given else ''}"


@router.get("/leads/{lead_id}")
async def show(
    request: Request,
    visitor: SignedIn,
    lead_id: LeadId,
    *,
    as_of: Annotated[str, Query(alias="as-of", max_length=20)] = "",
    group: Annotated[Group | None, Query(alias="show")] = None,
    before: Annotated[int | None, Query(ge=1, le=MAX_SEQ)] = None,
    event: Annotated[int | None, Query(ge=1, le=MAX_SEQ)] = None,
    came_from: Annotated[str, Query(alias="from", max_length=LONGEST)] = "",
    now: Annotated[bool, Query()] = False,
    taken: Annotated[int | None, Query(ge=1, le=MAX_SEQ)] = None,
    retried: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
) -> HTMLResponse:
    """Show a lead, or how it was at the end of a past day."""
    services, day = services_of(request), _day(as_of)
    try:
        view, source = await _view(services, lead_id, day, Window(group, before, event), visitor)
    except NotRecordedYet as waits:
        return _waiting(request, visitor, waits)
    here = Address(lead_id, day, group, came_from if came_from.isprintable() else "")
    return page(
        request,
        "lead.html",
        visitor,
        view=view,
        source=source,
        here=here,
        as_of=day,
        groups=GROUPS,
        walk=await walk_of(services, lead_id, view.lead.stage, here.list) if day is None else None,
        taken=taken,
        headers={"refresh": str(REFRESH)} if source.comes else None,
        live=await ask_live(services.leads, lead_id, known=visitor.is_known) if now and day is None else None,
        retried=retried,
        temporal=services.leads.link(lead_id),
        questions=MANIAC_T,
        lead_id=lead_id,
    )


@router.get("/leads/{lead_id}/live")
async def show_live(request: Request, visitor: SignedIn, lead_id: LeadId) -> HTMLResponse:
    """Show what only the workflow knows. The page loads it when it is there."""
    services = services_of(request)
    live = await ask_live(services.leads, lead_id, known=visitor.is_known)
    zone = await _zone(services, lead_id)
    return page(request, "lead_live.html", visitor, live=live, lead_id=lead_id, lead_zone=zone)


async def _zone(services: Services, lead_id: str) -> str:
    """Return the lead's time zone, or the service's if the ledger does not tell it."""
    try:
        named = (await services.ask(headings, [lead_id])).get(lead_id)
    except (LedgerUnavailable, LedgerRefused):
        named = None
    return named.zone if named else services.settings.zone


@router.post("/leads/{lead_id}/retry")
async def retry(
    request: Request,
    visitor: SignedIn,  # noqa: ARG001
    lead_id: LeadId,
    effect: Annotated[str | None, Query(max_length=LONGEST)] = None,
) -> RedirectResponse:
    """Try the effects that failed for good again, or the one with this key."""
    leads = services_of(request).leads
    async with as_leads_errors(leads.timeout):
        handle = await leads.by_id(lead_id)
        if handle is None:
            raise LeadNotFound(lead_id)
        keys = await leads.retry(handle, effect)
    return RedirectResponse(f"{lead_address(lead_id)}?now=1&retried={len(keys)}#now", 303)


class Source(NamedTuple):
    """The place that a page's facts come from, if it is not the ledger."""

    why: str = ""
    """The reason for which it is not the ledger, as a sentence; empty if it is."""
    comes: bool = False
    """True if the ledger has it in a moment, so that the page is to be asked for again."""


class NotRecordedYet(Exception):
    """A lead is open and not in the ledger yet, and no worker tells of it."""

    def __init__(self, lead_id: str, heading: str) -> None:
        super().__init__(lead_id)
        self.lead_id, self.heading = lead_id, heading


def _waiting(request: Request, visitor: Visitor, waits: NotRecordedYet) -> HTMLResponse:
    headers = {"refresh": str(REFRESH)}
    known = {"heading": waits.heading, "org": "", "lead_id": waits.lead_id}
    address = lead_address(waits.lead_id)
    return page(request, "new_lead_waiting.html", visitor, 202, headers, address=address, **known)


async def _view(
    services: Services, lead_id: str, day: date | None, window: Window, visitor: Visitor
) -> tuple[LeadView, Source]:
    try:
        found, at = await read_folded(services, lead_id, day)
    except NotYetCome as error:
        raise HTTPException(422, str(error)) from None
    except NotYetOpened:
        raise
    except (LedgerUnavailable, LedgerRefused, LeadNotInLedger) as error:
        if day is not None:
            raise
        return await _view_without_ledger(services, lead_id, window, visitor, error)
    return view_of(found, at, window, visitor, past=day is not None), Source()


async def _view_without_ledger(
    services: Services, lead_id: str, window: Window, visitor: Visitor, why: Exception
) -> tuple[LeadView, Source]:
    """Return the lead as its workflow tells it.

    Raises `why` if that is away, too; NotRecordedYet for a lead that was just opened; LeadNotFound if there is none.
    """
    try:
        overview = await ask_overview(services.leads, lead_id)
    except LeadNotFound:
        raise LeadNotFound(lead_id) from None
    except LeadsError:
        if isinstance(why, LeadNotInLedger) and (heading := await _heading_of_open(services, lead_id)):
            raise NotRecordedYet(lead_id, heading) from None
        raise why from None
    view = view_of_overview(overview, services.clock(), window, visitor)
    if isinstance(why, LeadNotInLedger):
        return view, Source("The ledger does not have this lead yet.", comes=True)
    return view, Source("The ledger is away.")


async def _heading_of_open(services: Services, lead_id: str) -> str:
    """Return the heading of a lead whose workflow runs; empty if none does, or Temporal does not say."""
    try:
        async with as_leads_errors(services.leads.timeout):
            return await services.leads.heading_of_open(lead_id)
    except LeadsError:
        return ""


def _day(given: str) -> date | None:
    """Return the day of an address; None if there is none. Raises HTTPException for one that cannot be read."""
    if not given.strip():
        return None
    try:
        if len(given) != len("2026-11-29"):
            raise ValueError(given)
        return date.fromisoformat(given)
    except ValueError:
        raise HTTPException(422, "as-of must be a day such as 2026-11-29.") from None
