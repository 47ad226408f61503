"""The agenda: what a person or role has to do, is late with, and waits for."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import StringConstraints

from client.agendas import whose
from client.errors import NobodySoNamed
from ledger.queries import agenda
from ledger.queries.board import is_empty
from process.actor import ID
from process.calendar import day_of
from process.policy import TEAMS
from process.types import Role
from process.views.agenda import mark_of
from process.views.agenda_items import TITLES, Section
from starter.web.freshness import rebuilding
from starter.web.pages.queries import Cursor, Maybe
from starter.web.pages.rendering import page
from starter.web.services import Services, services_of
from starter.web.visitors import Visitor, visitor_of

router = APIRouter(include_in_schema=False)

ME = "me"
ROLES = tuple(role for role in Role if role in TEAMS)
"""The roles that have an agenda of their own."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Line(NamedTuple):
    """One line of the agenda, as the page shows it."""

    item: agenda.Item
    person: str
    """The person who has the role for this lead; empty if it is nobody's in particular."""
    since: date | None
    until: date | None
    """Both only where the text does not name them."""
    mark: str
    """Name of the line, by which its decision is found (`process.views.agenda.find_line`)."""
    days_late: int
    """Days since it was due; 0 if it is not overdue."""


class Part(NamedTuple):
    """The lines of one section on this page."""

    section: Section
    title: str
    lines: tuple[Line, ...]


def whose_agenda(visitor: Visitor) -> agenda.Whose:
    """Return whose agenda a person's own is: by their name, and by their roles where nobody else has them."""
    name = visitor.identity or visitor.name
    roles = ROLES if visitor.roles is None else visitor.roles
    return agenda.Whose(visitor.name if name.startswith(ID) else name, roles)


@router.get("/agenda")
async def show(
    request: Request,
    visitor: Annotated[Visitor, Depends(visitor_of)],
    for_: Annotated[Name, Query(alias="for")] = ME,
    after: Annotated[Maybe[Cursor], Query()] = None,
) -> HTMLResponse:
    """Show the agenda of the visitor, of a role, or of another person."""
    services, name = services_of(request), for_ or ME
    near: Sequence[str] | None = None
    try:
        owner = await _whose(services, name, visitor)
    except NobodySoNamed as error:
        owner, near = agenda.Whose(), error.near
    now = services.clock()
    counts = await services.ask(agenda.counts, owner, now)
    found = await services.ask(agenda.agenda, owner, now, after)
    return page(
        request,
        "agenda.html",
        visitor,
        whose=name,
        is_mine=name == ME,
        owners=_owners(visitor),
        titles=TITLES,
        counts=counts,
        most=agenda.COUNTED,
        parts=_parts(found.items, now),
        more=found.after,
        after=after,
        near=near,
        none_yet=not (found.items or after) and await services.ask(is_empty),
        today=day_of(now, services.settings.zone),
        lag=await rebuilding(request),
    )


async def _whose(services: Services, name: str, visitor: Visitor) -> agenda.Whose:
    if name == ME:
        return whose_agenda(visitor)
    return await services.ask(lambda asked: whose(services.leads.policy, lambda: agenda.people(asked), name))


def _owners(visitor: Visitor) -> list[Role]:
    """Return the roles, those of the visitor first."""
    return sorted(ROLES, key=lambda role: role not in (visitor.roles or ()))


def _parts(items: Iterable[agenda.Item], now: datetime) -> list[Part]:
    parts: list[Part] = []
    for item in items:
        if not parts or parts[-1].section is not item.section:
            parts.append(Part(item.section, TITLES[item.section], ()))
        parts[-1] = parts[-1]._replace(lines=(*parts[-1].lines, _line(item, now)))
    return parts


def _line(item: agenda.Item, now: datetime) -> Line:
    assigned = item.row.assigned.get(item.role)
    late = (day_of(now, item.row.zone) - item.until).days if item.until else 0
    return Line(
        item,
        assigned.person if assigned else "",
        item.since if str(item.since) not in item.text else None,
        item.until if str(item.until) not in item.text else None,
        f"{item.section}.{mark_of(item.role, item.text)}",
        max(0, late) if item.section is Section.OVERDUE else 0,
    )
