"""Measure a lead after years: `python -m bench.years`.

One lead's years are played on a server that skips time (starter/demo/years.py). At each mark the lead's run is made about
as long as runs become. Then the worker forgets the lead, and wakes it for a query, which leaves the history as it is: what
that costs more than the same query for a lead in memory is the cold wake. Beside it stands a bare workflow with as many
events. Then the lead goes on in a new run, whose input is weighed.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from uuid import uuid4

from dateutil.relativedelta import relativedelta
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetStickyTaskQueueRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from bench import lives
from bench.figures import Figure, Report, Target
from bench.lives import histories
from bench.options import run_benchmark
from bench.processes import Kind, Process, worker
from client.connection import is_not_ready
from process.lead.lead import Lead
from starter.demo.years import Years
from tests.support.outside import Outside
from tests.support.servers import skipping_time
from tests.support.workflow_lives import Life
from tests.support.years_player import YearsPlayer
from workflows.runtime.plugin import leads_plugin

CACHE = 2
"""Workflows that a worker keeps; as many others make it forget the lead."""
WAKES = 5
"""Times that a workflow is woken at each mark; medians count."""
LENGTH = 75
"""Events that a run has at least when it is woken. A lead begins a new run after some more (workflows/lead.py), and must
not do so while it is measured."""
QUERIES: dict[Kind, str] = {"lead": "agenda", "bare": "seen"}
WAKE_TARGETS = {1: Target(60), 10: Target(100)}
NEW_RUN_TARGETS = {10: Target(60)}
names = count(1)


class Played(Exception):
    """The last mark was reached."""


@dataclass(frozen=True)
class Wake:
    """Cost of a query that finds its workflow cold."""

    cpu: float
    """Milliseconds of the worker's CPU more than for the same query when warm."""
    answer: float
    """Milliseconds until the answer."""
    events: int
    """Events of the run that is woken."""


@dataclass(frozen=True)
class Mark:
    """Figures measured after so many years."""

    years: int
    lead: Wake
    bare: Wake
    new_run: float
    """Kilobytes that the next run is given."""


@dataclass
class Waker:
    """Wakes workflows of one kind on one worker, and makes the worker forget them again."""

    kind: Kind
    client: Client
    process: Process
    others: list[lives.Life] = field(default_factory=list)

    async def wake(self, life: lives.Life) -> Wake:
        """Wake a workflow several times, and return the medians."""
        while len(self.others) < CACHE:
            self.others.append(await lives.Life.open(self.client, self.kind, self.kind))
        await self._decide(life)  # now the worker knows it
        warm = [await self._ask(life) for _ in range(WAKES)]
        cold = [await self._wake(life) for _ in range(WAKES)]
        return Wake(
            statistics.median(cpu for cpu, _ in cold) - statistics.median(cpu for cpu, _ in warm),
            statistics.median(answer for _, answer in cold),
            (await life.describe()).workflow_execution_info.history_length,
        )

    async def _wake(self, life: lives.Life) -> tuple[float, float]:
        """Let worker and server forget that the worker knows the workflow, and ask."""
        for other in self.others:
            await self._decide(other)
        await self.client.workflow_service.reset_sticky_task_queue(
            ResetStickyTaskQueueRequest(
                namespace=self.client.namespace, execution=WorkflowExecution(workflow_id=life.handle.id)
            )
        )
        return await self._ask(life)

    async def _ask(self, life: lives.Life) -> tuple[float, float]:
        """Ask a query, and return the milliseconds of CPU, and those until the answer."""
        while True:
            cpu, began = self.process.cpu, time.monotonic()
            try:
                await life.handle.query(QUERIES[self.kind])
            except RPCError as error:
                if not is_not_ready(error):
                    raise
                await asyncio.sleep(0.05)  # a new run has just begun
            else:
                return 1000 * (self.process.cpu - cpu), 1000 * (time.monotonic() - began)

    async def lengthen(self, life: lives.Life, events: int) -> None:
        """Take decisions until the run has so many events."""
        while (await life.describe()).workflow_execution_info.history_length < events:
            await self._decide(life)

    async def _decide(self, life: lives.Life) -> None:
        await life.decide("assigned", {"role": "sales", "person": f"Person {next(names)}"})
        await life.settled()


@dataclass
class MarkedYears(YearsPlayer):
    """Plays years, and measures at each mark on the way."""

    life: Life
    start: date
    marks: Sequence[int]
    lead: Waker
    bare: Waker
    found: list[Mark] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(self.life)

    async def until(self, day: date) -> Lead:
        """Move to this day; measure before, if a mark lies there."""
        lead = await super().until(day)
        years = self.marks[len(self.found)]
        if day >= self.start + relativedelta(years=years):
            self.found.append(await self._measure(years))
            if len(self.found) == len(self.marks):
                raise Played
        return lead

    async def _measure(self, years: int) -> Mark:
        client = (
            self.lead.client
        )  # not that of the environment, whose workflows would skip time by themselves
        lead = lives.Life("lead", client, client.get_workflow_handle(self.life.id))
        await self.lead.lengthen(lead, LENGTH)
        woken = await self.lead.wake(lead)
        bare = await lives.Life.open(self.bare.client, "bare", "bare")
        await self.bare.lengthen(bare, woken.events)
        return Mark(years, woken, await self.bare.wake(bare), await self._new_run(lead))

    async def _new_run(self, lead: lives.Life) -> float:
        """Let the lead go on in a new run, and return the kilobytes that it is given."""
        await lead.handle.signal("adopt")
        await lead.settled()
        newest = await lead.handle.fetch_history()
        return _input_bytes(newest) / 1000


def _input_bytes(history: WorkflowHistory) -> int:
    return history.events[0].workflow_execution_started_event_attributes.input.ByteSize()


async def play(env: WorkflowEnvironment, marks: Sequence[int]) -> tuple[list[Mark], list[int]]:
    """Play the years; return what was found at the marks, and the number of events of each finished run."""
    address = env.client.service_client.config.target_host
    async with (
        worker(address, "lead", "lead", cache=CACHE) as lead,
        worker(address, "bare", "bare", cache=CACHE) as bare,
    ):
        life = await Life.begin(env, Outside(), f"lead-{uuid4().hex}", queue="lead")
        now = await env.get_current_time(life.handle)
        start = date(now.year + (1 if now.month < 12 else 2), 2, 1)
        player = MarkedYears(
            life,
            start,
            marks,
            Waker("lead", await Client.connect(address, plugins=[leads_plugin()]), lead),
            Waker("bare", await Client.connect(address), bare),
        )
        with suppress(Played):
            await Years(player, marks[-1] + 1, start).play()
        runs = [len(history.events) for history in await histories(env.client, life.id)]
    return player.found, runs


async def measure(years: int = 10) -> Report:
    """Play so many years; the marks are at 1, 5 and 10 of them, and at the last one."""
    marks = sorted({mark for mark in (1, 5, 10) if mark < years} | {years})
    async with skipping_time() as env:
        found, runs = await play(env, marks)
    figures = [Figure("longest run (events)", max(runs))]
    for mark in found:
        after = f"after {mark.years} year{'s' * (mark.years > 1)}"
        figures += (
            Figure(
                f"cold wake {after}: worker CPU",
                mark.lead.cpu,
                "ms",
                mark.bare.cpu,
                target=WAKE_TARGETS.get(mark.years),
            ),
            Figure(f"cold wake {after}: until the answer", mark.lead.answer, "ms", mark.bare.answer),
            Figure(f"events of that run {after}", mark.lead.events, "", mark.bare.events),
            Figure(f"given to a new run {after}", mark.new_run, "kB", target=NEW_RUN_TARGETS.get(mark.years)),
        )
    return Report("years", "A lead after years", f"{years} years, medians of {WAKES} wakes", tuple(figures))


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
