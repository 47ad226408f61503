"""Much at once about one issue goes to Temporal together; each is told whether it arrived."""

import asyncio
from typing import Any, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from client.notices import TOGETHER, Tray
from workflows.issue_sync import Hint


class Temporal:
    """Takes its time. `down`: while it is, nothing arrives."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Hint, ...]]] = []
        self.open = asyncio.Event()
        self.down = False

    async def start_workflow(self, *_: Any, id: str, start_signal_args: tuple[Hint, ...], **__: Any) -> None:  # noqa: A002
        await self.open.wait()
        if self.down:
            raise RPCError("down", RPCStatusCode.UNAVAILABLE, b"")
        self.calls.append((id, start_signal_args))


def tray(temporal: Temporal) -> Tray:
    return Tray(cast(Client, temporal), "a queue")


async def test_a_thousand_about_one_issue_take_a_few_calls() -> None:
    temporal = Temporal()
    full = tray(temporal)
    hints = [Hint(repo="leads", number=1, comment=number) for number in range(1000)]
    waiting = [asyncio.create_task(full.hand_in(hint)) for hint in hints]
    await asyncio.sleep(0)
    temporal.open.set()
    await asyncio.gather(*waiting)
    assert len(temporal.calls) <= 2 + len(hints) / TOGETHER
    assert [hint for _, together in temporal.calls for hint in together] == hints
    await full.hand_in(hints[0])
    assert temporal.calls[-1] == ("desk-leads-1", (hints[0],))


async def test_each_issue_has_its_own_row() -> None:
    temporal = Temporal()
    full = tray(temporal)
    waiting = [asyncio.create_task(full.hand_in(Hint(repo="leads", number=n % 3 + 1))) for n in range(30)]
    await asyncio.sleep(0)
    temporal.open.set()
    await asyncio.gather(*waiting)
    assert all(hint.desk == desk for desk, together in temporal.calls for hint in together)
    assert len(temporal.calls) == 6


async def test_those_that_did_not_arrive_hear_of_it_and_the_next_does() -> None:
    temporal = Temporal()
    full = tray(temporal)
    temporal.down = True
    temporal.open.set()
    hint = Hint(repo="leads", number=1)
    found = await asyncio.gather(*(full.hand_in(hint) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in found] == [RPCError] * 5
    temporal.down = False
    await full.hand_in(hint)
    assert len(temporal.calls) == 1


async def test_who_waits_no_longer_takes_nothing_from_the_others() -> None:
    temporal = Temporal()
    full = tray(temporal)
    hint = Hint(repo="leads", number=1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await full.hand_in(hint)
    other = asyncio.create_task(full.hand_in(hint))
    await asyncio.sleep(0)
    temporal.open.set()
    await other
    assert len(temporal.calls) == 2
