"""The state of the service."""

import re
from pathlib import Path

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser
from temporalio.testing import WorkflowEnvironment

from tests.support.lives import Life
from tests.support.pages import LAPTOP, PHONE, pages, served, watched


async def test_what_is_away_is_said_with_what_still_works(web: AsyncClient, lives: dict[str, Life]) -> None:
    status = await web.get("/status")
    assert status.status_code == 200
    assert "nothing can be decided until it is back" in status.text
    assert re.search(r"All 6 leads are up to date|\d of 6 leads lag", status.text)


async def test_a_ledger_that_is_away_is_said(tmp_path: Path) -> None:
    async with pages(f"sqlite:///{tmp_path}/none.sqlite") as web:
        status = await web.get("/status")
    assert status.status_code == 200
    assert "leads go on meanwhile" in status.text


@pytest.mark.parametrize("address", ["/agenda", "/board", "/search?q=rive", "/live"])
async def test_pages_without_a_ledger_say_so_and_when_to_ask_again(tmp_path: Path, address: str) -> None:
    async with pages(f"sqlite:///{tmp_path}/none.sqlite") as web:
        response = await web.get(address)
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    assert "Try again in a moment" in response.text or "leads check" in response.text


async def test_without_a_worker_decisions_are_handed_in(
    url: str, lives: dict[str, Life], env: WorkflowEnvironment
) -> None:
    async with pages(url, env.client, task_queue="nobody-works-here") as web:
        status = (await web.get("/status")).text
    assert "can be reached" in status
    assert "handed in, and taken as soon as one does" in status


async def test_it_can_be_read_on_a_laptop_and_a_phone(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root:
        for size in (LAPTOP, PHONE):
            async with watched(browser, size) as seen:
                await seen.page.goto(f"{root}/status")
                await seen.check()
