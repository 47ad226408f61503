"""The agenda, and the page that one begins with."""

import re
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser, expect

from ledger.ledger import Ledger
from process.lead.assignee import Assignee
from process.types import Role
from process.views.agenda_items import Section, TimedItem
from starter.web.pages.agenda import whose_agenda
from starter.web.visitors import Visitor
from tests.support.lives import Life
from tests.support.many_leads import a_row
from tests.support.pages import LAPTOP, PHONE, pages, served, watched

LATE = datetime.now(UTC).date() - timedelta(days=12)


def item(section: Section, text: str, role: Role = Role.SALES, **known: Any) -> TimedItem:
    return TimedItem(section=section, role=role, text=text, **known)


def a_ledger(url: str, *items: TimedItem, **known: Any) -> None:
    """Write a lead for each of these lines."""
    with closing(Ledger.open(url)) as ledger:
        for number, each in enumerate(items):
            row = a_row(number, items=(each,), org=f"University {number:02}", **known)
            ledger.append(row.lead_id, [], after=0, row=row)


async def test_one_begins_with_the_agenda(web: AsyncClient) -> None:
    response = await web.get("/")
    assert (response.status_code, response.headers["location"]) == (303, "/agenda")


async def test_the_address_of_all_leads_is_the_board(web: AsyncClient) -> None:
    response = await web.get("/leads")
    assert (response.status_code, response.headers["location"]) == (303, "/board")


async def test_an_address_without_a_page_leads_to_the_board(web: AsyncClient) -> None:
    missing = (await web.get("/no-such-page")).text
    assert "There is no page at this address." in missing
    assert 'href="/board">' in missing
    assert "for a form of ours" in (await web.delete("/board")).text


async def test_the_most_urgent_comes_first_in_sections_with_counts(url: str) -> None:
    a_ledger(
        url,
        item(Section.WAITING, "Waits for an answer"),
        item(Section.OVERDUE, "Send the questionnaire", until=LATE, since=date(2026, 5, 1)),
        item(Section.ATTENTION, "The hub runs without a contract", Role.CONTRACTS),
        item(Section.DUE, "Quote a price"),
        item(Section.DUE, "Quote another price"),
    )
    async with pages(url) as web:
        agenda = (await web.get("/agenda")).text
    titles = re.findall(r'<h2 id="\w+-title">([\w ]+?) <span class="muted">(\d+)<', agenda)
    assert titles == [("Needs attention", "1"), ("Overdue", "1"), ("To do", "2"), ("Waiting", "1")]
    for told in ("12 days late", f'was due <time datetime="{LATE}"', 'since <time datetime="2026-05-01"'):
        assert told in agenda
    assert '<b class="whose">Contracts</b> The hub runs' in agenda
    assert 'href="/leads/lead-00000001/next?line=overdue.' in agenda


async def test_an_agenda_of_one_role_or_person_has_their_lines_only(url: str) -> None:
    grace = {Role.CONTRACTS: Assignee(person="Grace", login="grace-example")}
    a_ledger(url, item(Section.DUE, "Sign", Role.CONTRACTS), assigned=grace)
    async with pages(url) as web:
        assert "Sign" not in (await web.get("/agenda?for=sales")).text
        assert "Sign" in (await web.get("/agenda?for=grace-example")).text
        near = (await web.get("/agenda?for=grase-example")).text
    assert "Did you mean" in near
    assert 'href="/agenda?for=grace-example"' in near


async def test_a_long_agenda_goes_on_page_by_page(url: str) -> None:
    a_ledger(url, *(item(Section.DUE, f"Task {number:03}") for number in range(120)))
    seen: list[str] = []
    address = "/agenda"
    async with pages(url) as web:
        while address:
            page = (await web.get(address)).text
            assert '<span class="muted">120<' in page
            seen += re.findall(r"Task \d{3}", page)
            more = re.search(r'href="(/agenda\?[^"]*after=[^"]*)">Next lines', page)
            address = more[1].replace("&amp;", "&") if more else ""
    assert seen == [f"Task {number:03}" for number in range(120)]


async def test_an_empty_service_says_how_to_begin(url: str) -> None:
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
    async with pages(url) as web:
        assert "No leads yet." in (await web.get("/agenda")).text


@pytest.mark.parametrize(
    ("query", "status"),
    [("after=broken", 400), (f"for={'a' * 201}", 422), ("for=%00", 200), ("for=", 200), ("for=nobody", 200)],
)
async def test_bad_addresses_are_answered(web: AsyncClient, query: str, status: int) -> None:
    assert (await web.get(f"/agenda?{query}")).status_code == status


def test_my_agenda_is_that_of_my_name_and_my_roles() -> None:
    assert whose_agenda(Visitor("Ada", "ada", (Role.SALES,))) == ("ada", (Role.SALES,))
    assert whose_agenda(Visitor("Ada", "id:12", ())) == ("Ada", ())
    assert Role.CONTRACTS in whose_agenda(Visitor("Ada")).roles


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
async def test_what_do_i_have_to_do_today(
    url: str, lives: dict[str, Life], browser: Browser, size: dict[str, int]
) -> None:
    async with served(url) as root, watched(browser, size) as seen:
        page = seen.page
        await page.goto(root)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("My agenda")
        await seen.check()
        await page.keyboard.press("j")
        await expect(page.locator(":focus")).to_have_attribute("href", re.compile("/leads/lead-"))
        await page.keyboard.press("j")
        await page.keyboard.press("k")
        address = await page.locator(":focus").get_attribute("href")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{root}{address}")
