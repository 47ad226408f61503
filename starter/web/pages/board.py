"""The board: leads by stage."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ledger.queries import board
from process.types import Stage
from starter.web.pages.rendering import page
from starter.web.services import services_of
from starter.web.visitors import Visitor, visitor_of

router = APIRouter(include_in_schema=False)


@router.get("/board")
async def show(request: Request, visitor: Annotated[Visitor, Depends(visitor_of)]) -> HTMLResponse:
    """Show the columns of the board."""
    services = services_of(request)
    columns = [(stage, await services.ask(board.column, stage)) for stage in Stage]
    return page(request, "board.html", visitor, columns=columns)
