"""No message from outside makes a lead's task fail, however large: it is refused, recorded and answered.

Unlike all other tests, these run with Temporal's deadlock detector, which lets a task fail that takes too long
(`TASK_LIMIT`).
"""

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from process.views.lead_overview import Overview
from tests.support.outside import Outside
from tests.support.workflow_lives import Life
from workflows.issue_sync import IssueSyncWorkflow
from workflows.runtime.handover import ENCODING
from workflows.runtime.limits import MAX_ARGUMENTS, MAX_MESSAGE_BYTES
from workflows.runtime.plugin import TASK_LIMIT
from workflows.turns import MESSAGES

NEARLY_ALL = 1_900_000
"""Bytes of a message that Temporal just takes."""

LARGE: list[tuple[str, dict[str, Any]]] = [
    ("corrected", {"seq": 1, "reason": "x", "compensate": [0] * 100_000}),
    ("corrected", {"seq": 1, "reason": "x", "compensate": ["mail"] * 200_000}),
    ("corrected", {"seq": 1, "reason": "x", "compensate": "mail," * 300_000}),
    ("price_quoted", {"amount": 1, "currency": "USD", "per": "year", "item": [0] * 900_000}),
    ("price_quoted", {"amount": "1" * NEARLY_ALL, "currency": "USD", "per": "year"}),
    ("lost", {f"f{number}": 0 for number in range(50_000)}),
    ("lost", {"reason": "budget", "note": "x" * NEARLY_ALL}),
    ("policy_adopted", {"policy": {"people": {f"role {number}": [] for number in range(90_000)}}}),
    ("lost", {"f" * NEARLY_ALL: 0}),
    ("revert_edits", {"edits": [], "declined": [{}] * 400_000}),
    ("flag_duplicates", {"originals": [{}] * 400_000}),
    ("check_drift", {"duplicates": ["x"] * 400_000}),
    ("set_team", {"people": {"sales": [""] * 400_000}}),
]


@pytest.fixture
async def worker(
    env: WorkflowEnvironment, outside: Outside, lead_id: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Worker]:
    """A worker with the deadlock detector."""
    monkeypatch.delenv("TEMPORAL_DEBUG")
    running = Worker(env.client, task_queue=lead_id, activities=outside.activities())
    assert running._workflow_worker
    async with running:
        yield running
    assert running._workflow_worker._deadlock_timeout_seconds == TASK_LIMIT, "the detector was on"


async def failed_tasks(life: Life) -> list[str]:
    """Return why tasks of the lead failed."""
    return [
        event.workflow_task_failed_event_attributes.failure.message
        for event in (await life.handle.fetch_history()).events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
    ]


async def answers(life: Life) -> Overview:
    """Check that the lead answers, and return its overview."""
    assert (await life.decide("put_on_hold", event="A grant")).message
    assert not await failed_tasks(life)
    return await life.overview()


@pytest.mark.parametrize(("kind", "body"), LARGE, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_large_signal_is_refused_and_recorded(life: Life, kind: str, body: dict[str, Any]) -> None:
    before = await life.settled()
    await life.signal(kind, body)
    after = await life.until(lambda view: bool(view.refused))
    (refused,) = after.refused
    assert refused.kind == kind
    assert len(refused.reason) < 600
    assert ("not signed" if kind == "set_team" else "kB") in refused.reason
    assert len(after.timeline) == len(before.timeline)
    await answers(life)


async def test_a_large_update_is_answered(life: Life) -> None:
    kind, body = LARGE[0]
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await life.handle.execute_update(kind, body)
    assert "a message of 200 kB came. Send at most 128 kB" in str(failed.value.cause)
    await answers(life)


async def test_a_large_query_is_answered(life: Life) -> None:
    kind, body = LARGE[0]
    preview = await life.handle.query("preview", args=[kind, body])
    assert not preview["answer"]["accepted"]
    await answers(life)


async def test_a_signal_of_many_parts_is_refused(life: Life) -> None:
    await life.signal("lost", *[{}] * 20_000)
    (refused,) = (await life.until(lambda view: bool(view.refused))).refused
    assert "a message of 20000 parts came" in refused.reason
    await answers(life)


async def test_a_signal_cannot_claim_to_be_handed_over(life: Life) -> None:
    """A message of an encoding that only local activities have would be taken for another lead's writing."""
    foreign = Payload(metadata={"encoding": ENCODING.encode()}, data=b"0")
    await life.signal("lost", RawValue(foreign))
    (refused,) = (await life.until(lambda view: bool(view.refused))).refused
    assert "something unreadable came" in refused.reason
    await answers(life)


async def test_the_largest_message_that_is_taken_costs_little(life: Life) -> None:
    """Just below the limit, the fields' own bounds count."""
    for kind, body in (
        ("corrected", {"seq": 1, "reason": "x", "compensate": [0] * (MAX_MESSAGE_BYTES // 3)}),
        ("policy_adopted", {"policy": {"people": {str(number): [] for number in range(9_000)}}}),
        ("lost", {f"f{number}": 0 for number in range(9_000)}),
        ("price_quoted", {"amount": "1" * 100_000, "currency": "USD", "per": "year"}),
        ("price_quoted", {"amount": 1, "currency": "USD", "item": ["x: 1 once"] * 9_000}),
    ):
        await life.signal(kind, body)
    await life.signal("lost", *[{}] * MAX_ARGUMENTS)
    view = await life.until(lambda view: len(view.refused) == 6)
    assert all(len(each.reason) < 600 for each in view.refused)
    await answers(life)


async def test_a_large_start_is_refused(env: WorkflowEnvironment, worker: Worker, lead_id: str) -> None:
    opened = {"org": "x" * NEARLY_ALL, "person": "Ada", "title": "A hub"}
    handle = await env.client.start_workflow(
        "LeadWorkflow", opened, id=f"{lead_id}-large", task_queue=worker.task_queue
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert "A lead starts with one object" in str(failed.value.cause)


async def test_large_notices_of_changes_are_dropped(
    env: WorkflowEnvironment, worker: Worker, lead_id: str
) -> None:
    handle = await env.client.start_workflow(
        IssueSyncWorkflow.run,
        id=f"issue-sync-{lead_id}",
        task_queue=worker.task_queue,
        start_signal="change_noticed",
        start_signal_args=[{"repo": "x" * NEARLY_ALL}],
    )
    assert (await handle.result()).done == ()


async def test_the_whole_path_fits_into_its_tasks(life: Life) -> None:
    """A lead from its first contact to its hub, with the detector on."""
    await life.to_hub()
    assert (await life.settled()).stage == "hub"
    assert not await failed_tasks(life)


async def test_a_crowd_of_messages_is_taken_in_several_tasks(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    """Messages that come while no worker runs are all in one task. None is lost."""
    titles = [f"Hub {number}" for number in range(3 * MESSAGES)]
    life = await Life.begin(env, outside, lead_id, queue=lead_id)
    for title in titles:
        await life.signal("details_changed", {"title": title})
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        view = await life.until(lambda view: view.lead.title == titles[-1])
        failed = await failed_tasks(life)
        # the queries of `until` may end a task early, which is answered by loading the lead again
        assert not [cause for cause in failed if "ended between two tasks" not in cause]
    changes = [line for line in view.timeline if line.kind == "details_changed"]
    assert len(changes) == len(titles)
    assert max(Counter(line.at for line in changes).values()) <= MESSAGES
