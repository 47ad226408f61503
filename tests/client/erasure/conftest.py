"""A server that deletes runs at once, and what an erasure reaches beside it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from client.erasure.runs import delete_run
from keys.journal import ErasureJournal
from keys.ring import KeyRing
from keys.store import MemoryKeyStore
from ledger.ledger import Ledger
from tests.support.erasures import World
from tests.support.outside import Outside
from tests.support.sealed import sealing
from tests.support.servers import DELETE_SOON, real_time
from tests.support.waiting import TIMEOUT


@pytest.fixture(scope="package")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time(*DELETE_SOON) as server:
        yield server


@pytest.fixture(scope="package")
def ring() -> KeyRing:
    """The keys of all leads on the server: each erasure reads all of them. Nothing has to wait for caches."""
    return KeyRing(MemoryKeyStore(), cache_seconds=0)


@pytest.fixture
def ledger(ring: KeyRing, tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}", ring)) as opened:
        yield opened


@pytest.fixture
async def world(
    env: WorkflowEnvironment, ring: KeyRing, outside: Outside, ledger: Ledger, tmp_path: Path
) -> AsyncIterator[World]:
    with closing(ErasureJournal(f"sqlite:///{tmp_path / 'keys.sqlite'}")) as journal:
        yield World(env, sealing(env.client, ring), outside, ledger, ring, journal)
    await delete_all(env.client)


async def delete_all(client: Client) -> None:
    """Delete all workflows: the final search of an erasure reads them all, so none of another test may stand there."""
    async with asyncio.timeout(TIMEOUT):
        while found := [each async for each in client.list_workflows()]:
            for each in found:
                await delete_run(client, each.id, each.run_id)
            await asyncio.sleep(0.1)
