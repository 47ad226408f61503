"""The sync of one issue on the real server: notices are synced together, and none blocks the next."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.errors import again, park
from client.notices import request_sync
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncRequest, SyncResult
from workflows.runtime.plugin import leads_plugin

_numbers = count(1)


class Office:
    """Stands in for the visits' activity."""

    def __init__(self) -> None:
        self.visits: list[tuple[ChangeNotice, ...]] = []
        self.fails: list[Exception] = []
        self.closed = asyncio.Event()
        self.closed.set()

    @activity.defn(name="sync_issue")
    async def sync_issue(self, visit: SyncRequest) -> SyncResult:
        await self.closed.wait()
        if self.fails:
            raise self.fails.pop(0)
        self.visits.append(visit.notices)
        return SyncResult(done=tuple(f"looked at {notice.comment}" for notice in visit.notices))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def number(env: WorkflowEnvironment, office: Office) -> AsyncIterator[int]:
    """An issue of the test's own, on a task queue `leads-NUMBER`."""
    number = next(_numbers)
    async with Worker(env.client, task_queue=f"desk-{number}", activities=[office.sync_issue]):
        yield number


async def hear(env: WorkflowEnvironment, number: int, *comments: int, delivery: str | None = None) -> None:
    for comment in comments:
        notice = ChangeNotice(
            repo="leads", number=number, comment=comment, delivery=delivery or f"d{comment}"
        )
        await request_sync(env.client, notice, task_queue=f"desk-{number}")


def desk(env: WorkflowEnvironment, number: int) -> WorkflowHandle[IssueSyncWorkflow, SyncResult]:
    return env.client.get_workflow_handle_for(IssueSyncWorkflow.run, f"issue-sync-leads-{number}")


async def test_a_notice_is_synced_and_the_workflow_ends(
    env: WorkflowEnvironment, office: Office, number: int
) -> None:
    await hear(env, number, 7)
    assert await desk(env, number).result() == SyncResult(done=("looked at 7",))
    await hear(env, number, 8)
    assert await desk(env, number).result() == SyncResult(done=("looked at 8",))


async def test_notices_during_a_sync_are_synced_together_afterwards(
    env: WorkflowEnvironment, office: Office, number: int
) -> None:
    office.closed.clear()
    await hear(env, number, 1)
    await hear(env, number, 2, 3, 2)
    office.closed.set()
    await desk(env, number).result()
    assert [notice.comment for visit in office.visits for notice in visit] == [1, 2, 3]
    assert len(office.visits) <= 2


async def test_a_redelivery_is_synced_once(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.closed.clear()
    await hear(env, number, 1, delivery="same")
    await hear(env, number, 1, delivery="same")
    office.closed.set()
    await desk(env, number).result()
    assert len(office.visits) == 1


async def test_a_passing_fault_is_tried_again(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.fails = [again("not now")]
    await hear(env, number, 1)
    assert await desk(env, number).result() == SyncResult(done=("looked at 1",))


async def test_a_sync_that_fails_for_good_is_shown_and_blocks_nothing(
    env: WorkflowEnvironment, office: Office, number: int
) -> None:
    office.fails = [park("the right is missing")]
    office.closed.clear()
    await hear(env, number, 1)
    handle = desk(env, number)
    while not (await handle.describe()).raw_description.pending_activities:
        await asyncio.sleep(0.02)
    await hear(env, number, 2)
    office.closed.set()
    assert await handle.result() == SyncResult(done=("Failed: the right is missing", "looked at 2"))


async def test_an_invalid_notice_is_dropped(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.closed.clear()
    await hear(env, number, 1)
    handle = desk(env, number)
    for nonsense in ([], ["x"], [{"number": "many"}], [{"repo": "a\nb"}, 3]):
        await handle.signal("change_noticed", args=nonsense)
    office.closed.set()
    assert await handle.result() == SyncResult(done=("looked at 1",))


async def test_a_long_day_continues_as_new(short_env: WorkflowEnvironment, office: Office) -> None:
    async with Worker(short_env.client, task_queue="desk-1", activities=[office.sync_issue]):
        office.closed.clear()
        await hear(short_env, 1, *range(60))
        office.closed.set()
        handle = desk(short_env, 1)
        first = (await handle.describe()).run_id
        done = (await handle.result()).done
        assert sorted(done, key=lambda line: int(line.split()[-1])) == [f"looked at {n}" for n in range(60)]
        assert (await handle.describe()).run_id != first


async def test_an_issue_sync_replays(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.fails = [park("the right is missing")]
    await hear(env, number, 1)
    await desk(env, number).result()
    history = await desk(env, number).fetch_history()
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
