"""The board."""

import re
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser, expect

from ledger.ledger import Ledger
from process.money.amounts import Money
from process.types import Stage
from process.views.agenda_items import Section, TimedItem
from starter.web.pages.board_view import BoardView
from tests.support.lives import Life
from tests.support.many_leads import a_row
from tests.support.pages import LAPTOP, PHONE, pages, served, watched


def a_ledger(url: str, *rows: Mapping[str, object]) -> None:
    """Write a row for each of these values."""
    with closing(Ledger.open(url)) as ledger:
        for number, known in enumerate(rows):
            row = a_row(number, **known)
            ledger.append(row.lead_id, [], after=0, row=row)


async def test_each_lead_stands_in_the_column_of_its_stage(web: AsyncClient) -> None:
    response = await web.get("/board")
    assert response.status_code == 200
    assert response.text.index("University of Ada") < response.text.index("University of Bo")


async def test_lost_leads_are_folded_to_a_count_that_opens_them(web: AsyncClient) -> None:
    board = (await web.get("/board")).text
    assert "University of Di" not in board
    assert re.search(r'href="/board\?stage=lost"[^>]*>Lost <span class="count">1<', board)
    assert "University of Di" in (await web.get("/board?stage=lost")).text


async def test_a_column_has_its_value_and_its_likely_part(web: AsyncClient) -> None:
    board = (await web.get("/board")).text
    assert "27,000.00 USD" in board
    assert "weighted 8,100.00" in board


async def test_a_card_tells_whose_move_it_is_and_what_is_wrong(url: str) -> None:
    late = TimedItem(section=Section.OVERDUE, role="sales", text="answer", since=date(2026, 5, 1))
    a_ledger(
        url,
        {
            "stage": Stage.QUOTED,
            "items": (late,),
            "attention": ("one", "two"),
            "parked": ("a folder: no such drive",),
            "on_hold": True,
            "hold_until": date(2027, 1, 15),
            "price": Money(amount=900, currency="JPY"),
            "per": "month",
        },
    )
    async with pages(url) as web:
        board = (await web.get("/board")).text
    for told in (
        "Sales:",
        "send the questionnaire",
        "overdue since 2026-05-01",
        "! 2 to look at",
        "× 1 failed",
        "on hold until 2027-01-15",
        "900 JPY a month",
    ):
        assert told in board


async def test_names_are_text(url: str) -> None:
    a_ledger(url, {"heading": "<script>alert(1)</script>"})
    async with pages(url) as web:
        board = (await web.get("/board")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in board
    assert "<script>alert" not in board


async def test_a_long_column_goes_on_page_by_page(url: str) -> None:
    a_ledger(url, *({"heading": f"Lead {number:02}"} for number in range(60)))
    seen: list[str] = []
    address = "/board?stage=lead&sort=name"
    async with pages(url) as web:
        for left in ("Show more (35)", "Show more (10)", ""):
            page = (await web.get(address)).text
            seen += re.findall(r"<b>(Lead \d\d)</b>", page)
            assert left in page
            more = re.search(r'class="button plain" href="(/board[^"]*after[^"]*)"', page)
            assert bool(more) == bool(left)
            address = more[1].replace("&amp;", "&") if more else ""
    assert seen == [f"Lead {number:02}" for number in range(60)]


async def test_filters_and_order_stand_in_the_address(web: AsyncClient) -> None:
    found = (await web.get("/board?q=university+cy&sort=value&dense=true&owner=community&hold=false")).text
    assert "University of Cy" in found
    assert "University of Bo" not in found
    assert 'value="university cy"' in found
    assert '<option value="community" selected>' in found
    assert "from=q" not in found  # one value, escaped
    assert "No lead fits the filters." in found
    assert "University of Cy" not in (await web.get("/board?attention=true&q=cy")).text


async def test_a_form_whose_fields_are_left_empty_shows_everything(web: AsyncClient) -> None:
    found = await web.get("/board?q=&owner=&service=&hold=&sort=date&as-of=")
    assert found.status_code == 200
    assert "University of Cy" in found.text


async def test_a_past_day_shows_the_stages_of_then(url: str, lives: dict[str, Life]) -> None:
    first = lives["bo"].lead.opened_at.date()
    async with pages(url) as web:
        before = (await web.get("/board?as-of=2020-01-01")).text
        then = (await web.get(f"/board?as-of={first}&stage=quoted")).text
    assert "University of Bo" not in before
    assert "No lead was here." in before
    assert "University of Bo" in then
    assert f"/leads/lead-bo?as-of={first}" in then
    assert "Names are today" in then


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("after=broken&stage=lead", "This page does not exist"),
        ("sort=colour", "sort"),
        ("owner=king", "owner"),
        ("stage=moon", "stage"),
        ("hold=perhaps", "hold"),
        ("as-of=2026-02-30", "as-of"),
        ("as-of=9999-12-31", "not over yet"),
        ("as-of=0001-01-01", "before all leads"),
        ("as-of=2026-06-02&stage=lead&after=%00", "This page does not exist"),
        ("shown=-1", "shown"),
        (f"q={'a' * 201}", "q"),
    ],
)
async def test_a_wrong_address_says_what_is_wrong(web: AsyncClient, query: str, said: str) -> None:
    response = await web.get(f"/board?{query}")
    assert 400 <= response.status_code < 500
    assert said in response.text


def test_a_lead_knows_the_list_that_one_came_from() -> None:
    view = BoardView(q="a&b=c", sort="value", attention=True)
    again = BoardView.of_query(view.query(stage="quoted"))
    assert again == view.model_copy(update={"stage": Stage.QUOTED})
    for wrong in ("sort=colour", "&".join("ab=1" for _ in range(50))):
        with pytest.raises(ValueError, match=r"sort|fields"):
            BoardView.of_query(wrong)


async def test_the_menu_of_a_card_has_what_may_be_decided_now(web: AsyncClient) -> None:
    menu = (await web.get("/leads/lead-bo/menu")).text
    assert "/leads/lead-bo/decide/quote-accepted" in menu
    assert "hub-live" not in menu
    assert (await web.get("/leads/lead-nobody/menu")).status_code == 404


async def test_leads_that_are_read_anew_are_said(url: str, lives: dict[str, Life], tmp_path: Path) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ledger_leads SET version = 0 WHERE lead_id = 'lead-bo'"))
    engine.dispose()
    async with pages(url) as web:
        for address in ("/board", "/agenda", "/reports/forecast"):
            page = (await web.get(address)).text
            told = "The read tables are being rebuilt: 1 of 6 leads are shown as they were before."
            assert (page.count(told), page.count("being rebuilt")) == (1, 1), address


async def test_without_a_ledger_the_board_says_so(tmp_path: Path) -> None:
    async with pages(f"sqlite:///{tmp_path}/none.sqlite") as web:
        response = await web.get("/board")
    assert response.status_code == 503
    assert response.headers["retry-after"]


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                for address in ("/board", "/board?stage=quoted&dense=true", "/board?as-of=2026-06-02"):
                    await seen.page.goto(root + address)
                    await seen.check()


async def test_a_menu_opens_and_a_column_goes_on_without_leaving_the_page(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    now = datetime.now(UTC)
    a_ledger(url, *({"stage": Stage.QUOTED, "next_date": now, "opened_at": now} for _ in range(30)))
    async with served(url) as root, watched(browser) as seen:
        page = seen.page
        await page.goto(f"{root}/board")
        await page.locator("#card-lead-bo summary").press("Enter")
        await page.locator("#card-lead-bo").get_by_role("link", name="Quote accepted").wait_for()
        await page.locator("#cards-quoted").get_by_role("link", name="Show more").click()
        await expect(page.locator("#cards-quoted .card")).to_have_count(32)
        await seen.check()


async def test_it_works_without_script(url: str, lives: dict[str, Life], browser: Browser) -> None:
    now = datetime.now(UTC)
    a_ledger(url, *({"stage": Stage.QUOTED, "next_date": now, "opened_at": now} for _ in range(30)))
    async with served(url) as root, watched(browser, PHONE, java_script_enabled=False) as seen:
        page = seen.page
        await page.goto(f"{root}/board")
        await page.get_by_role("link", name="Quoted 32").click()
        await page.get_by_role("link", name="Show more (7)").click()
        await expect(page.locator(".card")).to_have_count(7)
        await page.get_by_text("Filter and sort").click()
        await page.get_by_role("searchbox", name="Words").fill("university cy")
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator(".card")).to_have_count(1)
        await page.locator(".card summary").click()
        await page.get_by_role("link", name="All decisions").click()
        await expect(page).to_have_url(f"{root}/leads/lead-cy#decide")
