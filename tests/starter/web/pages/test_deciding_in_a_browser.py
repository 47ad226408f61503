"""Quoting a price and correcting it by keyboard alone, with a worker, on a laptop and a phone."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest
from playwright.async_api import Browser, Page
from temporalio.testing import WorkflowEnvironment

from ledger.ledger import Ledger
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.pages import LAPTOP, PHONE, served, watched
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

QUEUE = "browser"
SIZES = {"laptop": LAPTOP, "phone": PHONE}
PATIENCE = TIMEOUT * 1000.0
"""Milliseconds to wait for a page."""


@pytest.fixture(scope="module")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with closing(Ledger.open(url)) as opened:
        yield opened


@pytest.fixture
async def root(env: WorkflowEnvironment, ledger: Ledger, url: str) -> AsyncIterator[str]:
    """Serve the pages with a worker; return their address."""
    async with (
        recording_worker(env.client, QUEUE, Outside(), ledger),
        served(url, env.client, task_queue=QUEUE) as root,
    ):
        yield root


async def begun(env: WorkflowEnvironment, lead_id: str) -> Life:
    life = await Life.begin(env, Outside(), lead_id, queue=QUEUE)
    await life.settled()
    return life


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this element has the focus."""
    for _ in range(80):
        if await page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


async def on(page: Page, address: str) -> None:
    """Wait until the browser is at this address."""
    await page.wait_for_url(re.compile(address), timeout=PATIENCE)


@pytest.mark.parametrize("size", SIZES)
async def test_a_price_is_quoted_by_keyboard_alone(
    env: WorkflowEnvironment, root: str, browser: Browser, size: str
) -> None:
    life = await begun(env, f"lead-quote-{size}")
    async with watched(browser, SIZES[size]) as seen:
        page = seen.page
        await page.goto(f"{root}/leads/{life.id}/decide/price-quoted")
        await seen.check()

        await tab_to(page, "#f-amount")
        await page.keyboard.type("9000")
        await tab_to(page, "button[value=look]")
        await page.keyboard.press("Enter")  # not enough yet
        await page.wait_for_selector("text=A price needs currency and per", timeout=PATIENCE)
        await seen.check()

        await tab_to(page, "#f-currency")
        await page.keyboard.type("USD")
        await tab_to(page, "input[name=per]")
        await page.keyboard.press("ArrowRight")
        await tab_to(page, "button[value=look]")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#preview:focus", timeout=PATIENCE)
        foretold = await page.inner_text("#preview .becomes")
        assert foretold.startswith("Quoted 9,000.00 USD")
        await seen.check()

        await tab_to(page, "button[value=take]")
        await page.keyboard.press("Enter")
        await on(page, rf"/leads/{life.id}\?taken=\d+$")
        assert foretold in await page.inner_text("main")
        await seen.check()
    assert [line.kind for line in (await life.overview()).timeline].count("price_quoted") == 1


@pytest.mark.parametrize("size", SIZES)
async def test_a_mistake_is_corrected_by_keyboard_alone(
    env: WorkflowEnvironment, root: str, browser: Browser, size: str
) -> None:
    life = await begun(env, f"lead-slip-{size}")
    await life.decide_all("price_quoted", price_quoted={"amount": "21000", "currency": "USD", "per": "year"})
    view = await life.until(lambda view: any(line.kind == "mail_sent" for line in view.timeline))
    seq = next(line.seq for line in view.timeline if line.kind == "price_quoted")
    async with watched(browser, SIZES[size]) as seen:
        page = seen.page
        await page.goto(f"{root}/leads/{life.id}/correct/{seq}")
        await seen.check()

        await tab_to(page, "button[value=take]")
        await page.keyboard.press("Enter")  # without a reason
        await page.wait_for_selector("#complaints:focus", timeout=PATIENCE)
        await seen.check()
        await tab_to(page, "#complaints a")
        await page.keyboard.press("Enter")
        await tab_to(page, "#f-reason")
        await page.keyboard.type("It was 12,000")
        await tab_to(page, "input[name=compensate][value=mail]")
        await page.keyboard.press("Space")
        await tab_to(page, "button[value=take]")
        await page.keyboard.press("Enter")
        await on(page, rf"/leads/{life.id}\?taken=\d+$")
        assert "was a mistake and no longer counts: It was 12,000" in await page.inner_text("main")
    assert (await life.overview()).stage == "lead"


async def test_the_preview_follows_what_is_typed_without_touching_the_form(
    env: WorkflowEnvironment, root: str, browser: Browser
) -> None:
    life = await begun(env, "lead-follows")
    async with watched(browser) as seen:
        page = seen.page
        await page.goto(f"{root}/leads/{life.id}/decide/hub-information-given")
        key = await page.input_value("input[name=key]")
        await page.fill("#f-name", "A hub")
        await tab_to(page, "#f-background")
        await page.wait_for_selector("#preview .becomes", timeout=PATIENCE)
        assert await page.evaluate("document.activeElement.id") == "f-background"
        assert (await page.input_value("#f-name"), await page.input_value("input[name=key]")) == (
            "A hub",
            key,
        )
        await seen.check()


async def test_a_double_click_is_one_decision(env: WorkflowEnvironment, root: str, browser: Browser) -> None:
    life = await begun(env, "lead-double")
    async with watched(browser) as seen:
        await seen.page.goto(f"{root}/leads/{life.id}/decide/questionnaire-sent")
        await seen.page.dblclick("button[value=take]")
        await seen.page.wait_for_selector("text=Taken as", timeout=PATIENCE)  # the first answer is given up
    kinds = [line.kind for line in (await life.overview()).timeline]
    assert kinds.count("questionnaire_sent") == 1


async def test_everything_works_without_javascript(
    env: WorkflowEnvironment, root: str, browser: Browser
) -> None:
    life = await begun(env, "lead-plain")
    async with watched(browser, java_script_enabled=False) as seen:
        page = seen.page
        await page.goto(f"{root}/leads/{life.id}/decide/lost")
        await page.select_option("#f-reason", "budget")
        await page.click("button[value=look]")
        await page.wait_for_selector("#preview .becomes", timeout=PATIENCE)
        await page.click("button[value=take]")
        await on(page, r"\?taken=")
    assert (await life.overview()).stage == "lost"


@pytest.mark.parametrize("size", SIZES)
async def test_a_lead_is_opened(env: WorkflowEnvironment, root: str, browser: Browser, size: str) -> None:
    async with watched(browser, SIZES[size]) as seen:
        page = seen.page
        await page.goto(f"{root}/leads/new")
        await seen.check()
        await tab_to(page, "#f-org")
        await page.keyboard.type(f"Uni {size}")
        await tab_to(page, "#f-person")
        await page.keyboard.type("Bo Rive")
        await tab_to(page, "#f-title")
        await page.keyboard.type("A hub for research")
        await page.keyboard.press("Enter")
        await on(page, r"/leads/lead-")
        assert f"Uni {size}" in await page.inner_text("h1")
