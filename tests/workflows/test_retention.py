"""Retention is done in parts, one after the other, and a failure waits for the next day."""

from collections.abc import Callable

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.retention import RetentionActivities
from client.chores import Chores
from client.leads import LeadsClient
from config.settings import Settings
from workflows.retention import RetentionResult, RetentionWorkflow


async def result_of(
    env: WorkflowEnvironment, lead_id: str, apply: Callable[[], RetentionResult]
) -> RetentionResult:
    @activity.defn(name="apply_retention")
    async def apply_retention() -> RetentionResult:
        return apply()

    async with Worker(env.client, task_queue=lead_id, activities=[apply_retention]):
        return await env.client.execute_workflow(RetentionWorkflow.run, id=lead_id, task_queue=lead_id)


async def test_it_goes_on_until_nothing_is_due(env: WorkflowEnvironment, lead_id: str) -> None:
    parts = [RetentionResult(leads=20, chores=3, more=True), RetentionResult(request="retention-a", leads=1)]
    done = await result_of(env, lead_id, lambda: parts.pop(0))
    assert (done.leads, done.chores, done.more, done.request) == (21, 3, False, "retention-a")


async def test_a_failure_is_told_and_left_for_the_next_day(env: WorkflowEnvironment, lead_id: str) -> None:
    def fails() -> RetentionResult:
        raise ApplicationError("the ledger is away", non_retryable=True)

    done = await result_of(env, lead_id, fails)
    assert (done.leads, "the ledger is away" in done.problem) == (0, True)


async def test_without_keys_it_says_so(env: WorkflowEnvironment) -> None:
    leads = LeadsClient(env.client, "nobody", "http://localhost")
    applied = RetentionActivities(leads, Chores(env.client, "nobody"), Settings(_env_file=None))
    assert "no master key" in (await applied.apply_retention()).problem
