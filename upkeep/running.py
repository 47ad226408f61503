"""Runs the upkeep beside the workers of a process, from their start to their end."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

from client.leads import LeadsClient
from client.ledgers import ledger_of
from client.lists import LeadLists
from config.settings import Settings
from upkeep.gauges import LeadGauges
from upkeep.read_tables import ReadTables
from upkeep.repeating import each_minute
from upkeep.stuck import StuckWatch

Work = Coroutine[Any, Any, None]


def upkeep(leads: LeadsClient, settings: Settings) -> Iterator[Work]:
    """Yield what this worker repeats as long as it runs. The read tables are kept by the workers of the leads."""
    yield each_minute(StuckWatch(leads.client, settings.task_queue).look)
    yield each_minute(LeadGauges(leads, LeadLists.of(settings)).look)
    if settings.worker_only != "chores":
        yield ReadTables(ledger_of(settings)).run()


@asynccontextmanager
async def beside(*work: Work) -> AsyncIterator[None]:
    """Run the work beside the body, and cancel it at the body's end. A failure of one ends all, and the body."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        yield
        for task in tasks:
            task.cancel()
