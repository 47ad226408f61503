"""Leads at each stage in a ledger, a client of the API that reads it, and a server for stories with a worker."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from httpx2 import AsyncClient
from temporalio.testing import WorkflowEnvironment

from tests.support.lives import Life, lives_at_each_stage
from tests.support.outside import Outside
from tests.support.pages import pages, write_lives
from tests.support.servers import real_time


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Return the URL of a ledger."""
    return f"sqlite:///{tmp_path}/ledger.sqlite"


@pytest.fixture
def lives(url: str) -> dict[str, Life]:
    """Leads at each stage, written to the ledger (`lives_at_each_stage`)."""
    made = lives_at_each_stage()
    write_lives(url, *made.values())
    return made


@pytest.fixture
async def api(url: str, lives: dict[str, Life]) -> AsyncIterator[AsyncClient]:
    """Return a client of the API with these leads, without Temporal."""
    async with pages(url) as client:
        client.base_url = "http://localhost/api/v1"
        yield client


@pytest.fixture(scope="module")
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """Return a real Temporal server."""
    async with real_time() as server:
        yield server


@pytest.fixture
def outside() -> Outside:
    """Return an outside world."""
    return Outside()


@pytest.fixture
def queue() -> str:
    """Return a task queue of this test's own."""
    return f"queue-{uuid4().hex[:8]}"
