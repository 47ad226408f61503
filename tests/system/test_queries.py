"""A query that reaches another worker ahead of a decision stops no lead."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from temporalio.service import RPCError
from temporalio.worker import Replayer

from client.connection import NO_WORKER_ANSWERED
from process.core.answers import Answer
from process.views.lead_overview import Overview
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from tests.system.conftest import Service
from workflows.runtime.plugin import leads_plugin

TAKE_OVER = 3
"""Seconds that a task waits for a dead worker."""
PRICE = {"amount": "12000", "currency": "USD", "per": "year"}
UI = "__temporal_workflow_metadata"
"""The query of the Temporal UI when somebody opens a workflow."""


class Case(NamedTuple):
    """Queries and decisions, accepted in either order, that come while no living worker knows the lead."""

    queries: tuple[str, ...]
    way: str = "signal"
    first: tuple[str, dict[str, Any]] = ("price_quoted", PRICE)
    second: tuple[str, dict[str, Any]] = ("questionnaire_sent", {})


CASES = {
    "options": Case(("options",)),
    "ui": Case((UI,)),
    "several": Case((UI, "options", "lead", "timeline")),
    "updates": Case(("options", UI), way="update"),
}


async def _query(life: Life, name: str) -> None:
    """Ask until there is an answer: a query that waits for the dead worker may time out at the server, and is lost."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            try:
                await life.handle.query(name)
            except RPCError as error:
                if error.status not in NO_WORKER_ANSWERED:
                    raise
                await asyncio.sleep(0.1)
            else:
                return


async def _decide(life: Life, way: str, decision: tuple[str, dict[str, Any]]) -> Answer | None:
    kind, body = decision
    if way == "signal":
        await life.signal(kind, body)
        return None
    return await life.decide(kind, **body)


async def _hears_queries_between_two_decisions(life: Life, case: Case) -> None:
    """The worker that knows the lead is dead. Another hears a query first, whose history ends after a signal."""
    queries = asyncio.gather(*(_query(life, name) for name in case.queries))
    await asyncio.sleep(TAKE_OVER / 2)  # now the queries wait for the dead worker
    first = asyncio.create_task(_decide(life, case.way, case.first))
    await queries
    second = await _decide(life, case.way, case.second)  # the first one still waits for the dead worker
    assert all(answer is None or answer.accepted for answer in (await first, second))


@pytest.mark.long
async def test_a_query_ahead_of_a_decision_stops_no_lead(service: Service) -> None:
    service.more = {"LEADS_TAKE_OVER_SECONDS": str(TAKE_OVER)}
    first = await service.start_worker()
    cases = dict(CASES)
    lives = {name: await service.begin(f"lead-asked-{name}") for name in (*cases, "correction")}
    mistaken = await lives["correction"].decide("asset_attached", name="Notes")
    correction = ("corrected", {"seq": mistaken.seq, "reason": "Another lead's"})
    cases["correction"] = Case(("options",), first=correction, second=("price_quoted", PRICE))
    for life in lives.values():
        await life.settled()
    second = await service.start_worker()
    service.kill(first)

    await asyncio.gather(*(_hears_queries_between_two_decisions(lives[name], cases[name]) for name in cases))
    for name, life in lives.items():
        for kind, _ in (cases[name].first, cases[name].second):
            await life.until(_has(kind))
        await life.settled()
    service.kill(second)

    await service.start_worker()  # it replays what the other one did
    for life in lives.values():
        assert (await life.decide("asset_attached", name="Notes")).accepted
        with service.ledger() as ledger:
            view = await life.settled_in(ledger)
            recorded = [(entry.seq, entry.kind, entry.at) for entry in ledger.entries(life.id)]
        history = await life.handle.fetch_history()
        await Replayer(workflows=[], plugins=[leads_plugin()]).replay_workflow(history)
        assert recorded == [(line.seq, line.kind, line.at) for line in view.timeline]


def _has(kind: str) -> Callable[[Overview], bool]:
    return lambda view: any(line.kind == kind for line in view.timeline)
