"""Search, and the palette that is filled by it."""

import re

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser, expect

from process.types import Role
from starter.web.pages.search import wanted_decisions
from starter.web.visitors import Visitor
from tests.support.lives import Life, a_life
from tests.support.pages import LAPTOP, PHONE, pages, pages_seen_by, served, watched, write_lives


async def test_a_lead_is_found_with_what_matched(web: AsyncClient) -> None:
    found = (await web.get("/search?q=example.cluster")).text
    assert "/leads/lead-ed" in found
    assert re.search(r"hub: .*example\.cluster", found)


@pytest.mark.parametrize("query", ["price+quoted+bo", "bo+price-quoted", "Price+quot+BO"])
async def test_a_decision_is_proposed_for_the_lead_that_is_found(web: AsyncClient, query: str) -> None:
    found = (await web.get(f"/search?q={query}")).text
    assert 'href="/leads/lead-bo/decide/price-quoted"' in found


async def test_on_a_leads_page_its_own_decisions_come_first(web: AsyncClient) -> None:
    assert 'data-lead="lead-bo"' in (await web.get("/leads/lead-bo")).text
    next_ones = (await web.get("/search?lead=lead-bo")).text
    found = re.findall(r'<a data-move href="([^"]+)"', next_ones)
    assert found[:2] == [
        "/leads/lead-bo/decide/quote-accepted",
        "/leads/lead-bo/decide/quote-declined",
    ]
    named = (await web.get("/search?lead=lead-bo&q=hold")).text
    assert re.findall(r'<a data-move href="([^"]+)"', named)[0] == "/leads/lead-bo/decide/put-on-hold"


@pytest.mark.parametrize("lead", ["lead-nobody", "%00", "lead-di/../x"])
async def test_a_search_on_the_page_of_no_lead_is_a_search(web: AsyncClient, lead: str) -> None:
    found = await web.get(f"/search?lead={lead}&q=forecast")
    assert found.status_code == 200
    assert "/reports/forecast" in found.text


async def test_whoever_may_not_decide_is_not_offered_it(url: str, lives: dict[str, Life]) -> None:
    async with pages_seen_by(Visitor("Ed", "ed", (Role.ENGINEERING,)), url) as web:
        assert "decide/quote-accepted" not in (await web.get("/search?lead=lead-bo")).text


async def test_a_decision_without_a_lead_asks_which(web: AsyncClient) -> None:
    found = (await web.get("/search?q=price+quoted")).text
    assert "for which lead?" in found


async def test_pages_are_found(web: AsyncClient) -> None:
    found = (await web.get("/search?q=forecast")).text
    assert 'href="/reports/forecast"' in found
    assert 'href="/board"' in (await web.get("/search")).text


async def test_many_leads_are_counted_up_to_a_bound(url: str) -> None:
    write_lives(url, *(a_life(f"same-{number}") for number in range(22)))
    async with pages(url) as web:
        found = (await web.get("/search?q=university")).text
    assert "more than 20" in found
    assert found.count('href="/leads/lead-same') == 20


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 200), ("%00", 200), ("a" * 200, 200), ("a" * 201, 422), ("%25_", 200), ("\u2028", 200)],
)
async def test_strange_queries_are_answered(web: AsyncClient, query: str, status: int) -> None:
    response = await web.get(f"/search?q={query}")
    assert response.status_code == status


async def test_what_was_searched_is_shown_as_text(web: AsyncClient) -> None:
    found = (await web.get("/search?q=<b>%22x")).text
    assert "&lt;b&gt;&#34;x" in found


def test_words_of_a_decision_stand_for_it() -> None:
    assert [each.kind for each in wanted_decisions("contract signed rive")] == ["contract_signed"]
    assert wanted_decisions("contract signed rive")[0].rest == "rive"
    assert wanted_decisions("rive") == []
    assert wanted_decisions("") == []
    assert "price_quoted" in [each.kind for each in wanted_decisions("quoted")]


async def test_the_palette_finds_by_keyboard_alone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root, watched(browser) as seen:
        page = seen.page
        await page.goto(f"{root}/board")
        await page.keyboard.press("Control+k")
        palette = page.get_by_role("dialog", name="Search or decide")
        await expect(palette.get_by_role("link", name="New lead")).to_be_visible()
        await page.keyboard.type("university cy")
        await expect(palette.get_by_role("link", name="University of Cy")).to_be_visible()
        await seen.check()
        await page.keyboard.press("Escape")
        await expect(palette).to_have_count(0)
        await page.keyboard.press("Control+k")
        await page.keyboard.type("price quoted bo")
        await expect(palette.get_by_role("link", name="Price quoted")).to_be_visible()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page).to_have_url(f"{root}/leads/lead-bo/decide/price-quoted")


async def test_keys_lead_through_the_pages_but_never_while_typing(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root, watched(browser) as seen:
        page = seen.page
        await page.goto(f"{root}/agenda")
        await page.keyboard.press("g")
        await page.keyboard.press("b")
        await expect(page).to_have_url(f"{root}/board")
        await page.wait_for_load_state()  # the keys of a page count once it is there
        await page.keyboard.press("/")
        await page.keyboard.type("ga?")
        await expect(page.get_by_role("searchbox", name="Search leads")).to_have_value("ga?")
        await expect(page).to_have_url(f"{root}/board")
        await page.get_by_role("link", name="New lead").focus()
        for key in ('"', "\\", "]"):  # a key that stands for nothing does nothing
            await page.keyboard.press(key)
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        await seen.check()
        await page.get_by_role("checkbox", name="Single keys").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/search?q=university")
                await seen.check()
