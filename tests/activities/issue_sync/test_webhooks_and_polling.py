"""GitHub is heard by webhooks, by rounds, or by both: a whole small life comes out the same, and nothing is done twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from process.views.overview import Overview
from sandbox.faults import Fault
from sandbox.github.hooks import sender
from sandbox.github.seed import point_hook
from starter.web import webhooks as web
from tests.support.lead_issue import LeadIssue
from tests.support.office import SALES, Office
from tests.support.receiver import receiving
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

SECRET = "s3cr3t of the tests"
TITLE = "[Example University / Ada Example] - A hub"
PRICE = "/price-quoted amount=12000 currency=USD per=year"
Hear = Callable[[], Awaitable[object]]


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own: a round looks at all leads there are."""
    async with real_time() as server:
        yield server


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """However busy this machine is: what comes too late for GitHub is lost, and that is not meant here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sender, "TIMEOUT_SECONDS", TIMEOUT)
        for name in ("TIMEOUT", "SENDING"):
            patch.setattr(web, name, TIMEOUT)
        yield


@asynccontextmanager
async def webhooks(office: Office) -> AsyncIterator[None]:
    """GitHub tells the service's own receiver."""
    github = office.settings.github.model_copy(update={"webhook_secret": SecretStr(SECRET)})
    async with _in_time(), receiving(office.env.client, github, office.settings.task_queue) as receiver:
        url = f"{receiver.url}/github/webhook"
        office.sandbox.run(lambda: point_hook(office.sandbox.github, url, SECRET))
        try:
            yield
        finally:
            office.sandbox.webhooks.stop()


async def nothing() -> None:
    """Do nothing, in place of a step that a test leaves out."""


async def quiet(office: Office) -> None:
    """Wait until GitHub has delivered all webhooks and every issue is synced."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            while office.sandbox.webhooks.is_busy:
                await asyncio.sleep(0.05)
            await office.all_synced()
            if not office.sandbox.webhooks.is_busy:
                return


async def lived(office: Office, hear: Hear) -> LeadIssue:
    """An issue is opened, a box ticked, a price quoted in a comment, and the card moved where it does not belong."""

    async def until(lead_issue: LeadIssue, holds: Callable[[Overview], object]) -> None:
        await hear()
        await lead_issue.settled(holds)

    amara = office.sandbox.person(SALES)
    issue = await asyncio.to_thread(amara.open, "leads", TITLE, labels=("lead", "service:hub"))
    await hear()
    lead_issue = LeadIssue(office, await become(office, issue.number), "leads", issue.number)
    await lead_issue.settled(lambda view: view.lead.card)
    await lead_issue.act(SALES, "tick", "Questionnaire sent")
    await until(lead_issue, lambda view: view.lead.questionnaire.sent_on)
    await lead_issue.act(SALES, "comment", PRICE)
    await until(lead_issue, lambda view: view.stage == "quoted")
    await lead_issue.act(SALES, "move", "Hub")
    await until(lead_issue, lambda view: view.refused)
    return lead_issue


async def become(office: Office, number: int) -> LeadHandle:
    """The lead that the issue is."""
    async with asyncio.timeout(TIMEOUT):
        while (lead := await office.leads.by_issue("leads", number)) is None:
            await asyncio.sleep(0.05)
    return lead


async def came_out_right(lead_issue: LeadIssue) -> None:
    await quiet(lead_issue.office)
    view = await lead_issue.settled()
    kinds = [line.kind for line in view.timeline]
    assert [kinds.count(kind) for kind in ("lead_opened", "questionnaire_sent", "price_quoted")] == [1, 1, 1]
    assert [(no.kind, no.by) for no in view.refused] == [("contract_signed", f"@{SALES}")]
    assert (view.stage, lead_issue.column()) == ("quoted", "Quoted")
    begun, quoted, moved = await lead_issue.answers()
    assert f"This is now the lead `{lead_issue.lead.id}`" in begun
    assert "Quoted 12,000.00 USD a year" in quoted
    assert "moved the card to “Hub”" in moved
    assert len([row async for row in lead_issue.office.leads.list_leads()]) == 1
    assert len(lead_issue.office.sandbox.github.issues) == len(lead_issue.office.sandbox.github.items) == 1


async def test_webhooks_alone_are_enough(office: Office) -> None:
    async with webhooks(office):
        await came_out_right(await lived(office, nothing))


async def test_rounds_alone_are_enough(office: Office) -> None:
    await came_out_right(await lived(office, office.reconcile))


CONFUSED = (
    Fault(system="webhook", kind="webhook_twice", path="/issue_comment/", times=None),
    Fault(system="webhook", kind="webhook_lost", path="/projects_v2_item/", times=None),
    Fault(system="webhook", kind="webhook_out_of_order", path="/issues/opened", seconds=1),
    Fault(system="webhook", kind="webhook_late", path="/issues/", times=None, seconds=1),
)


@pytest.mark.parametrize("faults", [(), CONFUSED], ids=["in order", "late, twice, lost and out of order"])
async def test_both_together_do_nothing_twice(office: Office, faults: tuple[Fault, ...]) -> None:
    for fault in faults:
        office.sandbox.faults.add(fault.model_copy(deep=True))
    async with webhooks(office):
        lead_issue = await lived(office, office.reconcile)
        await came_out_right(lead_issue)
        office.sandbox.faults.clear()
        for delivery in office.sandbox.webhooks.deliveries():  # and all once more, the newest first
            office.sandbox.run(partial(office.sandbox.webhooks.redeliver, delivery))
        await came_out_right(lead_issue)
        await office.reconcile()
        await came_out_right(lead_issue)
