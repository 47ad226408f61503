"""Makes leads stuck, as a worker with other code does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from client.connection import is_not_ready
from client.stuck import Stuck, find_stuck
from process.core.aggregate import LeadAggregate
from process.core.due import pass_deadlines
from process.effects import Effect
from tests.support.servers import FAIL_SOON, real_time
from tests.support.waiting import TIMEOUT


@pytest.fixture(scope="module", name="env")
async def impatient_env() -> AsyncIterator[WorkflowEnvironment]:
    """Start a server that reports a stuck lead soon, and soon tries its task again."""
    async with real_time(*FAIL_SOON) as server:
        yield server


@contextmanager
def code_that_fails(*lead_ids: str) -> Iterator[None]:
    """Let the worker's code fail for these leads, at their next task."""
    right = pass_deadlines

    def fails(aggregate: LeadAggregate, now: datetime) -> LeadAggregate:
        if aggregate.lead.id in lead_ids:
            raise TypeError("no code for this")
        return right(aggregate, now)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.lead.pass_deadlines", fails)
        yield


@contextmanager
def code_that_plans_nothing() -> Iterator[None]:
    """Let the worker's code lead to other commands than the histories have."""

    def plans_nothing(*_: Any) -> tuple[()]:
        return ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("process.core.aggregate.plan", plans_nothing)
        yield


async def until_stuck(client: Client, lead_id: str) -> Stuck:
    """Wait until the lead's task has failed, and return what is known of it."""
    async with asyncio.timeout(TIMEOUT):
        while (stuck := await find_stuck(client, lead_id)) is None:
            await asyncio.sleep(0.05)
    return stuck


async def until_not_ready(client: Client, lead_id: str) -> None:
    """Wait until the server refuses a query at once, which it does from the third attempt at the task on."""
    handle = client.get_workflow_handle(lead_id)
    async with asyncio.timeout(TIMEOUT):
        while (await handle.describe()).raw_description.pending_workflow_task.attempt < 3:
            await asyncio.sleep(0.1)
    with pytest.raises(RPCError) as refused:
        await handle.query("lead")
    assert is_not_ready(refused.value)


@contextmanager
def code_of_another_release() -> Iterator[None]:
    """Let the worker perform each effect by an activity of its own, so that its histories do not replay otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Effect, "alone", True)
        yield
