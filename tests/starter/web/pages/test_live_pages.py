"""Open pages in a browser while colleagues decide."""

import pytest
from playwright.async_api import Browser, expect

from tests.support.lives import Life, a_life
from tests.support.pages import served, watched, write_lives

SOON = 2_000
"""Milliseconds within which a colleague's decision is shown."""


async def test_a_colleagues_decision_shows_without_reload(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root, watched(browser) as seen:
        page = seen.page
        await page.goto(f"{root}/board")
        await expect(page.locator(".live-dot")).to_have_text("live")
        search = page.get_by_role("searchbox", name="Search leads")
        await search.fill("what I am typing")
        words = page.get_by_role("searchbox", name="Words")
        await words.fill("and here")
        write_lives(url, lives["ada"].quoted())
        quoted = page.locator("#cards-quoted #card-lead-ada")
        await expect(quoted).to_be_visible(timeout=SOON)
        await expect(search).to_have_value("what I am typing")
        await expect(words).to_have_value("and here")
        await expect(words).to_be_focused()
        await expect(page.locator("#news")).to_have_text("1 new event")
        await seen.check()


@pytest.mark.parametrize("ends", ["button", "leaving"])
async def test_what_is_under_somebodys_hands_waits(
    url: str, lives: dict[str, Life], browser: Browser, ends: str
) -> None:
    async with served(url) as root, watched(browser) as seen:
        page = seen.page
        await page.goto(f"{root}/board")
        await expect(page.locator(".live-dot")).to_have_text("live")
        await page.locator("#card-lead-ada summary").press("Enter")
        write_lives(url, a_life("zoe"))
        button = page.get_by_role("button", name="New: show")
        await expect(button).to_be_visible(timeout=SOON)
        await expect(page.locator("#card-lead-zoe")).to_have_count(0)
        await seen.check()
        if ends == "button":
            await button.click()
        else:
            await page.locator("#card-lead-ada summary").press("Enter")
            await page.get_by_role("searchbox", name="Words").focus()
        await expect(page.locator("#card-lead-zoe")).to_be_visible()
        await expect(button).to_have_count(0)


async def test_a_page_says_that_it_lost_the_connection_and_catches_up(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with watched(browser) as seen:
        page = seen.page
        async with served(url) as root:
            await page.goto(f"{root}/board")
            await expect(page.locator(".live-dot")).to_have_text("live")
        await expect(page.locator(".live-dot")).to_have_text("not connected")
