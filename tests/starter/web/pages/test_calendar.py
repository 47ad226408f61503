"""The agenda as a calendar."""

import re
from datetime import UTC, date, datetime

import pytest
from httpx2 import AsyncClient
from icalendar import Calendar

from ledger.queries.agenda import Item
from process.types import Role
from process.views.agenda_items import Section
from starter.web.pages.calendar import write_calendar
from tests.support.lives import Life
from tests.support.many_leads import a_row
from tests.support.pages import pages

ROOT = "https://leads.example.org"
UNTIL = date(2026, 12, 20)


def an_item(section: Section = Section.DUE, text: str = "Ask Bo Rive for the grant letter") -> Item:
    row = a_row(7, org="University of Rive", heading="[University of Rive / Bo Rive] - Hub", last_seq=12)
    return Item(
        section, Role.SALES, text, None, UNTIL, row.replaced(updated_at=datetime(2026, 11, 1, tzinfo=UTC))
    )


def test_a_line_is_an_event_of_a_whole_day() -> None:
    body = write_calendar([an_item()], ROOT, with_names=True)
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    assert event["summary"] == "Ask Bo Rive for the grant letter – University of Rive"
    assert (event.decoded("dtstart"), event.decoded("dtend")) == (UNTIL, date(2026, 12, 21))
    assert event["url"] == f"{ROOT}/leads/lead-00000007"
    assert event["sequence"] == 12
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in body


def test_a_line_keeps_its_id_when_it_gets_late() -> None:
    ids = {
        str(Calendar.from_ical(write_calendar([item], ROOT, with_names=True)).walk("VEVENT")[0]["uid"])
        for item in (an_item(), an_item(Section.OVERDUE))
    }
    assert len(ids) == 1
    assert not any("rive" in each.lower() for each in ids)


def test_names_of_persons_can_be_left_out() -> None:
    body = write_calendar([an_item()], ROOT, with_names=False)
    assert b"Bo Rive" not in body
    assert b"SUMMARY:To do: University of Rive" in body


def test_text_cannot_add_lines_to_a_calendar() -> None:
    body = write_calendar(
        [an_item(text="Call\r\nEND:VEVENT\nATTENDEE:mailto:x@example.org, ; \\")], ROOT, with_names=True
    )
    assert len(Calendar.from_ical(body).walk("VEVENT")) == 1
    assert not re.search(rb"^(ATTENDEE|END:VEVENT\r\nATTENDEE)", body, re.MULTILINE)


async def subscribed(web: AsyncClient) -> str:
    """Make the secret address of the visitor's calendar; return its path."""
    page = (await web.post("/me/calendar")).text
    found = re.search(r"/agenda\.ics\?key=[\w-]+", page)
    assert found
    return found[0]


async def test_a_secret_address_shows_the_agenda_and_can_be_taken_back(web: AsyncClient) -> None:
    address = await subscribed(web)
    feed = await web.get(address)
    assert feed.status_code == 200
    assert feed.headers["content-type"] == "text/calendar; charset=utf-8"
    assert Calendar.from_ical(feed.text).walk("VEVENT")
    again = await web.get(address, headers={"if-none-match": feed.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await web.post("/me/calendar/remove")
    assert (await web.get(address)).status_code == 404


@pytest.mark.parametrize(
    ("query", "status"), [("", 404), ("?key=guess", 404), (f"?key={'a' * 300}", 422), ("?key=%00", 404)]
)
async def test_without_the_key_there_is_no_calendar(web: AsyncClient, query: str, status: int) -> None:
    assert (await web.get(f"/agenda.ics{query}")).status_code == status


async def test_a_setting_leaves_the_texts_out(url: str, lives: dict[str, Life]) -> None:
    async with pages(url, web={"calendar_names": False, "store_url": f"{url}.web"}) as web:
        feed = (await web.get(await subscribed(web))).text
    assert "questionnaire" not in feed
    assert "University of Ada" in feed
