"""Effects that start together are one activity; what fails in it goes on alone, and nothing is done twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import NoReturn
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from process.effects.requests import Batch
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

PRICE = {"amount": 12000, "currency": "USD", "per": "year"}


async def scheduled(life: Life) -> Counter[str]:
    """Return the number of activities of each type in the history."""
    history = await life.handle.fetch_history()
    names = (event.activity_task_scheduled_event_attributes.activity_type.name for event in history.events)
    return Counter(filter(None, names))


async def until_begun(life: Life, kind: str, times: int = 1) -> None:
    """Wait until so many attempts at effects of this kind have begun."""
    async with asyncio.timeout(TIMEOUT):
        while life.outside.begun[f"{kind} {life.id}"] < times:
            await asyncio.sleep(0.02)


def assert_done_once(life: Life) -> None:
    done = life.outside.of(life.id)
    assert len(done) == len(set(done))


async def test_what_starts_together_is_one_activity(life: Life) -> None:
    await life.settled()
    assert await scheduled(life) == {"perform_effects": 1}
    done = [key.rpartition("/")[2] for key in life.outside.of(life.id)]
    assert done == ["open_issue", "place_card", "read_prices", "reserve_ids"]


async def test_an_effect_that_fails_for_now_goes_on_alone_and_the_others_are_done(life: Life) -> None:
    await life.settled()
    life.outside.broken["place_card"] = "again"
    await life.decide("price_quoted", **PRICE)
    await until_begun(life, "place_card", 3)
    view = await life.until(lambda view: view.lead.folder is not None)
    assert [effect.status for effect in view.effects if "place_card" in effect.key][-1] == "waiting"
    assert life.outside.templates(life.id) == ["price_quoted"]
    life.outside.broken.clear()
    assert {effect.status for effect in (await life.settled()).effects} == {"done"}
    alone = await scheduled(life)
    assert set(alone) == {"perform_effects", "place_card"}
    assert alone["place_card"] == 1
    assert_done_once(life)


async def test_an_effect_that_is_not_ready_in_its_batch_is_performed_later(
    env: WorkflowEnvironment, outside: Outside, worker: Worker, lead_id: str
) -> None:
    outside.broken["open_issue"] = "again"
    life = await Life.begin(env, outside, lead_id, queue=worker.task_queue)
    await until_begun(life, "open_issue", 2)
    assert outside.begun[f"place_card {lead_id}"] == 0
    outside.broken.clear()
    view = await life.settled()
    assert view.lead.card is not None
    assert_done_once(life)


async def test_after_its_worker_died_a_batch_is_performed_effect_by_effect(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """Each goes alone, because one of them may be the cause: in the order of its queue, and when it is ready."""

    @activity.defn(name="perform_effects")
    async def dies(batch: Batch) -> NoReturn:
        raise ApplicationError("the worker is gone")

    async with Worker(env.client, task_queue=lead_id, activities=outside.activities(perform_effects=dies)):
        outside.held[f"open_issue {lead_id}"] = opened = asyncio.Event()
        life = await Life.begin(env, outside, lead_id, queue=lead_id)
        await until_begun(life, "open_issue")
        assert outside.begun[f"place_card {lead_id}"] == 0
        opened.set()
        view = await life.settled()
    assert view.lead.card is not None
    assert {effect.status for effect in view.effects} == {"done"}
    assert_done_once(life)
    alone = {"open_issue", "read_prices", "place_card", "reserve_ids"}
    assert set(await scheduled(life)) == {"perform_effects", *alone}


async def test_while_the_ledger_is_away_a_decision_is_answered_and_its_event_written_later(
    life: Life,
) -> None:
    await life.settled()
    life.outside.broken["record_events"] = "again"
    answer = await life.decide("price_quoted", **PRICE)
    assert (answer.accepted, answer.recorded) == (True, False)
    assert answer.seq not in life.outside.recorded(life.id)
    life.outside.broken.clear()
    view = await life.settled()
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    assert (await life.decide("quote_accepted")).recorded
    assert (await scheduled(life))["record_events"] == 1


async def test_a_refused_decision_is_in_the_row(life: Life) -> None:
    await life.settled()
    assert not (await life.decide("hub_live")).accepted
    async with asyncio.timeout(TIMEOUT):
        while life.outside.rows[life.id].refused_total != 1:
            await asyncio.sleep(0.02)


async def test_a_grown_lead_goes_on_in_a_new_run_at_a_quiet_moment(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.lead.NEW_RUN_AFTER", 60)
    first = (await life.handle.describe()).run_id
    quoted = await life.decide("price_quoted", **PRICE, key="k1")
    held = life.outside.held[f"read_prices {life.id}"] = asyncio.Event()
    await life.decide("price_list_requested")
    for number in range(12):
        await life.decide("asset_attached", name=f"notes {number}")
    assert (await life.handle.describe()).run_id == first, "an effect is under way"
    held.set()
    async with asyncio.timeout(TIMEOUT):
        while (await life.handle.describe()).run_id == first:
            await asyncio.sleep(0.05)
    view = await life.settled()
    assert len(view.lead.assets) == 12
    assert await life.decide("price_quoted", **PRICE, key="k1") == quoted.replaced(repeat=True)
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    assert life.outside.templates(life.id) == ["price_quoted"]
    assert_done_once(life)


@pytest.mark.parametrize("kind", ["read_prices", "record_events"])
async def test_an_effect_that_fails_again_and_again_holds_up_no_new_run(
    life: Life, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("workflows.lead.NEW_RUN_AFTER", 60)
    soon = RetryPolicy(initial_interval=timedelta(seconds=0.2), maximum_interval=timedelta(seconds=1))
    monkeypatch.setattr("workflows.performing.RETRIES", soon)
    monkeypatch.setattr("workflows.performing.ONE_ATTEMPT", timedelta(seconds=3))
    await life.settled()
    first = (await life.handle.describe()).run_id
    life.outside.broken[kind] = "again"
    await life.decide("price_list_requested")
    await until_begun(life, kind, 3)
    async with asyncio.timeout(TIMEOUT):
        while (await life.handle.describe()).run_id == first:
            await life.decide("asset_attached", name=f"notes {uuid4()}")
    begun = life.outside.begun[f"{kind} {life.id}"]
    await until_begun(life, kind, begun + 2)
    life.outside.broken.clear()
    view = await life.settled()
    assert {effect.status for effect in view.effects} == {"done"}
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    assert_done_once(life)
