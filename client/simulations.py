"""Many leads lived again: side by side on all processors, because each takes a moment and none needs another."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import Literal, NamedTuple

from client.past import events_of
from ledger.events import Ledger
from process.core.fold import fold
from process.simulation.difference import Difference, difference
from process.simulation.scenario import Scenario

Only = Literal["open", "ended"]

FEW = 40
"""So many leads are done before another process has even started."""


class Question(NamedTuple):
    """What is asked of each lead."""

    scenario: Scenario
    now: datetime
    only: Only | None = None


class LeadAnswer(NamedTuple):
    """What one lead answers; no difference where it is not one of those that were asked for."""

    lead: str
    events: int
    newest: datetime | None
    difference: Difference | None


class Found(NamedTuple):
    """What would have been different, lead by lead."""

    leads: tuple[Difference, ...]
    events: int
    """How many events they were lived again from."""
    newest: datetime | None
    unread: tuple[str, ...]
    """Leads of which the ledger has nothing that this code can read."""


async def simulate_leads(
    url: str, question: Question, leads: Sequence[str], tell: Callable[[], None]
) -> Found:
    """The answers of these leads in the ledger at `url`, in their order. `tell` hears of each that is done.

    Raises LedgerError.
    """
    told: list[LeadAnswer] = []
    async for each in _answers(url, question, leads):
        told.append(each)
        tell()
    asked = [each for each in told if each.difference]
    return Found(
        leads=tuple(each.difference for each in asked if each.difference),
        events=sum(each.events for each in asked),
        newest=max((each.newest for each in asked if each.newest), default=None),
        unread=tuple(each.lead for each in told if not each.events),
    )


async def _answers(url: str, question: Question, leads: Sequence[str]) -> AsyncIterator[LeadAnswer]:
    if len(leads) <= FEW:
        with closing(Ledger.open(url, read_only=True)) as ledger:
            for lead in leads:
                yield _told(ledger, question, lead)
                await asyncio.sleep(0)  # so that Ctrl-C is heard
        return
    # Processes are started afresh: a fork would inherit threads in the middle of what they do.
    pool = ProcessPoolExecutor(
        min(os.cpu_count() or 1, len(leads) // FEW + 1),
        multiprocessing.get_context("spawn"),
        _begin,
        (url,),
    )
    try:
        loop = asyncio.get_running_loop()
        for each in [loop.run_in_executor(pool, _in_process, question, lead) for lead in leads]:
            yield await each
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _told(ledger: Ledger, question: Question, lead: str) -> LeadAnswer:
    """What one lead answers."""
    events = events_of(ledger, lead)
    wanted = events and (question.only is None or fold(events, lead).ended == (question.only == "ended"))
    found = difference(events, lead, question.scenario, question.now) if wanted else None
    return LeadAnswer(lead, len(events), events[-1].at if events else None, found)


# ---- in a process of its own

_ledger: Ledger | None = None


def _begin(url: str) -> None:
    global _ledger
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started this
    _ledger = Ledger.open(url, read_only=True)


def _in_process(question: Question, lead: str) -> LeadAnswer:
    if _ledger is None:
        raise RuntimeError("this process has not begun")
    return _told(_ledger, question, lead)
