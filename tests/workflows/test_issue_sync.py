"""The sync of one issue on the real server: notices are synced together, and none blocks the next."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio import activity
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.errors import again, park, stuck
from client.notices import request_sync
from tests.support.waiting import TIMEOUT
from workflows.issue_sync import (
    MAX_WAITING,
    ChangeNotice,
    IssueSyncWorkflow,
    SyncRequest,
    SyncResult,
    SyncState,
)
from workflows.runtime.plugin import leads_plugin

_numbers = count(1)


class Office:
    """Stands in for the activity that syncs an issue."""

    def __init__(self) -> None:
        self.syncs: list[tuple[ChangeNotice, ...]] = []
        self.fails: list[Exception] = []
        self.closed = asyncio.Event()
        self.closed.set()
        self.begun = False

    @activity.defn(name="sync_issue")
    async def sync_issue(self, request: SyncRequest) -> SyncResult:
        self.begun = True
        await self.closed.wait()
        if self.fails:
            raise self.fails.pop(0)
        self.syncs.append(request.notices)
        return SyncResult(done=tuple(f"synced {notice.comment}" for notice in request.notices))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def number(env: WorkflowEnvironment, office: Office) -> AsyncIterator[int]:
    """An issue of the test's own, on a task queue `leads-NUMBER`."""
    number = next(_numbers)
    async with Worker(env.client, task_queue=f"issue-sync-{number}", activities=[office.sync_issue]):
        yield number


async def hear(env: WorkflowEnvironment, number: int, *comments: int, delivery: str | None = None) -> None:
    for comment in comments:
        notice = ChangeNotice(
            repo="leads", number=number, comment=comment, delivery=delivery or f"d{comment}"
        )
        await request_sync(env.client, notice, task_queue=f"issue-sync-{number}")


def sync_of(env: WorkflowEnvironment, number: int) -> WorkflowHandle[IssueSyncWorkflow, SyncResult]:
    return env.client.get_workflow_handle_for(IssueSyncWorkflow.run, f"issue-sync-leads-{number}")


async def test_a_notice_is_synced_and_the_workflow_ends(
    env: WorkflowEnvironment, office: Office, number: int
) -> None:
    await hear(env, number, 7)
    assert await sync_of(env, number).result() == SyncResult(done=("synced 7",))
    await hear(env, number, 8)
    assert await sync_of(env, number).result() == SyncResult(done=("synced 8",))


async def test_notices_during_a_sync_are_synced_together_afterwards(
    env: WorkflowEnvironment, office: Office, number: int
) -> None:
    office.closed.clear()
    await hear(env, number, 1)
    await hear(env, number, 2, 3, 2)
    office.closed.set()
    await sync_of(env, number).result()
    assert [notice.comment for sync in office.syncs for notice in sync] == [1, 2, 3]
    assert len(office.syncs) <= 2


async def test_a_redelivery_is_synced_once(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.closed.clear()
    await hear(env, number, 1, delivery="same")
    await hear(env, number, 1, delivery="same")
    office.closed.set()
    await sync_of(env, number).result()
    assert len(office.syncs) == 1


async def test_a_passing_fault_is_tried_again(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.fails = [again("not now")]
    await hear(env, number, 1)
    assert await sync_of(env, number).result() == SyncResult(done=("synced 1",))


async def test_a_sync_that_fails_for_good_is_shown_and_blocks_nothing(
    env: WorkflowEnvironment, office: Office, number: int
) -> None:
    office.fails = [park("the right is missing")]
    office.closed.clear()
    await hear(env, number, 1)
    handle = sync_of(env, number)
    while not (await handle.describe()).raw_description.pending_activities:
        await asyncio.sleep(0.02)
    await hear(env, number, 2)
    office.closed.set()
    assert await handle.result() == SyncResult(done=("Failed: the right is missing", "synced 2"))


async def test_a_sync_waits_for_a_stuck_lead_longer_than_for_anything_else(
    env: WorkflowEnvironment, office: Office, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.issue_sync.AT_LONGEST", timedelta(minutes=1))
    office.fails = [stuck("The lead is stuck")] * 12  # at most six attempts fit into a minute
    await hear(env, number, 7)
    result = await sync_of(env, number).result()
    assert result.done[-1] == "synced 7"
    assert set(result.done[:-1]) == {"Waits: The lead is stuck"}


async def test_an_invalid_notice_is_dropped(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.closed.clear()
    await hear(env, number, 1)
    handle = sync_of(env, number)
    for nonsense in ([], ["x"], [{"number": "many"}], [{"repo": "a\nb"}, 3]):
        await handle.signal("change_noticed", args=nonsense)
    office.closed.set()
    assert await handle.result() == SyncResult(done=("synced 1",))


async def test_what_is_no_id_reserves_none(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.closed.clear()
    await hear(env, number, 1)
    handle = sync_of(env, number)
    nonsense: list[list[Any]] = [
        [],
        [None],
        [5],
        [["lead-a"]],
        [{"id": "lead-a"}],
        [""],
        ["x" * 1000],
        ["a b"],
    ]
    for args in (*nonsense, ["lead-first"], ["lead-second"]):
        await handle.signal("reserve_lead_id", args=args)
    office.closed.set()
    assert await handle.result() == SyncResult(done=("synced 1",))
    assert await handle.query("reserved_lead_id") == "lead-first"


async def test_so_many_notices_wait_and_no_more(
    env: WorkflowEnvironment, office: Office, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.issue_sync.MAX_WAITING", 60)
    office.closed.clear()
    await hear(env, number, 0)
    handle = sync_of(env, number)
    async with asyncio.timeout(TIMEOUT):
        while not office.begun:
            await asyncio.sleep(0.02)
    comments = [*range(1, 51), *range(1, 51), *range(51, 101)]
    notices = [ChangeNotice(repo="leads", number=number, comment=comment) for comment in comments]
    await handle.signal("change_noticed", args=notices)
    office.closed.set()
    await handle.result()
    assert [notice.comment for sync in office.syncs for notice in sync] == [*range(61)]


def test_a_new_run_gets_the_largest_notices_in_its_input() -> None:
    """Temporal takes 2 MiB, and deliveries and lines need some of it."""
    largest = ChangeNotice(
        repo="x" * 100, number=2**63 - 1, comment=2**63 - 1, card="x" * 100, delivery="x" * 100
    )
    assert len(SyncState(waiting=(largest,) * MAX_WAITING).model_dump_json()) < 1_500_000
    for name, value in {"repo": "é", "card": "é", "delivery": "x" * 101, "comment": 2**63}.items():
        with pytest.raises(ValidationError):
            ChangeNotice.model_validate({name: value})


async def test_a_long_day_continues_as_new(short_env: WorkflowEnvironment, office: Office) -> None:
    async with Worker(short_env.client, task_queue="issue-sync-1", activities=[office.sync_issue]):
        office.closed.clear()
        await hear(short_env, 1, *range(60))
        office.closed.set()
        handle = sync_of(short_env, 1)
        first = (await handle.describe()).run_id
        done = (await handle.result()).done
        assert sorted(done, key=lambda line: int(line.split()[-1])) == [f"synced {n}" for n in range(60)]
        assert (await handle.describe()).run_id != first


async def test_an_issue_sync_replays(env: WorkflowEnvironment, office: Office, number: int) -> None:
    office.fails = [park("the right is missing")]
    await hear(env, number, 1)
    await sync_of(env, number).result()
    history = await sync_of(env, number).fetch_history()
    await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
