"""The agenda of a person as a calendar (iCalendar), at a secret address that needs no sign-in."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Query, Request
from fastapi.responses import Response
from icalendar import Calendar, Event
from pydantic import StringConstraints
from sqlalchemy import Connection

from ledger.queries import agenda
from process.calendar import DAY
from process.views.agenda_items import TITLES
from starter.web.pages.agenda import whose_agenda
from starter.web.services import root_of, services_of
from starter.web.spelling import lead_address

router = APIRouter(include_in_schema=False)

MOST = 500
"""Number of lines in a calendar at most, the most urgent first."""
REFRESH = timedelta(hours=1)
"""Time after which a calendar program should ask again."""
TYPE = "text/calendar; charset=utf-8"

Key = Annotated[str, StringConstraints(max_length=200)]


@router.get("/agenda.ics")
async def feed(
    request: Request,
    key: Annotated[Key, Query()] = "",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return the calendar with this key."""
    services = services_of(request)
    whose = await services.run(lambda: services.store.calendar(key)) if key else None
    if whose is None or whose.roles == ():  # whoever has no role any more sees no lead
        raise HTTPException(
            404, "There is no such calendar: its address was changed or removed. See your page."
        )
    names = services.settings.web.calendar_names
    items = await services.ask(_dated_items, whose_agenda(whose.visitor), services.clock())
    body = write_calendar(items, root_of(request), with_names=names)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    if if_none_match and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=TYPE, headers=headers)


def _dated_items(connection: Connection, whose: agenda.Whose, moment: datetime) -> list[agenda.Item]:
    """Return the lines of an agenda that have a day by which they are due."""
    return [item for item in agenda.agenda(connection, whose, moment, limit=MOST).items if item.until]


def write_calendar(items: Iterable[agenda.Item], root: str, *, with_names: bool) -> bytes:
    """Return a calendar of all-day events. `root`: root URL of the pages.

    Without names, a summary has the section and the organisation only: a calendar is often somebody else's service.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//lead-to-hub//agenda//EN")
    calendar.add("version", "2.0")
    calendar.add("name", "Leads")
    calendar.add("x-wr-calname", "Leads")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", REFRESH)
    for item in items:
        if item.until:
            calendar.add_component(_event(item, item.until, root, with_names=with_names))
    return bytes(calendar.to_ical())


def _event(item: agenda.Item, day: date, root: str, *, with_names: bool) -> Event:
    row, event = item.row, Event()
    event.add("uid", _uid(item))
    event.add("dtstamp", row.updated_at)
    event.add("sequence", row.last_seq)
    event.add("dtstart", day)
    event.add("dtend", day + DAY)
    subject = row.org or row.lead_id
    event.add("summary", f"{item.text} – {subject}" if with_names else f"{TITLES[item.section]}: {subject}")
    event.add("categories", [TITLES[item.section], str(item.role)])
    event.add("url", f"{root}{lead_address(row.lead_id)}")
    event.add("transp", "TRANSPARENT")
    return event


def _uid(item: agenda.Item) -> str:
    """Return an id that stays while the line does: it may move to another section or day."""
    known = "\n".join((item.row.lead_id, item.role, item.text))
    return f"{hashlib.sha256(known.encode()).hexdigest()[:32]}@lead-to-hub"
