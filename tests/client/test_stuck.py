"""Why a lead does not answer: stuck, no worker, or a busy one."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import PollWorkflowTaskQueueRequest
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from client.answers import Waiting
from client.errors import LeadStuck, NoWorker, StuckCause, WorkerBusy
from client.leads import LeadsClient
from client.stuck import find_stuck, last_poll, list_stuck
from process.decisions.registry import DECISIONS
from tests.support.outside import Outside
from tests.support.stuck import (
    code_that_fails,
    code_that_plans_nothing,
    impatient_env,
    until_not_ready,
    until_stuck,
)
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from upkeep.stuck import StuckWatch

__all__ = ["impatient_env"]

_numbers = count(1)
SENT = DECISIONS["questionnaire_sent"]


@pytest.fixture
def queue() -> str:
    return f"stuck-{next(_numbers)}"


@pytest.fixture
def leads(env: WorkflowEnvironment, queue: str) -> LeadsClient:
    return LeadsClient(env.client, queue, "http://localhost", timeout=timedelta(seconds=1))


@pytest.fixture
def work(env: WorkflowEnvironment, queue: str) -> Callable[[], Worker]:
    """A worker, to be entered."""
    outside = Outside()
    return lambda: Worker(env.client, task_queue=queue, activities=outside.activities())


async def begin(env: WorkflowEnvironment, work: Callable[[], Worker], queue: str) -> Life:
    """Begin a lead, and leave it without a worker."""
    async with work():
        life = await Life.begin(env, Outside(), f"lead-of-{queue}", queue=queue)
        await life.settled()
    return life


async def test_a_queue_that_nobody_ever_polled_has_no_worker(
    env: WorkflowEnvironment, leads: LeadsClient, queue: str
) -> None:
    life = await Life.begin(env, Outside(), f"lead-of-{queue}", queue=queue)
    handle = await leads.find(life.id)
    with pytest.raises(NoWorker):
        await leads.overview(handle)
    answer = await leads.decide(handle, SENT())
    assert isinstance(answer, Waiting)
    assert isinstance(answer.why, NoWorker)


async def test_a_worker_that_takes_a_task_and_is_silent_is_busy(
    env: WorkflowEnvironment, leads: LeadsClient, work: Callable[[], Worker], queue: str
) -> None:
    life = await begin(env, work, queue)
    silent = PollWorkflowTaskQueueRequest(
        namespace=env.client.namespace, task_queue=TaskQueue(name=queue), identity="silent"
    )
    poll = asyncio.create_task(env.client.workflow_service.poll_workflow_task_queue(silent))
    async with asyncio.timeout(TIMEOUT):
        while await last_poll(env.client, queue) is None:
            await asyncio.sleep(0.05)
    with pytest.raises(WorkerBusy):
        await leads.overview(await leads.find(life.id))
    poll.cancel()


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "cause"), [("fails", StuckCause.FAULT), ("plans nothing", StuckCause.HISTORY)]
)
async def test_a_stuck_lead_is_told_with_its_cause_and_keeps_what_it_is_sent(
    env: WorkflowEnvironment,
    leads: LeadsClient,
    work: Callable[[], Worker],
    queue: str,
    code: str,
    cause: StuckCause,
) -> None:
    life = await begin(env, work, queue)
    handle = await leads.find(life.id)
    assert await find_stuck(env.client, life.id) is None
    with code_that_fails(life.id) if code == "fails" else code_that_plans_nothing():
        async with work():
            await life.signal("details_changed", {"title": "Another"})
            assert (await until_stuck(env.client, life.id)).cause is cause
            with pytest.raises(LeadStuck) as stuck:
                await leads.overview(handle)
            assert stuck.value.cause is cause
            answer = await leads.decide(handle, SENT(key=uuid4().hex))
            assert isinstance(answer, Waiting)
            assert isinstance(answer.why, LeadStuck)
            async with asyncio.timeout(TIMEOUT):
                while life.id not in {each.lead_id async for each in list_stuck(env.client, queue)}:
                    await asyncio.sleep(0.1)
            (listed,) = [each async for each in list_stuck(env.client, queue)]
            assert (listed.lead_id, listed.cause) == (life.id, cause)
            await until_not_ready(env.client, life.id)
            with pytest.raises(LeadStuck) as stuck:
                await leads.overview(handle)
            assert isinstance(stuck.value.__cause__, RPCError), "no time is spent on waiting"
            watch = StuckWatch(env.client, queue)
            with capture_logs() as logs:
                await watch.look()
                await watch.look()
            assert [(each["event"], each["lead"], each["cause"]) for each in logs] == [
                ("a lead is stuck", life.id, str(cause))
            ]
    async with work():
        view = await life.until(lambda view: view.timeline[-1].kind == "questionnaire_sent")
    assert view.lead.title == "Another"
    async with asyncio.timeout(TIMEOUT):
        while [each async for each in list_stuck(env.client, queue)]:
            await asyncio.sleep(0.1)
    with capture_logs() as logs:
        await watch.look()
    assert [(each["event"], each["lead"]) for each in logs] == [("a lead is no longer stuck", life.id)]
