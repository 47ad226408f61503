"""The board."""

from httpx2 import AsyncClient
from playwright.async_api import Browser

from tests.support.lives import Life
from tests.support.pages import LAPTOP, PHONE, served, watched


async def test_each_lead_stands_in_the_column_of_its_stage(web: AsyncClient) -> None:
    response = await web.get("/board")
    assert response.status_code == 200
    assert response.text.index("University of Ada") < response.text.index("University of Bo")


async def test_it_can_be_used_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/board")
                await seen.check()
