"""A lead whose workflow is lost begins again, and nothing is done twice."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from client.directory import Directory
from client.errors import NothingToRestore, NotRestorable
from client.lists import LeadLists
from client.lost import any_lost, find_lost, list_lost
from client.restore import plan_restore, restore
from ledger.ledger import Ledger
from process.views.lead_overview import Overview
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.servers import real_time
from tests.support.workflow_lives import Life

_numbers = count(1)
REPEATED = {"read_prices", "update_issue", "place_card", "update_hub_issue", "notify_leads"}
"""Effects that bring the outside, or our knowledge of it, to the present: to repeat them changes nothing."""


@pytest.fixture
def queue() -> str:
    return f"restore-{next(_numbers)}"


@asynccontextmanager
async def worker(client: Client, queue: str, outside: Outside, ledger: Ledger) -> AsyncIterator[Worker]:
    async with recording_worker(client, queue, outside, ledger) as running:
        yield running


@pytest.fixture
async def life(env: WorkflowEnvironment, outside: Outside, ledger: Ledger, queue: str) -> Life:
    """A lead under contract, whose mail server is away. No worker runs."""
    async with worker(env.client, queue, outside, ledger):
        life = await Life.begin(env, outside, f"lead-{queue}", queue=queue)
        await life.to_signed()
        await life.settled()
        outside.broken["send_mail"] = "park"
        await life.decide_all("hub_requested")
        await life.until(lambda view: any(effect.status == "parked" for effect in view.effects))
        await life.until(lambda view: view.lead.hub_issue is not None)
    return life


def once(outside: Outside, lead_id: str) -> None:
    """Check that no effect was done twice, except those that bring the outside to the present."""
    kinds = {key: kind for key in outside.of(lead_id) if (kind := key.rpartition("/")[2]) not in REPEATED}
    times = Counter(outside.of(lead_id))
    assert {key: times[key] for key in kinds if times[key] > 1} == {}


async def goes_on(life: Life, ledger: Ledger) -> Overview:
    """Take the next decision, and check that the ledger has every event once."""
    view = await life.settled()
    assert [line.kind for line in view.timeline].count("restored") == 1
    await life.decide_all("hub_live")
    view = await life.settled_in(ledger)
    entries = ledger.entries(life.id)
    assert [(entry.seq, entry.kind) for entry in entries] == [(line.seq, line.kind) for line in view.timeline]
    once(life.outside, life.id)
    return view


async def test_a_terminated_lead_goes_on_from_its_history(
    env: WorkflowEnvironment, life: Life, outside: Outside, ledger: Ledger, queue: str
) -> None:
    with pytest.raises(NothingToRestore, match="running workflow"):
        await plan_restore(env.client, ledger, life.id)
    await life.signal("asset_attached", {"type": "budget", "name": "Budget"})
    await life.handle.terminate()
    lost = await find_lost(env.client, life.id)
    assert lost
    assert str(lost).startswith("terminated in Temporal at ")
    plan = await plan_restore(env.client, ledger, life.id)
    assert (plan.from_history, plan.waited) == (True, 1)
    outside.broken.clear()
    run = await restore(env.client, plan, queue)
    assert await restore(env.client, plan, queue) == run, "the same restore, again after a crash"
    async with worker(env.client, queue, outside, ledger):
        view = await life.settled()
        assert [effect.status for effect in view.effects].count("parked") == 1
        await life.handle.execute_update("retry", result_type=list[str])
        view = await goes_on(life, ledger)
    assert [line.kind for line in view.timeline].count("asset_attached") == 1
    assert "hub_requested" in life.mails()
    with pytest.raises(NothingToRestore):
        await plan_restore(env.client, ledger, life.id)
    await life.handle.terminate()


async def test_all_leads_go_on_with_a_new_temporal_server(
    life: Life, outside: Outside, ledger: Ledger, queue: str
) -> None:
    """The database of Temporal is lost, and the ledger is not."""
    outside.broken.clear()
    async with real_time() as new:
        directory = Directory(new.client, queue, "http://localhost")
        assert [each.lead_id for each in await any_lost(directory, LeadLists(ledger))] == [life.id]
        async for lost in list_lost(directory, LeadLists(ledger)):
            assert str(lost) == "not in Temporal, though no decision has ended it"
            plan = await plan_restore(new.client, ledger, lost.lead_id)
            assert not plan.from_history
            await restore(new.client, plan, queue)
        again = Life(new, outside, new.client.get_workflow_handle(life.id))
        async with worker(new.client, queue, outside, ledger):
            view = await goes_on(again, ledger)
    assert "hub_requested" in again.mails(), "what was outstanding is not lost"
    assert view.lead.contract.signed_on


async def test_what_the_ledger_has_not_whole_is_not_begun(env: WorkflowEnvironment, ledger: Ledger) -> None:
    with pytest.raises(NotRestorable, match="the ledger has no event of it"):
        await plan_restore(env.client, ledger, "lead-unknown")
