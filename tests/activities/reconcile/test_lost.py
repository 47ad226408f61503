"""A reconciliation names leads whose workflow somebody has terminated or deleted in Temporal."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from client.lost import LostRun
from tests.support.deployment import Deployment
from tests.support.waiting import TIMEOUT


async def lost(deployment: Deployment) -> tuple[str, ...]:
    return (await deployment.reconcile()).results["reconcile_lost"].found


async def test_a_terminated_lead_is_named_until_it_runs_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = await deployment.open(), await deployment.open("Another hub")
    for handle in (kept, gone):
        await deployment.until_row(handle, lambda row: row.issue)
    await gone.terminate()
    async with asyncio.timeout(TIMEOUT):  # Temporal's visibility is a moment late
        while not (found := await lost(deployment)):
            await asyncio.sleep(0.1)
    assert found == (f"1 whose workflow is lost, to be restored from the ledger: {gone.id}",)

    async def nothing(*_: Any) -> AsyncIterator[LostRun]:
        for each in list[LostRun]():
            yield each

    monkeypatch.setattr("activities.reconcile.lost.list_lost", nothing)
    assert await lost(deployment) == found  # it only counts, until the number is another one


async def test_without_a_lost_lead_nothing_is_said(deployment: Deployment) -> None:
    handle: Any = await deployment.open()
    await deployment.until_row(handle, lambda row: row.issue)
    async with asyncio.timeout(TIMEOUT):
        while await lost(deployment):
            await asyncio.sleep(0.1)
