"""A person is taken out of a running lead: its next run begins without their words, and goes on as before."""

import asyncio
import json
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from process.core.aggregate import LeadAggregate
from process.core.checkpoint import unpack
from process.envelope import THE_SERVICE, sign
from process.personal import ERASED
from process.privacy.message import ErasePerson, ErasureAnswer
from process.privacy.person import Person
from tests.support.lives import KEY, known_person
from tests.support.outside import Outside
from tests.support.redactions import all_texts
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin
from workflows.search_attributes import DOMAIN

PRICE = {"amount": "12000", "currency": "USD", "per": "year"}
MARKERS = ("Marker", "marker@example.org", "Fathom")
OPENED = {"person": "Mara Marker", "email": "marker@example.org"}
REQUEST = ErasePerson(request_id="erasure-1", person=Person(addresses=("marker@example.org",)))


def signed(life: Life, request: ErasePerson, key: str = KEY) -> list[Any]:
    body = request.model_dump(mode="json")
    return [body, sign(key, life.id, "erase_person", body, THE_SERVICE).model_dump(mode="json")]


async def runs(life: Life) -> list[WorkflowHistory]:
    """Return the histories of the lead's runs, oldest first."""
    found = [each async for each in life.env.client.list_workflows(f"WorkflowId = '{life.id}'")]
    found.sort(key=lambda each: each.start_time)
    client = life.env.client
    return [await client.get_workflow_handle(life.id, run_id=each.run_id).fetch_history() for each in found]


async def next_run(life: Life, before: str) -> None:
    async with asyncio.timeout(TIMEOUT):
        while (await life.handle.describe()).run_id == before:
            await asyncio.sleep(0.05)


def carried(history: WorkflowHistory) -> LeadAggregate:
    """Return the lead with which a run began."""
    (_, packed) = history.events[0].workflow_execution_started_event_attributes.input.payloads
    return unpack(packed.data)


async def test_the_next_run_begins_without_the_person(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        life = await Life.begin(env, outside, lead_id, queue=lead_id, **OPENED)
        await life.decide("price_quoted", **PRICE, note="Fathom what Mara Marker said", key="once")
        await life.decide("quote_accepted", accepted_by="M. Marker", version=7, by="Mara Marker")
        await life.decide("quote_accepted", accepted_by="M. Marker")
        await life.settled()
        held = outside.held[f"read_answers {life.id}"] = asyncio.Event()
        await life.decide("questionnaire_sent")
        await life.decide("questionnaire_answered", response_id="one")
        await life.until(lambda _: outside.begun[f"read_answers {life.id}"] > 0)
        answer: ErasureAnswer = await life.handle.execute_update(
            "erase_person", args=signed(life, REQUEST), result_type=ErasureAnswer
        )
        held.set()
        await next_run(life, answer.run_id)
        view = await life.settled()
        assert view.lead.heading == f"[Example University / {ERASED}] - A hub for a course"
        assert set(view.lead.questionnaire.answers) <= {(ERASED, ERASED)}
        assert [line.kind for line in view.timeline].count("person_erased") == 1
        again = await life.decide("price_quoted", **PRICE, key="once")
        assert (again.repeat, again.seq) == (True, 2)
        await life.decide_all("contract_handed_over")
        view = await life.settled()
        described = await life.handle.describe()
        assert (await described.memo())["heading"] == view.lead.heading
        assert DOMAIN not in {pair.key for pair in described.typed_search_attributes}
        first, second = await runs(life)

    for event in second.events:
        assert not any(marker.encode() in event.SerializeToString() for marker in MARKERS), event
    begun = carried(second)
    assert not any(marker in all_texts(begun) for marker in MARKERS)
    assert begun.lead.quotes[0].accepted_by == ERASED
    assert outside.recorded(life.id) == [line.seq for line in view.timeline]
    for history in (first, second):
        await Replayer(plugins=[leads_plugin()], workflows=[]).replay_workflow(history)


async def test_only_the_service_erases(env: WorkflowEnvironment, outside: Outside, lead_id: str) -> None:
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        life = await Life.begin(env, outside, lead_id, queue=lead_id, **OPENED)
        await life.settled()
        ours = signed(life, REQUEST)
        person = sign(KEY, life.id, "erase_person", ours[0], known_person("mallory")).model_dump(mode="json")
        for args in (ours[:1], [ours[0], {**ours[1], "signature": "AAAA"}], signed(life, REQUEST, "another")):
            await life.handle.signal("erase_person", args=args)
        await life.handle.signal("erase_person", args=[{**ours[0], "request_id": "other"}, ours[1]])
        await life.handle.signal("erase_person", args=[{}, person])
        view = await life.until(lambda view: len(view.refused) == 5)
        assert view.lead.person == "Mara Marker"
        assert not any("marker@" in json.dumps(each.model_dump(mode="json")) for each in view.refused)


async def test_a_signal_repeated_erases_once(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    everybody = ErasePerson(request_id="retention-1", everybody=True)
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        life = await Life.begin(env, outside, lead_id, queue=lead_id, **OPENED)
        await life.settled()
        for _ in range(2):
            run = (await life.handle.describe()).run_id
            await life.handle.signal("erase_person", args=signed(life, everybody))
            await next_run(life, run)
        view = await life.settled()
        assert [line.kind for line in view.timeline].count("person_erased") == 1
        assert (view.lead.person, view.lead.email) == (ERASED, None)
