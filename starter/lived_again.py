"""Many leads lived again: side by side on all processors, because each takes a moment and none needs another."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from activities.ledger import Ledger
from process.fold import fold
from process.whatif.difference import Difference, difference
from process.whatif.otherwise import Otherwise
from starter.past import events_of

Only = Literal["open", "ended"]

FEW = 40
"""So many leads are done before another process has even started."""


class Question(NamedTuple):
    """What is asked of each lead. `ledger`: its URL, with the password."""

    ledger: str
    otherwise: Otherwise
    now: datetime
    only: Only | None = None


class Told(NamedTuple):
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


async def lived_again(question: Question, leads: Sequence[str], tell: Callable[[], None]) -> Found:
    """The answers of these leads, in their order. `tell` hears of each that is done.

    Raises LedgerError.
    """
    told: list[Told] = []
    async for each in _answers(question, leads):
        told.append(each)
        tell()
    asked = [each for each in told if each.difference]
    return Found(
        leads=tuple(each.difference for each in asked if each.difference),
        events=sum(each.events for each in asked),
        newest=max((each.newest for each in asked if each.newest), default=None),
        unread=tuple(each.lead for each in told if not each.events),
    )


async def _answers(question: Question, leads: Sequence[str]) -> AsyncIterator[Told]:
    if len(leads) <= FEW:
        for lead in leads:
            yield answer(question, lead)
            await asyncio.sleep(0)  # so that Ctrl-C is heard
        return
    # A process of its own each, started afresh: a fork would inherit threads in the middle of what they do.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(os.cpu_count() or 1, len(leads) // FEW + 1), context, _leave_ctrl_c_to_us)
    try:
        loop = asyncio.get_running_loop()
        answers = [loop.run_in_executor(pool, answer, question, lead) for lead in leads]
        for each in answers:
            yield await each
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def answer(question: Question, lead: str) -> Told:
    """What one lead answers."""
    events = events_of(_ledger(question.ledger), lead)
    wanted = events and (question.only is None or fold(events, lead).ended == (question.only == "ended"))
    found = difference(events, lead, question.otherwise, question.now) if wanted else None
    return Told(lead, len(events), events[-1].at if events else None, found)


@lru_cache(maxsize=1)
def _ledger(url: str) -> Ledger:
    return Ledger.open(url, read_only=True)


def _leave_ctrl_c_to_us() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
