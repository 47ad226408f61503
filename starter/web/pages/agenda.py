"""The agenda: what a person or role has to do, is late with, and waits for."""

import difflib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import StringConstraints

from ledger.queries import agenda
from process.actor import ID, plain_name
from process.calendar import day_of
from process.policy import TEAMS
from process.types import Role
from process.views.agenda_items import AHEAD, Section
from starter.web.freshness import rebuilding
from starter.web.pages.queries import Cursor, Maybe
from starter.web.pages.rendering import page
from starter.web.services import Services, services_of
from starter.web.visitors import Visitor, visitor_of

router = APIRouter(include_in_schema=False)

TITLES = {
    Section.ATTENTION: "Needs attention",
    Section.OVERDUE: "Overdue",
    Section.DUE: "To do",
    Section.STUCK: "Stuck",
    Section.WAITING: "Waiting",
    Section.UPCOMING: f"In the next {AHEAD.days} days",
}
ME = "me"
ROLES = tuple(role for role in Role if role in TEAMS)
"""The roles that have an agenda of their own."""
NEAR = 3
"""Number of names that are proposed for one that nobody has."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class Line(NamedTuple):
    """One line of the agenda, as the page shows it."""

    item: agenda.Item
    person: str
    """The person who has the role for this lead; empty if it is nobody's in particular."""
    since: date | None
    until: date | None
    """Both only where the text does not name them."""
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
    whose, now = _whose(name, visitor), services.clock()
    counts = await services.ask(agenda.counts, whose, now)
    found = await services.ask(agenda.agenda, whose, now, after)
    nobody = not counts and name != ME and not whose.roles
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
        near=await _near(services, name) if nobody else None,
        today=day_of(now, services.settings.zone),
        behind=await rebuilding(request),
    )


def _whose(name: str, visitor: Visitor) -> agenda.Whose:
    if name == ME:
        return whose_agenda(visitor)
    roles = [role for role in ROLES if role == plain_name(name)]
    return agenda.Whose(roles=roles) if roles else agenda.Whose(name.replace("\0", ""))


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
        max(0, late) if item.section is Section.OVERDUE else 0,
    )


async def _near(services: Services, name: str) -> list[str]:
    """Return names like this one that have an agenda."""
    return difflib.get_close_matches(plain_name(name), await services.ask(agenda.people), NEAR)
