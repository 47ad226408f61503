"""A lead whose history does not replay goes on from what that history holds."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.collecting import CollectingActivities
from activities.ledger import LedgerActivities
from client.errors import LeadLost, NothingToRepair, NotRepairable, StuckCause
from client.repair import RepairPlan, plan_repair, repair
from ledger.ledger import Ledger
from process.core.due import pass_deadlines
from tests.support.outside import Outside
from tests.support.stuck import code_of_another_release, until_stuck
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin

_numbers = count(1)
PRICE = {"amount": "12000", "currency": "USD", "per": "year"}


@pytest.fixture
def queue() -> str:
    return f"repair-{next(_numbers)}"


@pytest.fixture
def work(
    env: WorkflowEnvironment, queue: str, outside: Outside, ledger: Ledger
) -> Iterator[Callable[[], Worker]]:
    """A worker with a real ledger, to be entered."""
    activities = outside.activities(
        record_events=LedgerActivities(ledger).record_events,
        collect_messages=CollectingActivities(env.client).collect_messages,
    )
    with ThreadPoolExecutor(4) as threads:
        yield lambda: Worker(env.client, task_queue=queue, activities=activities, activity_executor=threads)


@pytest.fixture
async def life(env: WorkflowEnvironment, outside: Outside, work: Callable[[], Worker], queue: str) -> Life:
    """A lead with a history of another release, without a worker."""
    with code_of_another_release():
        async with work():
            life = await Life.begin(env, outside, f"lead-{queue}", queue=queue)
            await life.settled()
            assert not (await life.decide("hub_live")).accepted
            await life.decide_all("price_quoted", "quote_accepted", price_quoted=PRICE)
            await life.settled()
    return life


def recorded(ledger: Ledger, life: Life) -> list[tuple[int, str, datetime]]:
    return [(entry.seq, entry.kind, entry.at) for entry in ledger.entries(life.id)]


def done_twice(life: Life) -> list[str]:
    """Return the effects with an identity outside that were performed more than once."""
    keys = Counter(key for key in life.outside.of(life.id) if "update_issue" not in key)
    return [key for key, times in keys.items() if times > 1]


async def goes_on(life: Life, ledger: Ledger, kind: str) -> None:
    """Wait until the lead has taken a decision of this kind, and hold that nothing is amiss."""
    await life.until(lambda view: kind in {line.kind for line in view.timeline})
    view = await life.settled_in(ledger)
    assert [effect for effect in view.effects if effect.status == "parked"] == []
    assert recorded(ledger, life) == [(line.seq, line.kind, line.at) for line in view.timeline]
    assert done_twice(life) == []
    history = await life.handle.fetch_history()
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)


async def test_a_stuck_lead_goes_on_with_all_it_had_and_was_sent(
    env: WorkflowEnvironment, life: Life, work: Callable[[], Worker], ledger: Ledger, queue: str
) -> None:
    before, mails = recorded(ledger, life), life.mails()
    async with work():
        await life.signal("contract_handed_over", {"key": "k1"})
        await life.signal("contract_handed_over", {"key": "k1"})
        await life.signal("hub_live", {})
        assert (await until_stuck(env.client, life.id)).cause is StuckCause.HISTORY
        sent = datetime.now(UTC)
        plan = await plan_repair(env.client, ledger, life.id)
        assert "TMPRL1100" in plan.problem
        assert [message.name for message in plan.rebuilt.taken] == ["contract_handed_over"]
        assert recorded(ledger, life) == before, "a plan changes nothing"
        assert (await life.handle.describe()).run_id == plan.run_id
        await repair(env.client, plan, queue)
        await goes_on(life, ledger, "contract_handed_over")
        view = await life.overview()
        assert [line.kind for line in view.timeline if line.kind == "repaired"] == ["repaired"]
        assert recorded(ledger, life)[: len(before)] == before, "numbers and times stay"
        (handed_over,) = (line for line in view.timeline if line.kind == "contract_handed_over")
        assert handed_over.at < sent
        assert life.mails()[: len(mails)] == mails
        assert {refusal.kind for refusal in view.refused} >= {"hub_live"}
        assert (await life.decide("contract_signed", evidence="https://drive.example.org/signed")).accepted
        await goes_on(life, ledger, "contract_signed")
        with pytest.raises(NothingToRepair):
            await plan_repair(env.client, ledger, life.id)


async def test_what_comes_during_the_repair_is_collected_once(
    env: WorkflowEnvironment, life: Life, work: Callable[[], Worker], ledger: Ledger, queue: str
) -> None:
    plan = await plan_repair(env.client, ledger, life.id)
    await life.signal("contract_handed_over", {})
    await life.signal("note_added", {"note": "This came while it was repaired"})
    run = await repair(env.client, plan, queue)
    assert await repair(env.client, plan, queue) == run, "the same repair, again after a crash"
    async with work():
        await goes_on(life, ledger, "contract_handed_over")
        assert await repair(env.client, plan, queue) == run, "and from another machine, later"
        view = await life.settled()
    assert [line.kind for line in view.timeline].count("contract_handed_over") == 1
    stuck = env.client.get_workflow_handle(life.id, run_id=plan.run_id)
    assert (await stuck.describe()).status is WorkflowExecutionStatus.TERMINATED


async def test_a_collection_that_was_cut_short_sends_nothing_twice(
    env: WorkflowEnvironment, life: Life, work: Callable[[], Worker], ledger: Ledger, queue: str
) -> None:
    """The worker dies after it had sent the messages, so that they are sent again."""
    plan = await plan_repair(env.client, ledger, life.id)
    for number in range(3):
        await life.signal("asset_attached", {"name": f"Budget {number}", "type": "budget"})
    await repair(env.client, plan, queue)
    async with work():
        await life.settled()
        request = next(task for task in life.outside.tasks if task.effect.kind != "collect_messages")
        collect = next(
            item.effect for item in plan.aggregate.outbox if item.effect.kind == "collect_messages"
        )
        again = request.replaced(effect=collect, lead=plan.aggregate.lead)
        await CollectingActivities(env.client).collect_messages(again)
        await life.settled()
        history = await life.handle.fetch_history()
    names = [
        event.workflow_execution_signaled_event_attributes.signal_name
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    ]
    assert names == ["asset_attached"] * 3


async def test_a_lead_that_is_not_stuck_is_left_alone(
    env: WorkflowEnvironment, outside: Outside, work: Callable[[], Worker], ledger: Ledger, queue: str
) -> None:
    async with work():
        life = await Life.begin(env, outside, f"lead-{queue}", queue=queue)
        await life.settled()
        with pytest.raises(NothingToRepair, match="is not stuck"):
            await plan_repair(env.client, ledger, life.id)
        forced = await plan_repair(env.client, ledger, life.id, force=True)
        await repair(env.client, forced, queue)
        await goes_on(life, ledger, "repaired")
        await life.handle.terminate()
    with pytest.raises(LeadLost):
        await plan_repair(env.client, ledger, life.id)


async def test_a_lead_for_which_the_code_fails_is_left_as_it_is(
    env: WorkflowEnvironment, life: Life, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise TypeError("no code for this")

    assert callable(pass_deadlines)
    monkeypatch.setattr("process.core.rebuild.pass_deadlines", fails)
    with pytest.raises(NotRepairable, match="this code fails for it"):
        await plan_repair(env.client, ledger, life.id)
    monkeypatch.undo()
    monkeypatch.setattr("client.new_run.details", fails)
    with pytest.raises(NotRepairable, match="a new run would fail as well"):
        await plan_repair(env.client, ledger, life.id)


async def test_a_lead_that_was_repaired_before_is_repaired_again(
    env: WorkflowEnvironment, life: Life, work: Callable[[], Worker], ledger: Ledger, queue: str
) -> None:
    """Its run began with a packed lead, and is stuck in turn."""
    plan = await plan_repair(env.client, ledger, life.id)
    with code_of_another_release():
        await repair(env.client, plan, queue)
        async with work():
            await life.settled()
            await life.decide_all("contract_handed_over")
            await life.settled()
            await life.decide_all("lost", lost={"reason": "budget"})
            await life.settled()
    again: RepairPlan = await plan_repair(env.client, ledger, life.id)
    assert again.run_id != plan.run_id
    await repair(env.client, again, queue)
    async with work(), asyncio.timeout(TIMEOUT):
        assert (await life.decide("reopened", reason="They found another grant")).accepted
        await goes_on(life, ledger, "reopened")
    assert [kind for _, kind, _ in recorded(ledger, life)].count("repaired") == 2
