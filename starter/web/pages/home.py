"""Addresses without a page of their own: the root, and that of all leads."""

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse

from starter.web.visitors import SignedIn, visitor_of

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(visitor: SignedIn) -> RedirectResponse:
    """Go to the agenda of a person who has a role, and of everybody else to the board."""
    has_role = visitor.roles is None or bool(visitor.roles)
    return RedirectResponse("/agenda" if has_role else "/board", 303)


@router.get("/leads", dependencies=[Depends(visitor_of)])
async def leads() -> RedirectResponse:
    """Go to the board: it shows the leads, and this is the beginning of their addresses."""
    return RedirectResponse("/board", 303)
