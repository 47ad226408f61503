"""The schedule of reconciliations follows its setting."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.client import ScheduleActionExecutionStartWorkflow as Started
from temporalio.client import ScheduleOverlapPolicy
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from client.reconcile import SCHEDULE, keep_schedule
from tests.support.deployment import Deployment
from tests.support.waiting import TIMEOUT
from workflows.reconcile import ReconcileWorkflow, Reconciliation


async def test_the_schedule_follows_its_setting(env: WorkflowEnvironment) -> None:
    handle = env.client.get_schedule_handle(SCHEDULE)
    for minutes in (10, 10, 5):
        await keep_schedule(env.client, "a queue", minutes)
        (interval,) = (await handle.describe()).schedule.spec.intervals
        assert interval.every == timedelta(minutes=minutes)
    await handle.pause()
    await keep_schedule(env.client, "a queue", 7)
    assert (await handle.describe()).schedule.state.paused  # whoever paused it meant it
    for _ in range(2):
        await keep_schedule(env.client, "a queue", 0)
    with pytest.raises(RPCError):
        await handle.describe()


async def test_a_reconciliation_continues_at_the_last_cursor(
    env: WorkflowEnvironment, deployment: Deployment
) -> None:
    await keep_schedule(env.client, deployment.settings.chores_queue, 1440)
    handle = env.client.get_schedule_handle(SCHEDULE)
    ids: list[str] = []
    for _ in range(2):
        await handle.trigger(
            overlap=ScheduleOverlapPolicy.BUFFER_ONE
        )  # it may not know yet that the first is over
        async with asyncio.timeout(TIMEOUT):
            while len(actions := (await handle.describe()).info.recent_actions) == len(ids):
                await asyncio.sleep(0.05)
        ids = [each.action.workflow_id for each in actions if isinstance(each.action, Started)]
        done = await env.client.get_workflow_handle_for(ReconcileWorkflow.run, ids[-1]).result()
    await keep_schedule(env.client, deployment.settings.chores_queue, 0)
    assert isinstance(done, Reconciliation)
    assert done.results["reconcile_github"].cost["requests"] == 0  # asked for with the tags of the first
    assert done.results["reconcile_github"].cost["unchanged"] == 4
