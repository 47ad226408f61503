"""Fixtures for the command line: a real Temporal server, and a worker whose effects go into memory."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import workflows.digest
import workflows.performing
from client import leads as client_leads
from ledger.ledger import Ledger
from process.policy import Policy
from starter.cli import session
from starter.cli.app import run
from tests.support.commands import Ended, Opened, RunLeads
from tests.support.ledgers import recording_worker
from tests.support.lives import KEY
from tests.support.outside import Outside
from tests.support.servers import REPORT_EARLY, real_time
from tests.support.waiting import TIMEOUT, long_heartbeat_timeouts


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep settings of the working copy away from tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADS_BY", "Ann, sales")
    monkeypatch.setenv("LEADS_SIGNING_KEY", KEY)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give commands without --timeout as long as a busy machine needs."""
    usual = timedelta(seconds=session.TIMEOUT)

    def leads(
        client: Client, queue: str, ui: str, timeout: timedelta, policy: Policy, **more: Any
    ) -> client_leads.LeadsClient:
        timeout = timedelta(seconds=TIMEOUT) if timeout == usual else timeout
        return client_leads.LeadsClient(client, queue, ui, timeout, policy, **more)

    monkeypatch.setattr(session, "LeadsClient", leads)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run `leads` with these arguments; the output goes into a pipe."""

    def leads(*arguments: str) -> Ended:
        code = run(list(arguments))
        return Ended(code, *capsys.readouterr())

    return leads


@pytest.fixture(autouse=True, scope="package")
def _who_is_long_heartbeat_timeouts() -> Iterator[None]:
    with long_heartbeat_timeouts(workflows.digest, workflows.performing):
        yield


@pytest.fixture(scope="package")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time(REPORT_EARLY) as server:
        yield server


_numbers = count(1)


@pytest.fixture
def queue(request: pytest.FixtureRequest) -> str:
    """A task queue of the test's own."""
    return f"{request.node.name[:60]}-{next(_numbers)}"


@pytest.fixture
def ledger_url(tmp_path: Path) -> str:
    """The test's own ledger, where the settings expect it."""
    return f"sqlite:///{tmp_path / '.leads' / 'ledger.sqlite'}"


@pytest.fixture
def leads_alone(
    env: WorkflowEnvironment,
    queue: str,
    say: Callable[..., Ended],
    ledger_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> RunLeads:
    """`leads` against the server, with no worker there."""
    monkeypatch.setenv("LEADS_LEDGER_URL", ledger_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", env.client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", env.client.namespace)
    monkeypatch.setenv("LEADS_TASK_QUEUE", queue)

    async def leads(*arguments: str) -> Ended:
        return await asyncio.to_thread(say, *arguments)

    return leads


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def work(
    env: WorkflowEnvironment, queue: str, outside: Outside, ledger_url: str
) -> Iterator[Callable[[], Worker]]:
    """A worker for this test's leads, to be entered. It writes them into a real ledger."""
    with closing(Ledger.open(ledger_url)) as ledger:
        ledger.check()  # makes it, if no lead of the test does
        yield lambda: recording_worker(env.client, queue, outside, ledger)


@pytest.fixture
def visible(env: WorkflowEnvironment) -> Callable[..., Awaitable[None]]:
    """Wait until Temporal's visibility has these leads, by which they are found."""

    async def wait(*lead_ids: str) -> None:
        async with asyncio.timeout(TIMEOUT):
            for lead_id in lead_ids:
                while not (await env.client.count_workflows(f"WorkflowId = '{lead_id}'")).count:
                    await asyncio.sleep(0.05)

    return wait


@pytest.fixture
async def leads(leads_alone: RunLeads, work: Callable[[], Worker]) -> AsyncIterator[RunLeads]:
    """`leads` against the server, with a worker."""
    async with work():
        yield leads_alone


@pytest.fixture
def org(queue: str) -> str:
    """An organisation that no other test has."""
    return f"University of {queue}"


@pytest.fixture
def opened(leads: RunLeads, org: str) -> Opened:
    """Open a lead of that organisation and return its id."""

    async def start(*arguments: str) -> str:
        ended = await leads(
            "start", "--org", org, "--person", "Ada", "--title", "A hub", "--json", *arguments
        )
        assert ended.code == 0, ended.err
        return str(ended.json["lead_id"])

    return start
