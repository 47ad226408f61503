"""A worker, and a client of the HTTP API beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any
from uuid import uuid4

from httpx2 import AsyncClient, Response
from temporalio.testing import WorkflowEnvironment

from ledger.ledger import Ledger
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.pages import KEY, pages
from tests.support.waiting import TIMEOUT

LEAD = {"org": "Example University", "person": "Ada Example", "title": "Hub for a course"}


@asynccontextmanager
async def a_worker(env: WorkflowEnvironment, queue: str, outside: Outside, url: str) -> AsyncIterator[None]:
    """Run a worker with the service's key."""
    with closing(Ledger.open(url)) as ledger:
        ledger.check()
        async with recording_worker(env.client, queue, outside, ledger, [KEY]):
            yield


@asynccontextmanager
async def an_api(
    env: WorkflowEnvironment, queue: str, url: str, **settings: Any
) -> AsyncIterator[AsyncClient]:
    """Return a client of the API."""
    async with pages(url, env.client, task_queue=queue, **settings) as client:
        client.base_url, client.timeout = "http://localhost/api/v1", 60
        yield client


def own(**fields: Any) -> dict[str, Any]:
    """Return a lead that no other test opens."""
    return {**LEAD, "org": f"University {uuid4().hex[:8]}", **fields}


async def opened(api: AsyncClient, **fields: Any) -> str:
    """Open a lead; return its address."""
    response = await api.post("/leads", json=own(**fields))
    assert response.status_code == 201, response.text
    address = response.headers["location"].removeprefix("/api/v1")
    await recorded(api, address)
    return str(address)


async def recorded(api: AsyncClient, address: str, seq: int = 1) -> Response:
    """Return the lead when its event of this number is in the ledger."""
    async with asyncio.timeout(TIMEOUT):
        while (read := await api.get(f"{address}?min_seq={seq}")).status_code == 503:
            pass
    assert read.status_code == 200, read.text
    return read
