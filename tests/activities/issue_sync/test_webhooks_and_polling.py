"""Webhooks, reconciliation, and both together lead to the same result, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from process.views.lead_overview import Overview
from sandbox.faults import Fault
from sandbox.github.hooks import sender
from sandbox.github.seed import point_hook
from starter.web import bodies
from starter.web import webhooks as web
from tests.support.deployment import SALES, Deployment
from tests.support.lead_issue import LeadIssue
from tests.support.receiver import receiving
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

SECRET = "s3cr3t of the tests, which is long enough"
TITLE = "[Example University / Ada Example] - A hub"
PRICE = "/price-quoted amount=12000 currency=USD per=year"
Poll = Callable[[], Awaitable[object]]


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """Start a server for one test, since a reconciliation checks all leads."""
    async with real_time() as server:
        yield server


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Lengthen all timeouts, since a delivery that times out on a busy machine is lost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender, "TIMEOUT_SECONDS", TIMEOUT)
        patch.setattr(web, "TIMEOUT", timedelta(seconds=TIMEOUT))
        patch.setattr(bodies, "BODY_TIMEOUT", TIMEOUT)
        yield


@asynccontextmanager
async def webhooks(deployment: Deployment) -> AsyncIterator[None]:
    """Run the receiver, and have GitHub send webhooks to it."""
    github = deployment.settings.github.model_copy(update={"webhook_secret": SecretStr(SECRET)})
    async with (
        _in_time(),
        receiving(deployment.env.client, github, deployment.settings.task_queue) as receiver,
    ):
        url = f"{receiver.url}/github/webhook"
        deployment.sandbox.run(lambda: point_hook(deployment.sandbox.github, url, SECRET))
        try:
            yield
        finally:
            deployment.sandbox.webhooks.stop()


async def nothing() -> None:
    """Do nothing, in place of a step that a test leaves out."""


async def quiet(deployment: Deployment) -> None:
    """Wait until GitHub has delivered all webhooks and every issue is synced."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            while deployment.sandbox.webhooks.is_busy:
                await asyncio.sleep(0.05)
            await deployment.all_synced()
            if not deployment.sandbox.webhooks.is_busy:
                return


async def run_story(deployment: Deployment, poll: Poll) -> LeadIssue:
    """Open an issue, tick a box, quote a price in a comment, and move the card to a wrong column."""

    async def until(lead_issue: LeadIssue, holds: Callable[[Overview], object]) -> None:
        await poll()
        await lead_issue.settled(holds)

    amara = deployment.sandbox.person(SALES)
    issue = await asyncio.to_thread(amara.open, "leads", TITLE, labels=("lead", "service:hub"))
    await poll()
    lead_issue = LeadIssue(deployment, await become(deployment, issue.number), "leads", issue.number)
    await lead_issue.settled(lambda view: view.lead.card)
    await lead_issue.act(SALES, "tick", "Questionnaire sent")
    await until(lead_issue, lambda view: view.lead.questionnaire.sent_on)
    await lead_issue.act(SALES, "comment", PRICE)
    await until(lead_issue, lambda view: view.stage == "quoted")
    await lead_issue.act(SALES, "move", "Hub")
    await until(lead_issue, lambda view: view.refused)
    return lead_issue


async def become(deployment: Deployment, number: int) -> LeadHandle:
    """Return the lead of the issue."""
    async with asyncio.timeout(TIMEOUT):
        while (lead := await deployment.leads.by_issue("leads", number)) is None:
            await asyncio.sleep(0.05)
    return lead


async def check_result(lead_issue: LeadIssue) -> None:
    await quiet(lead_issue.deployment)
    view = await lead_issue.settled()
    kinds = [line.kind for line in view.timeline]
    assert [kinds.count(kind) for kind in ("lead_opened", "questionnaire_sent", "price_quoted")] == [1, 1, 1]
    assert [(no.kind, no.by) for no in view.refused] == [("contract_signed", f"@{SALES}")]
    assert (view.stage, lead_issue.column()) == ("quoted", "Quoted")
    begun, quoted, moved = await lead_issue.answers()
    assert f"This is now the lead `{lead_issue.lead.id}`" in begun
    assert "Quoted 12,000.00 USD a year" in quoted
    assert "moved the card to “Hub”" in moved
    assert len(lead_issue.deployment.rows()) == 1
    assert (
        len(lead_issue.deployment.sandbox.github.issues)
        == len(lead_issue.deployment.sandbox.github.items)
        == 1
    )


async def test_webhooks_alone_are_enough(deployment: Deployment) -> None:
    async with webhooks(deployment):
        await check_result(await run_story(deployment, nothing))


async def test_reconciliation_alone_is_enough(deployment: Deployment) -> None:
    await check_result(await run_story(deployment, deployment.reconcile))


CONFUSED = (
    Fault(system="webhook", kind="webhook_twice", path="/issue_comment/", times=None),
    Fault(system="webhook", kind="webhook_lost", path="/projects_v2_item/", times=None),
    Fault(system="webhook", kind="webhook_out_of_order", path="/issues/opened", seconds=1),
    Fault(system="webhook", kind="webhook_late", path="/issues/", times=None, seconds=1),
)


@pytest.mark.parametrize("faults", [(), CONFUSED], ids=["in order", "late, twice, lost and out of order"])
async def test_both_together_do_nothing_twice(deployment: Deployment, faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        deployment.sandbox.faults.add(fault.model_copy(deep=True))
    async with webhooks(deployment):
        lead_issue = await run_story(deployment, deployment.reconcile)
        await check_result(lead_issue)
        deployment.sandbox.faults.clear()
        for delivery in deployment.sandbox.webhooks.deliveries():  # and all once more, the newest first
            deployment.sandbox.run(partial(deployment.sandbox.webhooks.redeliver, delivery))
        await check_result(lead_issue)
        await deployment.reconcile()
        await check_result(lead_issue)
