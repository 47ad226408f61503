"""The root of all pages: it leads to the page that one begins with."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse

from starter.web.visitors import SignedIn

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(visitor: SignedIn) -> RedirectResponse:
    """Go to the agenda of a person who has a role, and of everybody else to the board."""
    has_role = visitor.roles is None or bool(visitor.roles)
    return RedirectResponse("/agenda" if has_role else "/board", 303)
