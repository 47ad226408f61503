"""Facts that only the workflow knows: effects that failed, refusals, and the lead itself while the ledger is away."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from playwright.async_api import Browser
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from process.plain_errors import shown
from starter.web import services
from starter.web.pages import lead_live
from tests.support import workflow_lives
from tests.support.lives import Life
from tests.support.outside import Outside
from tests.support.pages import pages, served, text_of, watched, write_lives
from tests.support.waiting import TIMEOUT

NO_LEDGER = ("sqlite:////nowhere/ledger.sqlite", "postgresql://nobody@127.0.0.1:9/leads")


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a lead as long to answer as a busy machine needs."""
    for module, name in ((services, "TIMEOUT"), (lead_live, "TIMEOUT"), (lead_live, "ALL_TIME")):
        monkeypatch.setattr(module, name, timedelta(seconds=TIMEOUT))


async def begin(env: WorkflowEnvironment, outside: Outside, queue: str) -> workflow_lives.Life:
    lead_id = f"lead-{re.sub('[^a-z0-9]+', '-', queue)[-20:]}"
    return await workflow_lives.Life.begin(env, outside, lead_id, queue=queue)


@pytest.mark.usefixtures("patient")
async def test_an_effect_that_failed_for_good_is_shown_and_tried_again(
    env: WorkflowEnvironment, outside: Outside, queue: str, work: Callable[[], Worker], ledger_url: str
) -> None:
    outside.broken["open_issue"] = "park"
    async with work(), pages(ledger_url, env.client, task_queue=queue) as web:
        life = await begin(env, outside, queue)
        await life.settled()
        refused = await life.decide("quote_accepted", by="Ada <b>Sales</b>")
        assert not refused.accepted

        part = await web.get(f"/leads/{life.id}/live")
        assert "Failed for good" in text_of(part)
        assert "open_issue can't be done; mend it" in text_of(part)
        assert "Quote accepted by Ada <b>Sales</b>" in text_of(part)
        assert "<b>Sales" not in part.text
        whole = await web.get(f"/leads/{life.id}?now=1")
        assert "Failed for good" in text_of(whole), "without JavaScript"

        outside.broken.clear()
        key = f"{life.id}/1/open_issue"
        again = await web.post(f"/leads/{life.id}/retry?effect={key}")
        assert again.status_code == 303
        await life.until(lambda view: not any(effect.status == "parked" for effect in view.effects))
        shown = text_of(await web.get(again.headers["location"].partition("#")[0]))
        assert "1 effect is tried again." in shown
        assert "Failed for good" not in shown

        nothing = await web.post(f"/leads/{life.id}/retry", follow_redirects=True)
        assert "There was nothing to try again." in text_of(nothing)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("url", NO_LEDGER)
async def test_while_the_ledger_is_away_the_lead_itself_tells(
    env: WorkflowEnvironment, outside: Outside, queue: str, work: Callable[[], Worker], url: str
) -> None:
    async with work(), pages(url, env.client, task_queue=queue) as web:
        life = await begin(env, outside, queue)
        await life.settled()
        response = await web.get(f"/leads/{life.id}")
        assert response.status_code == 200
        shown = text_of(response)
        assert "The ledger is away." in shown
        assert "send the questionnaire" in shown
        assert f'href="/leads/{life.id}/decide/questionnaire-sent"' in response.text
        assert "became a lead" in shown
        assert "refresh" not in response.headers  # that may take long
        assert (await web.get("/leads/lead-nobody")).status_code == 404
        assert (await web.get(f"/leads/{life.id}?as-of=2026-06-01")).status_code == 503


@pytest.mark.usefixtures("patient")
async def test_a_lead_that_is_not_in_the_ledger_yet_is_shown(
    env: WorkflowEnvironment, outside: Outside, queue: str, url: str
) -> None:
    write_lives(url, Life())
    worker = Worker(env.client, task_queue=queue, activities=outside.activities())
    async with worker, pages(url, env.client, task_queue=queue) as web:
        life = await begin(env, outside, queue)
        await life.settled()
        page = await web.get(f"/leads/{life.id}")
        assert "The ledger does not have this lead yet." in text_of(page)
        assert page.headers["refresh"] == "3"  # so it comes by itself, also without JavaScript
    async with pages(url, env.client, task_queue=queue) as web:  # and now without a worker
        waiting = await web.get(f"/leads/{life.id}")
        assert (waiting.status_code, waiting.headers["refresh"]) == (202, "3")
        assert "is opened and kept safely" in text_of(waiting)
        assert life.id in text_of(waiting)


async def test_without_a_worker_the_page_is_whole_but_for_what_is_under_way(
    env: WorkflowEnvironment, queue: str, url: str, lives: dict[str, Life], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lead_live, "ALL_TIME", timedelta(seconds=TIMEOUT))
    async with pages(url, env.client, task_queue=queue) as web:
        await workflow_lives.Life.begin(env, Outside(), "lead-bo", queue=queue)
        response = await web.get("/leads/lead-bo?now=1")
        assert response.status_code == 200
        assert f"No worker answers on the task queue {shown(queue)}" in text_of(response)
        lost = await web.get("/leads/lead-cy/live")
        assert "its workflow is not in Temporal" in text_of(lost)


async def test_without_temporal_the_page_says_so_and_nothing_is_tried_again(web: AsyncClient) -> None:
    response = await web.get("/leads/lead-bo?now=1")
    assert response.status_code == 200
    assert "What is under way cannot be told now: Temporal does not answer." in text_of(response)
    assert "agree to the price" in text_of(response)
    assert (await web.post("/leads/lead-bo/retry")).status_code == 503


async def test_while_both_are_away_it_says_that_the_ledger_is(url: str) -> None:
    async with pages(NO_LEDGER[0]) as web:
        assert (await web.get("/leads/lead-bo")).status_code == 503


async def test_a_colleagues_decision_appears_by_itself(
    url: str, lives: dict[str, Life], browser: Browser
) -> None:
    async with served(url) as root, watched(browser) as seen:
        await seen.page.goto(f"{root}/leads/lead-bo")
        await seen.page.get_by_text("Temporal does not answer").wait_for()
        lives["bo"].does("put_on_hold", note="They are on leave", until="2026-09-01")
        write_lives(url, lives["bo"])
        await seen.page.evaluate("document.body.dispatchEvent(new CustomEvent('changed:lead-bo'))")
        await seen.page.get_by_text("They are on leave").first.wait_for()
        await seen.check()
