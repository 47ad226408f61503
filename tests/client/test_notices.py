"""Notices about one issue are batched, and each caller learns if its notice was sent."""

import asyncio
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.notices import MAX_BATCH, NoticeBatcher
from workflows.issue_sync import ChangeNotice


class Temporal:
    """A Temporal client that waits until `open` is set, and fails while it is `down`."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[ChangeNotice, ...]]] = []
        self.open = asyncio.Event()
        self.down = False

    async def start_workflow(
        self, *_: Any, start_signal_args: tuple[ChangeNotice, ...], **kwargs: Any
    ) -> None:
        await self.open.wait()
        if self.down:
            raise RPCError("down", RPCStatusCode.UNAVAILABLE, b"")
        self.calls.append((kwargs["id"], start_signal_args))


def batcher(temporal: Temporal) -> NoticeBatcher:
    return NoticeBatcher(cast(Client, temporal), "a queue")


async def test_a_thousand_about_one_issue_take_a_few_calls() -> None:
    temporal = Temporal()
    full = batcher(temporal)
    notices = [ChangeNotice(repo="leads", number=1, comment=number) for number in range(1000)]
    waiting = [asyncio.create_task(full.request_sync(notice)) for notice in notices]
    await asyncio.sleep(0)
    temporal.open.set()
    await asyncio.gather(*waiting)
    assert len(temporal.calls) <= 2 + len(notices) / MAX_BATCH
    assert [notice for _, together in temporal.calls for notice in together] == notices
    await full.request_sync(notices[0])
    assert temporal.calls[-1] == ("issue-sync-leads-1", (notices[0],))


async def test_each_issue_has_its_own_batches() -> None:
    temporal = Temporal()
    full = batcher(temporal)
    waiting = [
        asyncio.create_task(full.request_sync(ChangeNotice(repo="leads", number=n % 3 + 1)))
        for n in range(30)
    ]
    await asyncio.sleep(0)
    temporal.open.set()
    await asyncio.gather(*waiting)
    assert all(notice.workflow_id == called for called, together in temporal.calls for notice in together)
    assert len(temporal.calls) == 6


async def test_a_failed_batch_raises_for_all_callers_and_the_next_succeeds() -> None:
    temporal = Temporal()
    full = batcher(temporal)
    temporal.down = True
    temporal.open.set()
    notice = ChangeNotice(repo="leads", number=1)
    found = await asyncio.gather(*(full.request_sync(notice) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in found] == [RPCError] * 5
    temporal.down = False
    await full.request_sync(notice)
    assert len(temporal.calls) == 1


async def test_a_cancelled_caller_does_not_cancel_the_others() -> None:
    temporal = Temporal()
    full = batcher(temporal)
    notice = ChangeNotice(repo="leads", number=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await full.request_sync(notice)
    other = asyncio.create_task(full.request_sync(notice))
    await asyncio.sleep(0)
    temporal.open.set()
    await other
    assert len(temporal.calls) == 2
