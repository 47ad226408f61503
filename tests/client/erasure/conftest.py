"""A server that deletes runs at once, and what an erasure reaches beside it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from keys.journal import ErasureJournal
from keys.ring import KeyRing
from keys.store import MemoryKeyStore
from ledger.ledger import Ledger
from tests.support.erasures import World
from tests.support.outside import Outside
from tests.support.sealed import sealing
from tests.support.servers import DELETE_SOON, real_time


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
def world(
    env: WorkflowEnvironment, ring: KeyRing, outside: Outside, ledger: Ledger, tmp_path: Path
) -> Iterator[World]:
    with closing(ErasureJournal(f"sqlite:///{tmp_path / 'keys.sqlite'}")) as journal:
        yield World(env, sealing(env.client, ring), outside, ledger, ring, journal)
