"""A real Temporal server with a clock per workflow, and a worker with an outside world in memory."""

from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import workflows.issue_sync
import workflows.performing
from tests.support.outside import Outside
from tests.support.servers import skipping_time
from tests.support.waiting import long_heartbeat_timeouts
from tests.support.workflow_lives import Life

_numbers = count(1)


@pytest.fixture(autouse=True, scope="package")
def _who_is_long_heartbeat_timeouts() -> Iterator[None]:
    with long_heartbeat_timeouts(workflows.issue_sync, workflows.performing):
        yield


@pytest.fixture(scope="package")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with skipping_time() as server:
        yield server


@pytest.fixture(scope="package")
async def short_env() -> AsyncIterator[WorkflowEnvironment]:
    """A server that wants a new run of the workflow after very few events."""
    async with skipping_time("limit.historyCount.suggestContinueAsNew=40") as server:
        yield server


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def lead_id(request: pytest.FixtureRequest) -> str:
    return f"lead-{request.node.name[:60]}-{next(_numbers)}"


@pytest.fixture
async def worker(env: WorkflowEnvironment, outside: Outside, lead_id: str) -> AsyncIterator[Worker]:
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()) as running:
        yield running


@pytest.fixture
async def life(env: WorkflowEnvironment, outside: Outside, worker: Worker, lead_id: str) -> Life:
    """A lead that has just begun; its clock moves only when the test says so."""
    return await Life.begin(env, outside, lead_id, queue=worker.task_queue)
