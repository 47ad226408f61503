"""The page about the person themselves: roles, sign-out, tokens of the HTTP API, and the address of their calendar."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field

from process.types import Base
from starter.web.auth import sessions
from starter.web.auth.people import Way
from starter.web.auth.store import TOKEN_DAYS, Scope, TooManyTokens
from starter.web.forms.posted import posted, posted_as
from starter.web.pages.rendering import page
from starter.web.services import root_of, services_of
from starter.web.visitors import KnownPerson, person_of, visitor_of

router = APIRouter(include_in_schema=False)

Known = Annotated[KnownPerson, Depends(person_of)]
TokenId = Annotated[str, Path(max_length=100, pattern="^[0-9a-f]+$")]
WITH_ROLE = [Depends(visitor_of)]
_SCOPES = {
    Scope.READ: "see leads, agenda and reports",
    Scope.DECIDE: "decide, as far as your roles go",
    Scope.DECODE: "read leads in Temporal's own tools, which is noted",
}

_DAYS = {30: "a month", 90: "three months", TOKEN_DAYS: "a year"}
"""Days for which a token may count, with what people call them."""


class NewToken(Base):
    """A token that is asked for."""

    name: str = Field(min_length=1, max_length=100)
    scope: list[Scope] = Field(min_length=1, max_length=10)
    days: int = Field(TOKEN_DAYS, ge=1, le=TOKEN_DAYS)


@router.get("/me")
async def show(request: Request, known: Known) -> HTMLResponse:
    """Show who one is, and what belongs to them."""
    return await _page(request, known)


@router.post("/sign-out")
async def sign_out(request: Request, known: Known) -> RedirectResponse:
    """End the session in this browser, or with `where=everywhere` in every one."""
    services = services_of(request)
    if dict(await posted(request)).get("where") == "everywhere":
        await services.run(lambda: services.store.sign_out_everywhere(known.person.account))
    sessions.end(request)
    return RedirectResponse("/sign-in", 303)


@router.post("/me/tokens", dependencies=WITH_ROLE)
async def add_token(request: Request, known: Known) -> HTMLResponse:
    """Make a token and show its secret, this once."""
    services, wanted = services_of(request), await posted_as(request, NewToken)
    name = wanted.name.strip() or "-"
    args = (known.person, name, wanted.scope, wanted.days)
    try:
        secret = await services.run(lambda: services.store.add_token(*args))
    except TooManyTokens as error:
        raise HTTPException(409, str(error)) from None
    return await _page(request, known, secret=secret)


@router.post("/me/tokens/{token_id}/remove")
async def remove_token(request: Request, known: Known, token_id: TokenId) -> RedirectResponse:
    """Remove a token of one's own. It is refused from now on."""
    services = services_of(request)
    await services.run(lambda: services.store.remove_token(known.person.account, token_id))
    return RedirectResponse("/me", 303)


@router.post("/me/calendar", dependencies=WITH_ROLE)
async def add_calendar(request: Request, known: Known) -> HTMLResponse:
    """Give one's agenda a new secret address and show it, this once."""
    services = services_of(request)
    key = await services.run(lambda: services.store.add_calendar(known.person))
    return await _page(request, known, calendar=f"{root_of(request)}/agenda.ics?key={key}")


@router.post("/me/calendar/remove")
async def remove_calendar(request: Request, known: Known) -> RedirectResponse:
    """Remove the address of one's calendar."""
    services = services_of(request)
    await services.run(lambda: services.store.remove_calendar(known.person.account))
    return RedirectResponse("/me", 303)


async def _page(request: Request, known: KnownPerson, secret: str = "", calendar: str = "") -> HTMLResponse:
    """Return the page. `secret`, `calendar`: of what was made just now."""
    services, account = services_of(request), known.person.account
    has_role = known.visitor.roles != ()
    return page(
        request,
        "me.html",
        known.visitor if has_role else None,
        me=known.visitor,
        has_role=has_role,
        way=known.person.way,
        can_sign_out=known.person.way is Way.GITHUB,
        tokens=await services.run(lambda: services.store.tokens(account)),
        calendar_made=await services.run(lambda: services.store.calendar_made(account)),
        scopes=_SCOPES,
        token_days=_DAYS,
        secret=secret,
        calendar=calendar,
    )
