"""One signal to many leads, on a real server: whom it reaches, once, and what happens where the server cannot do it."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from client import broadcast as module
from client.broadcast import Broadcast, Sent, broadcast, progress_of, start_broadcast
from client.errors import BroadcastBusy
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

QUEUE = "broadcasts"
_numbers = count(1)


@workflow.defn
class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: "end" in self.told)

    @workflow.signal
    def tell(self) -> None:
        self.told.append("news")

    @workflow.signal
    def end(self) -> None:
        self.told.append("end")

    @workflow.query
    def heard(self) -> list[str]:
        return self.told


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[Client]:
    async with real_time() as env, Worker(env.client, task_queue=QUEUE, workflows=[Listener]):
        yield env.client


@pytest.fixture
async def group(client: Client) -> str:
    """The beginning of the ids of three listeners, as the server lists them."""
    name = f"group-{next(_numbers)}-"
    for number in range(3):
        await client.start_workflow(Listener.run, id=f"{name}{number}", task_queue=QUEUE)
    async with asyncio.timeout(TIMEOUT):
        while (await client.count_workflows(of(name))).count < 3:
            await asyncio.sleep(0.05)
    return name


def of(name: str) -> str:
    return f"WorkflowId STARTS_WITH '{name}' AND ExecutionStatus = 'Running'"


def message(name: str, job: str = "news", per_second: float = 50.0) -> Broadcast:
    return Broadcast(f"job-{name}{job}", of(name), "tell", "There is news", per_second)


async def heard(client: Client, name: str) -> list[list[str]]:
    return [await client.get_workflow_handle(f"{name}{n}").query(Listener.heard) for n in range(3)]


async def begun(client: Client, wanted: Broadcast) -> None:
    """Start it as soon as the server is done with the one before."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            try:
                assert await start_broadcast(client, wanted)
            except BroadcastBusy:
                await asyncio.sleep(0.1)
            else:
                return


async def test_it_reaches_those_whom_the_query_finds_once(client: Client, group: str) -> None:
    wanted, seen = message(group), list[Sent]()
    await begun(client, wanted)
    sent = await broadcast(client, wanted, seen.append)
    assert sent == seen[-1] == Sent(wanted.job_id, "completed", 3, 3, 0)
    assert await heard(client, group) == [["news"]] * 3


async def test_a_second_one_waits_for_the_first(client: Client, group: str) -> None:
    slow = message(group, per_second=0.5)
    await begun(client, slow)
    async with asyncio.timeout(TIMEOUT):
        with pytest.raises(BroadcastBusy, match="still carrying out another"):  # noqa: PT012
            while True:  # the server notices a running one a moment late
                await start_broadcast(client, message(group, f"other-{next(_numbers)}"))
                await asyncio.sleep(0.1)


async def test_without_batch_operations_we_signal_ourselves(
    client: Client, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise RPCError("unknown method", RPCStatusCode.UNIMPLEMENTED, b"")

    monkeypatch.setattr(client.workflow_service, "start_batch_operation", refuse)
    monkeypatch.setattr(module, "MAX_CONCURRENT", 2)
    wanted, seen = message(group), list[Sent]()
    assert await broadcast(client, wanted, seen.append) == Sent(wanted.job_id, "completed", 3, 3, 0)
    assert [each.done for each in seen] == [2, 3]
    assert await heard(client, group) == [["news"]] * 3
    ended = client.get_workflow_handle(f"{group}1")
    await ended.signal(Listener.end)
    await ended.result()
    ids = [f"{group}{number}" for number in range(3)]
    assert (await module.signal_each(client, "tell", ids))[2:] == (3, 2, 1)


async def test_an_unknown_one_has_no_progress(client: Client) -> None:
    assert await progress_of(client, "no-such-job") is None
