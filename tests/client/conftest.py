"""A server, an outside world and a ledger for tests of the client."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from ledger.ledger import Ledger
from tests.support.outside import Outside
from tests.support.servers import real_time


@pytest.fixture(scope="module")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield opened
    opened.close()
