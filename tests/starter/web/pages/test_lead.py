"""The page of a lead."""

from httpx2 import AsyncClient
from playwright.async_api import Browser

from tests.support.lives import Life
from tests.support.pages import LAPTOP, PHONE, served, watched


async def test_it_says_where_the_lead_stands_and_whose_move_it_is(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-bo")
    assert response.status_code == 200
    assert "University of Bo" in response.text
    assert "agree to the price" in response.text
    assert 'href="/leads/lead-bo/decide/quote-accepted"' in response.text


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/leads/lead-ed")
                await seen.page.get_by_text("Temporal does not answer").wait_for()
                await seen.check()
