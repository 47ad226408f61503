"""The agenda: what is to be done, by role and person."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from client.agendas import whose
from client.errors import NobodySoNamed
from ledger.queries import agenda, feed
from ledger.queries.agenda import Whose
from process.types import Line, Role
from starter.web.api.addresses import Reader, Serving, next_link
from starter.web.api.answers import AgendaLine, AgendaPage
from starter.web.api.caching import answer
from starter.web.api.leads import Asked
from starter.web.api.problems import Complaint, invalid
from starter.web.services import Services

router = APIRouter(tags=["agenda"])


class AgendaAsked(Asked):
    """The role or person of an agenda, and the part of it that is read."""

    for_: Line | None = Field(
        None,
        alias="for",
        description="a role, or a person by name, login or mail address; by default all roles",
    )
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, description="cursor of a page before", max_length=1_000)


@router.get("/agenda", response_model=AgendaPage, summary="Read an agenda")
async def read(
    request: Request, services: Serving, _: Reader, asked: Annotated[AgendaAsked, Query()]
) -> Response:
    """List what is due, overdue, waited for, stuck and to come: of a role, of a person, or of all."""
    owner = await _whose(services, asked.for_) if asked.for_ else Whose(roles=tuple(Role))
    found = await services.ask(agenda.agenda, owner, services.clock(), asked.after, asked.limit)
    page = AgendaPage(lines=[AgendaLine.of(item) for item in found.items], after=found.after)
    following = next_link(request, after=found.after) if found.after else {}
    return answer(request, page, await services.ask(feed.head), following)


async def _whose(services: Services, name: str) -> Whose:
    """Return the role or person of this name. Raises ApiProblem, with near names, for one that nobody knows."""
    try:
        return await services.ask(
            lambda asked: whose(services.leads.policy, lambda: agenda.people(asked), name)
        )
    except NobodySoNamed as error:
        detail = f"for: nobody has a role by this name. {error.advice}"
        raise invalid(Complaint(parameter="for", detail=detail)) from None
