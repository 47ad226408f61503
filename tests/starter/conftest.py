"""The command line on a real Temporal server, with a worker whose outside world is in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import workflows.digest
import workflows.lead
from client import leads as client_leads
from process.policy import Policy
from starter.cli import session
from starter.cli.app import run
from tests.support.outside import Outside
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT, slow_is_not_dead


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of a working copy reach a test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADS_BY", "Ann, sales")


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is not told how long to wait has as long as a busy machine needs."""
    usual = timedelta(seconds=session.TIMEOUT)

    def leads(
        client: Client, queue: str, ui: str, timeout: timedelta, policy: Policy
    ) -> client_leads.LeadsClient:
        timeout = timedelta(seconds=TIMEOUT) if timeout == usual else timeout
        return client_leads.LeadsClient(client, queue, ui, timeout, policy)

    monkeypatch.setattr(session, "LeadsClient", leads)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs `leads` with these words, in a pipe."""

    def leads(*summary: str) -> Ended:
        code = run(list(summary))
        return Ended(code, *capsys.readouterr())

    return leads


@pytest.fixture(autouse=True, scope="package")
def _who_is_slow_is_not_dead() -> Iterator[None]:
    with slow_is_not_dead(workflows.digest, workflows.lead):
        yield


@pytest.fixture(scope="package")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


LeadsClient = Callable[..., Coroutine[Any, Any, Ended]]

_numbers = count(1)


@pytest.fixture
def queue(request: pytest.FixtureRequest) -> str:
    """A task queue of the test's own."""
    return f"{request.node.name[:60]}-{next(_numbers)}"


@pytest.fixture
def leads_alone(
    env: WorkflowEnvironment, queue: str, say: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> LeadsClient:
    """`leads` against the server, with no worker there."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", env.client.namespace)
    monkeypatch.setenv("LEADS_TASK_QUEUE", queue)

    async def leads(*summary: str) -> Ended:
        return await asyncio.to_thread(say, *summary)

    return leads


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def work(env: WorkflowEnvironment, queue: str, outside: Outside) -> Callable[[], Worker]:
    """A worker for this test's leads, to be entered."""
    return lambda: Worker(env.client, task_queue=queue, activities=outside.activities())


@pytest.fixture
async def leads(leads_alone: LeadsClient, work: Callable[[], Worker]) -> AsyncIterator[LeadsClient]:
    """`leads` against the server, with a worker."""
    async with work():
        yield leads_alone


@pytest.fixture
def org(queue: str) -> str:
    """An organisation that no other test has."""
    return f"University of {queue}"


Opened = Callable[..., Coroutine[Any, Any, str]]


@pytest.fixture
def opened(leads: LeadsClient, org: str) -> Opened:
    """Starts a lead of that organisation; answers with its id."""

    async def start(*summary: str) -> str:
        ended = await leads("start", "--org", org, "--person", "Ada", "--title", "A hub", "--json", *summary)
        assert ended.code == 0, ended.err
        return str(ended.json["lead"])

    return start
