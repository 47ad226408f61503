"""Leads: listing, opening and reading them."""

import asyncio
from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict, Field

from ledger.queries import board, feed
from ledger.queries.board import BoardFilter, Sort
from process.bounds import Bounded
from process.core.aggregate import LeadAggregate
from process.decisions.opening import LeadOpened, Service
from process.types import Role, Stage
from process.views.overview import options, overview
from starter.web.api.addresses import Decider, Reader, Serving, next_link
from starter.web.api.answers import (
    Choice,
    Choices,
    EventPage,
    LeadNow,
    LeadPage,
    ListedLead,
    OneLead,
    Opened,
    RecordedEvent,
)
from starter.web.api.bodies import body_of
from starter.web.api.caching import answer
from starter.web.api.errors import RETRY_AFTER, no_lead
from starter.web.api.fields import decision_of
from starter.web.api.problems import ApiProblem, Complaint, invalid
from starter.web.lead_ids import LeadId
from starter.web.reading import read_folded, read_lead
from starter.web.services import Services

WAITS: Final = 2.0
"""Seconds that a reader waits at most for an event to be in the ledger."""
PAUSE: Final = 0.05
MAX_SEQ: Final = 2**31 - 1

router = APIRouter(tags=["leads"])


class Asked(Bounded):
    """Parameters of a query. A misspelled one is an error, because its filter would be missing."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class LeadsAsked(Asked):
    """Filters and order of a list of leads."""

    stage: list[Stage] = Field([], description="only at these stages", max_length=len(Stage))
    owner: Role | None = Field(None, description="role that has the next step")
    service: Service | None = None
    attention: bool = Field(False, description="only leads that need attention")
    hold: bool | None = Field(None, description="only leads that are on hold, or that are not")
    q: str = Field("", description="words that the lead has somewhere", max_length=200)
    sort: Sort = Field("date", description="earliest date, highest value, longest at the stage, or name")
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, description="cursor of a page before", max_length=1_000)


class LeadAsked(Asked):
    """The day and the event as of which a lead is read."""

    as_of: date | None = Field(None, description="show it as it was known at the end of this past day")
    min_seq: int | None = Field(
        None, ge=1, le=MAX_SEQ, description="wait up to two seconds until the ledger has this event"
    )


class EventsAsked(Asked):
    """Part of a lead's events."""

    after_seq: int = Field(0, ge=0, le=MAX_SEQ)
    limit: int = Field(100, ge=1, le=500)


@router.get("/leads", response_model=LeadPage, summary="List leads")
async def list_leads(
    request: Request, services: Serving, _: Reader, asked: Annotated[LeadsAsked, Query()]
) -> Response:
    """List the leads that are not archived, page by page: the header `Link` leads to the next one."""
    only = BoardFilter(asked.owner, asked.service, asked.attention, asked.hold, asked.q)
    found = await services.ask(
        board.leads, asked.stage or tuple(Stage), asked.sort, only, asked.after, asked.limit
    )
    page = LeadPage(leads=[ListedLead.of(card.row) for card in found.cards], after=found.after)
    following = next_link(request, after=found.after) if found.after else {}
    return answer(request, page, await services.ask(feed.head), following)


@router.post(
    "/leads",
    status_code=201,
    response_model=Opened,
    summary="Open a lead",
    responses={200: {"model": Opened, "description": "The lead was open already"}},
)
async def open_lead(request: Request, services: Serving, caller: Decider) -> Response:
    """Open a lead: somebody showed obvious interest in working with us.

    The same organisation and title are the same lead, however often it is opened. A lead that looks like an open one is
    not opened, and the answer names the candidates, unless `not_a_duplicate` says that it is another one.
    """
    body = await body_of(request)
    not_a_duplicate, opaque_id = _flag(body, "not_a_duplicate"), _flag(body, "opaque_id")
    body.setdefault("zone", services.settings.zone)
    wanted = decision_of(LeadOpened, body, caller)
    opened = await services.leads.open(wanted, not_a_duplicate=not_a_duplicate, opaque_id=opaque_id)
    shown = Opened(lead_id=opened.lead_id, stage=Stage(opened.stage), already=opened.already)
    headers = {"location": f"{request.url.path}/{opened.lead_id}"}
    return JSONResponse(shown.model_dump(mode="json"), 200 if opened.already else 201, headers)


@router.get("/leads/{lead_id}", response_model=OneLead, summary="Read a lead")
async def read(
    request: Request, services: Serving, lead_id: LeadId, _: Reader, asked: Annotated[LeadAsked, Query()]
) -> Response:
    """Show a lead from the ledger: as it is, or as it was known at the end of a past day in its zone.

    Effects that are under way and refusals are not in the ledger. After a decision, `min_seq` with the number of its
    event makes sure that the answer knows it.
    """
    if asked.min_seq:
        await _wait_for(services, lead_id, asked.min_seq)
    (past, moment), row = await read_folded(services, lead_id, asked.as_of), None
    if asked.as_of is None:
        row = await services.run(lambda: services.ledger.row(lead_id))
    found = OneLead(
        lead_id=lead_id,
        seq=past.lead.last_seq,
        as_of=asked.as_of,
        row=ListedLead.of(row) if row else None,
        overview=LeadNow.model_validate(overview(LeadAggregate.of(past.log), moment)),
    )
    return answer(request, found, found.seq)


@router.get("/leads/{lead_id}/events", response_model=EventPage, summary="Read the events of a lead")
async def events(
    request: Request, services: Serving, lead_id: LeadId, _: Reader, asked: Annotated[EventsAsked, Query()]
) -> Response:
    """Show the events of a lead as they are recorded, oldest first, those after a number."""
    entries = await services.run(lambda: services.ledger.entries(lead_id))
    if not entries:
        raise no_lead(lead_id)
    later = [entry for entry in entries if entry.seq > asked.after_seq]
    shown, more = later[: asked.limit], len(later) > asked.limit
    page = EventPage(events=[RecordedEvent.model_validate(entry) for entry in shown], more=more)
    following = next_link(request, after_seq=shown[-1].seq) if more else {}
    return answer(request, page, entries[-1].seq, following)


@router.get("/leads/{lead_id}/options", response_model=Choices, summary="List what may be decided")
async def choose(request: Request, services: Serving, lead_id: LeadId, _: Reader) -> Response:
    """List every kind of decision for a lead: if it is allowed now, what it needs, and who takes it."""
    aggregate, now = await read_lead(services, lead_id), services.clock()
    found = await services.run(lambda: options(aggregate, now, effects=False))
    choices = Choices(options=[Choice.by(option, aggregate.lead) for option in found])
    return answer(request, choices, aggregate.lead.last_seq)


async def _wait_for(services: Services, lead_id: str, seq: int) -> None:
    """Return when the ledger has this event of the lead. Raises ApiProblem if it does not get it in time."""
    deadline = asyncio.get_running_loop().time() + WAITS
    while (newest := await services.run(lambda: services.ledger.last_seq(lead_id))) < seq:
        if asyncio.get_running_loop().time() > deadline:
            raise ApiProblem(
                "not-recorded-yet",
                f"The ledger has {newest} events of {lead_id}, and not {seq} yet.",
                RETRY_AFTER,
                lead_id=lead_id,
            )
        await asyncio.sleep(PAUSE)


def _flag(body: dict[str, Any], name: str) -> bool:
    """Take a flag out of the body. Raises ApiProblem if it is no boolean."""
    value = body.pop(name, False)
    if not isinstance(value, bool):
        raise invalid(Complaint(pointer=f"#/{name}", detail=f"{name} must be true or false"))
    return value
