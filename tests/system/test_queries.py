"""A query that reaches another worker ahead of a decision stops no lead."""

import asyncio
import os
import signal
import socket
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.worker import Replayer

from ledger.events import Ledger
from process.views.overview import Option
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from tests.system.conftest import Service
from workflows.runtime.plugin import leads_plugin

LEADS = 4
TAKE_OVER = 3
"""Seconds that a task waits for a dead worker."""
PRICE = {"amount": "12000", "currency": "USD", "per": "year"}


async def _server_of(life: Life) -> int:
    """Return the process id of the worker that has the lead in its cache."""
    history = await life.handle.fetch_history()
    done = [e for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    pid, _, host = done[-1].workflow_task_completed_event_attributes.identity.partition("@")
    assert host == socket.gethostname()
    return int(pid)


async def _query(life: Life) -> None:
    """Ask as the Temporal UI does when somebody opens the lead."""
    async with asyncio.timeout(TIMEOUT):
        await life.handle.query("options", result_type=list[Option])


async def _hears_a_query_between_two_decisions(life: Life) -> None:
    """The worker that knows the lead is dead. Another hears a query first, whose history ends after a signal."""
    query = asyncio.create_task(_query(life))
    await asyncio.sleep(TAKE_OVER / 2)  # now the query waits for the dead worker
    await life.signal("price_quoted", PRICE)
    await query
    await life.signal("quote_accepted", {})  # the task with the first signal still waits for the dead worker


@pytest.mark.long
async def test_a_query_ahead_of_a_decision_stops_no_lead(service: Service) -> None:
    service.more = {"LEADS_TAKE_OVER_SECONDS": str(TAKE_OVER)}
    first, second = await service.start_worker(), await service.start_worker()
    lives = [await service.begin(f"lead-asked-{number}") for number in range(LEADS)]
    for life in lives:
        await life.settled()
    known: dict[int, list[Life]] = {first.pid: [], second.pid: []}
    for life in lives:
        known[await _server_of(life)].append(life)
    dead, orphans = max(known.items(), key=lambda item: len(item[1]))
    service.kill(first if first.pid == dead else second)

    await asyncio.gather(*map(_hears_a_query_between_two_decisions, orphans))
    for life in orphans:
        await life.until(lambda view: {"price_quoted", "quote_accepted"} <= kinds(view.timeline))
        await life.settled()
    os.kill(next(pid for pid in known if pid != dead), signal.SIGKILL)

    await service.start_worker()  # it replays what the other one did
    for life in orphans:
        assert (await life.decide("contract_handed_over")).accepted
        view = await life.settled()
        history = await life.handle.fetch_history()
        await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
        ledger = Ledger.open(service.ledger_url)
        recorded = [(entry.seq, entry.kind, entry.at) for entry in ledger.entries(life.id)]
        ledger.close()
        assert recorded == [(line.seq, line.kind, line.at) for line in view.timeline]


def kinds(timeline: Any) -> set[str]:
    return {line.kind for line in timeline}
