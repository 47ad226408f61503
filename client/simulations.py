"""Simulates many leads of the ledger under a scenario, in parallel on all processors."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import Literal, NamedTuple

from client.errors import LeadErased
from client.ledgers import ledger_of
from client.past import events_of
from config.settings import Settings
from ledger.ledger import Ledger
from process.core.fold import fold
from process.simulation.difference import Difference, difference
from process.simulation.scenario import Scenario

Only = Literal["open", "ended"]

FEW = 40
"""Number of leads that are simulated faster than another process starts."""


class SimulationRequest(NamedTuple):
    """The scenario to simulate. `now`: aware time up to which it runs."""

    scenario: Scenario
    now: datetime
    only: Only | None = None


class LeadResult(NamedTuple):
    """The result for one lead; `difference` is None if `only` excludes the lead."""

    lead_id: str
    events: int
    newest: datetime | None
    difference: Difference | None


class SimulationResult(NamedTuple):
    """The differences that the scenario would have made, lead by lead."""

    leads: tuple[Difference, ...]
    events: int
    """Number of events that were read."""
    newest: datetime | None
    unread: tuple[str, ...]
    """Ids of leads whose events this code cannot read."""


async def simulate_leads(
    settings: Settings, request: SimulationRequest, leads: Sequence[str], advance: Callable[[], None]
) -> SimulationResult:
    """Simulate these leads of the ledger and return the results in order. `advance` is called per lead.

    Raises LedgerError.
    """
    results: list[LeadResult] = []
    async for each in _results(settings, request, leads):
        results.append(each)
        advance()
    simulated = [each for each in results if each.difference]
    return SimulationResult(
        leads=tuple(each.difference for each in simulated if each.difference),
        events=sum(each.events for each in simulated),
        newest=max((each.newest for each in simulated if each.newest), default=None),
        unread=tuple(each.lead_id for each in results if not each.events),
    )


async def _results(
    settings: Settings, request: SimulationRequest, leads: Sequence[str]
) -> AsyncIterator[LeadResult]:
    if len(leads) <= FEW:
        with closing(ledger_of(settings, read_only=True)) as ledger:
            for lead_id in leads:
                yield _simulated(ledger, request, lead_id)
                await asyncio.sleep(0)  # lets Ctrl-C through
        return
    # Spawned, not forked: a fork would inherit threads in the middle of their work.
    pool = ProcessPoolExecutor(
        min(os.cpu_count() or 1, len(leads) // FEW + 1),
        multiprocessing.get_context("spawn"),
        _initialise,
        (settings,),
    )
    try:
        loop = asyncio.get_running_loop()
        for each in [loop.run_in_executor(pool, _simulate_in_child, request, lead_id) for lead_id in leads]:
            yield await each
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _simulated(ledger: Ledger, request: SimulationRequest, lead_id: str) -> LeadResult:
    """Simulate one lead."""
    try:
        events = events_of(ledger, lead_id)
    except LeadErased:
        events = ()
    wanted = events and (request.only is None or fold(events, lead_id).ended == (request.only == "ended"))
    found = difference(events, lead_id, request.scenario, request.now) if wanted else None
    return LeadResult(lead_id, len(events), events[-1].at if events else None, found)


# ---- in a child process

_ledger: Ledger | None = None


def _initialise(settings: Settings) -> None:
    global _ledger
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the parent
    _ledger = ledger_of(settings, read_only=True)


def _simulate_in_child(request: SimulationRequest, lead_id: str) -> LeadResult:
    if _ledger is None:
        raise RuntimeError("the child process was not initialised")
    return _simulated(_ledger, request, lead_id)
