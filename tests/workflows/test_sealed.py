"""A lead whose payloads are sealed: nothing of it stands in clear, and only who has the keys can go on with it."""

import asyncio

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.common import RawValue
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from client.histories import read_history
from client.stuck import find_stuck
from keys.errors import KeyErased, KeysUnavailable
from keys.ring import KeyRing
from process.views.lead_overview import Overview
from tests.support.key_stores import Away, Counting
from tests.support.outside import Outside
from tests.support.sealed import found_in, histories, sealing, with_client
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from workflows.runtime.codec import converter_for, open_history
from workflows.runtime.plugin import leads_plugin

WORDS = frozenset({"Zweifelhaft", "Quixotina", "Xylophonkurs"})
NAMED = {"org": "Zweifelhaft University", "person": "Quixotina Example", "title": "Xylophonkurs"}


async def a_life(env: WorkflowEnvironment, client: Client, outside: Outside, lead_id: str) -> Life:
    return await Life.begin(with_client(env, client), outside, lead_id, queue=lead_id, **NAMED)


async def clear(client: Client, lead_id: str) -> list[dict[str, str]]:
    """Return the words that stand in clear in each run of the lead."""
    return [found_in(history, WORDS) async for history in histories(client, lead_id)]


async def reason_to_wait(client: Client, lead_id: str) -> str:
    """Wait until the lead is stuck, and return why it is."""
    async with asyncio.timeout(TIMEOUT):
        while not (stuck := await find_stuck(client, lead_id)):
            await asyncio.sleep(0.1)
    return stuck.reason


async def test_nothing_of_a_sealed_lead_stands_in_clear(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    client, plain = sealing(env.client, KeyRing.in_memory()), f"{lead_id}-plain"
    for seals, named in ((client, lead_id), (env.client, plain)):
        async with Worker(seals, task_queue=named, activities=outside.activities()):
            life = await a_life(env, seals, outside, named)
            await life.to_hub()
            view = await life.settled()
            assert view.stage == "hub"
            assert "Quixotina" in view.model_dump_json()
    assert await clear(env.client, lead_id) == [{}]
    assert [found.keys() for found in await clear(env.client, plain)] == [WORDS]


async def test_a_worker_asks_once_for_the_keys_of_a_lead(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    store = Counting()
    seals = sealing(env.client, KeyRing(store))
    life = await a_life(env, seals, outside, lead_id)
    store.asked.clear()
    async with Worker(
        sealing(env.client, KeyRing(store)), task_queue=lead_id, activities=outside.activities()
    ):
        await life.to_hub()
        await life.settled()
    assert store.asked[lead_id] == 1


async def test_a_worker_without_keys_harms_nothing_and_the_lead_goes_on(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    client = sealing(env.client, KeyRing.in_memory())
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        life = await a_life(env, client, outside, lead_id)
        await life.settled()
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        await life.signal("asset_attached", {"name": "Quixotina called"})
        assert "no keys" in await reason_to_wait(client, lead_id)
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        view = await life.until(lambda view: "Quixotina called" in view.model_dump_json())
    assert not view.refused


async def test_a_worker_without_keys_does_not_drop_the_first_sealed_message(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """The lead itself is not sealed yet, so it is in the memory of that worker."""
    client = sealing(env.client, KeyRing.in_memory())
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        await (await a_life(env, env.client, outside, lead_id)).settled()
        await client.get_workflow_handle(lead_id).signal("asset_attached", {"name": "Quixotina called"})
        assert "no keys" in await reason_to_wait(client, lead_id)
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        life = Life(with_client(env, client), outside, client.get_workflow_handle(lead_id))
        view = await life.until(lambda view: "Quixotina called" in view.model_dump_json())
    assert not view.refused


async def test_a_client_without_keys_reads_nothing_and_says_why(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    client = sealing(env.client, KeyRing.in_memory())
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        await (await a_life(env, client, outside, lead_id)).settled()
        with pytest.raises(KeysUnavailable, match="no keys"):
            await env.client.get_workflow_handle(lead_id).query("lead", result_type=Overview)


async def test_a_lead_waits_for_a_key_store_that_is_away(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    store = Away()
    client, other = sealing(env.client, KeyRing(store, cache_seconds=0)), sealing(env.client, KeyRing(store))
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        life = await a_life(env, other, outside, lead_id)
        await life.settled()
        store.away = True
        await life.signal("asset_attached", {"name": "Quixotina called"})
        async with asyncio.timeout(TIMEOUT):
            while not store.missed:
                await asyncio.sleep(0.01)
        store.away = False
        view = await life.until(lambda view: "Quixotina called" in view.model_dump_json())
    assert not view.refused


async def test_an_invented_seal_is_refused_and_stops_nobody(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """A stranger at Temporal can send any payload; those of another lead, too."""
    ring = KeyRing.in_memory()
    client = sealing(env.client, ring)
    (others,) = await converter_for(client, "lead-another").encode([{"name": "not yours"}])
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        life = await a_life(env, client, outside, lead_id)
        await life.settled()
        for key in (f"{lead_id}/1", f"{lead_id}/9", "no key", "lead-another/1"):
            metadata = {"encoding": b"binary/sealed", "key": key.encode()}
            await life.handle.signal("asset_attached", RawValue(Payload(metadata=metadata, data=b"x" * 99)))
        await life.handle.signal("asset_attached", RawValue(others))
        view = await life.until(lambda view: len(view.refused) == 5)
        assert (await life.decide("asset_attached", name="Quixotina called")).accepted
    assert "not yours" not in view.model_dump_json()


async def test_erased_runs_are_read_as_such_and_the_list_goes_on(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    ring = KeyRing.in_memory()
    client = sealing(env.client, ring)
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        life = await a_life(env, client, outside, lead_id)
        await life.settled()
        ring.erase(lead_id)
        described = await client.get_workflow_handle(lead_id).describe()
        assert str((await described.memo())["heading"]) == "[erased]"
        assert await described.static_summary() in (None, "[erased]")
        with pytest.raises(KeyErased):
            await life.handle.signal("asset_attached", {"name": "Quixotina called"})
    history = await open_history(client, await client.get_workflow_handle(lead_id).fetch_history())
    started = history.events[0].workflow_execution_started_event_attributes
    assert started.input.payloads[0].metadata["encoding"] == b"binary/erased"
    await env.client.get_workflow_handle(lead_id).terminate()


async def test_a_sealed_history_replays_once_it_is_opened(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    client = sealing(env.client, KeyRing.in_memory())
    async with Worker(client, task_queue=lead_id, activities=outside.activities()):
        life = await a_life(env, client, outside, lead_id)
        await life.to_signed()
        await life.settled()
    history = await open_history(client, await client.get_workflow_handle(lead_id).fetch_history())
    assert found_in(history, WORDS).keys() == WORDS
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
    read = read_history(history, {})
    assert read.start.lead.person == "Quixotina Example"
