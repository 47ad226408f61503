"""The board: leads by stage, now or as they were known on a past day."""

from datetime import date
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from process.calendar import end_of
from process.decisions.opening import Service
from process.types import OPEN_STAGES, Role, Stage
from process.views.choices import choices
from starter.web.freshness import rebuilding
from starter.web.lead_ids import LeadId
from starter.web.pages.board_cards import Column, PastColumn, read_columns, read_past
from starter.web.pages.board_view import BoardView
from starter.web.pages.queries import check_past
from starter.web.pages.rendering import page
from starter.web.reading import read_folded
from starter.web.services import Services, services_of
from starter.web.visitors import Visitor, visitor_of

router = APIRouter(include_in_schema=False)

OPEN = tuple(stage for stage in Stage if stage in OPEN_STAGES)
FOLDED = tuple(stage for stage in Stage if stage not in OPEN_STAGES)
SORTS = {"date": "next date", "value": "value", "age": "days at the stage", "name": "name"}
SERVICES = get_args(Service)


@router.get("/board")
async def show(
    request: Request,
    visitor: Annotated[Visitor, Depends(visitor_of)],
    view: Annotated[BoardView, Query()],
) -> HTMLResponse:
    """Show the columns of the board."""
    services = services_of(request)
    if view.as_of:
        return await _show_past(request, visitor, view, view.as_of)
    stages = (view.stage,) if view.stage else OPEN
    columns = await services.ask(read_columns, view, stages, services.clock())
    return page(
        request, "board.html", visitor, **_frame(services, view, columns), lag=await rebuilding(request)
    )


async def _show_past(request: Request, visitor: Visitor, view: BoardView, day: date) -> HTMLResponse:
    services = services_of(request)
    zone = services.settings.zone
    check_past(day, services.today())
    stages = (view.stage,) if view.stage else OPEN
    columns = await services.ask(read_past, view, stages, end_of(day, zone))
    return page(request, "board_past.html", visitor, **_frame(services, view, columns))


def _frame(
    services: Services, view: BoardView, columns: dict[Stage, Column] | dict[Stage, PastColumn]
) -> dict[str, Any]:
    """Return what both boards have around their columns."""
    stages = list(columns)
    return {
        "view": view,
        "first": next((stage for stage in stages if columns[stage].leads), stages[0]),
        "columns": {stage: column for stage, column in columns.items() if column.is_open},
        "counts": {stage: (column.leads, column.is_more) for stage, column in columns.items()},
        "folded": FOLDED,
        "roles": tuple(Role),
        "sorts": SORTS,
        "known_services": SERVICES,
        "today": services.today(),
    }


@router.get("/leads/{lead_id}/menu")
async def menu(
    request: Request, visitor: Annotated[Visitor, Depends(visitor_of)], lead_id: LeadId
) -> HTMLResponse:
    """Show the decisions that may be taken on a lead now: those of its next step first."""
    services = services_of(request)
    found, now = await read_folded(services, lead_id)
    allowed = [choice for choice in choices(found.log, now) if choice.allowed]
    return page(request, "menu.html", visitor, lead=found.lead, options=allowed)
