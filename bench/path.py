"""Measure a lead's way to a hub beside a bare workflow of the same shape: `python -m bench.path`.

Each round runs so many bare workflows, then as many leads, on one dev server. Each kind has a worker of its
own, with activities that do nothing. Every decision waits until the one before has settled. CPU times are those of the
worker, of this process, which is the client, and of the server. Compare ratios, as absolute times vary.
"""

import asyncio
import resource
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bench.figures import Figure, Report, Target
from bench.lives import HistorySize, Life
from bench.options import run_benchmark
from bench.processes import Kind, Process, Server, dev_server, worker

WARM = 2
"""Workflows that run before the first round."""

Measure = tuple[str, str, str, Target | None]
"""Name of a figure, its unit, the field of a batch, and the ratio to reach."""


@dataclass(frozen=True)
class Usage:
    """CPU seconds of each process, and the time, at one moment."""

    worker: float
    server: float
    client: float
    time: float

    @classmethod
    def now(cls, worker: Process, server: Server) -> Self:
        """Read the clocks."""
        own = resource.getrusage(resource.RUSAGE_SELF)
        return cls(worker.cpu, server.cpu, own.ru_utime + own.ru_stime, time.monotonic())


@dataclass(frozen=True)
class Batch:
    """Cost of each workflow of one kind in one round. Times are in milliseconds of CPU."""

    worker: float
    server: float
    client: float
    per_second: float
    events: float
    tasks: float
    activities: float
    stored_bytes: float


async def run_batch(server: Server, process: Process, kind: Kind, count: int, at_once: int) -> Batch:
    """Take so many workflows to a hub, of which so many move at the same time."""

    slots = asyncio.Semaphore(at_once)

    async def one() -> Life:
        async with slots:
            life = await Life.open(server.clients[kind], kind, kind)
            await life.to_hub()
            return life

    before = Usage.now(process, server)
    lives = await asyncio.gather(*(one() for _ in range(count)))
    after = Usage.now(process, server)
    sizes = [await HistorySize.of(life) for life in lives]
    return Batch(
        worker=1000 * (after.worker - before.worker) / count,
        server=1000 * (after.server - before.server) / count,
        client=1000 * (after.client - before.client) / count,
        per_second=count / (after.time - before.time),
        events=statistics.mean(size.events for size in sizes),
        tasks=statistics.mean(size.tasks for size in sizes),
        activities=statistics.mean(size.activities for size in sizes),
        stored_bytes=statistics.mean(size.stored_bytes for size in sizes),
    )


async def alternate(
    server: Server, processes: Mapping[Kind, Process], count: int, at_once: int, rounds: int
) -> list[dict[Kind, Batch]]:
    """Run the rounds after one that warms up, each with one batch of both kinds, whose order alternates."""
    kinds = tuple(processes)
    batches: list[dict[Kind, Batch]] = []
    for kind in kinds:
        await run_batch(server, processes[kind], kind, WARM, WARM)
    for number in range(rounds):
        order = kinds if number % 2 == 0 else kinds[::-1]
        batches.append(
            {kind: await run_batch(server, processes[kind], kind, count, at_once) for kind in order}
        )
    return batches


def ratios(
    batches: Sequence[Mapping[Kind, Batch]], kind: Kind, other: Kind, measures: Sequence[Measure]
) -> tuple[Figure, ...]:
    """Return the figures of one kind beside those of the other."""
    return tuple(
        Figure.of_rounds(
            name,
            unit,
            [(getattr(found[kind], field), getattr(found[other], field)) for found in batches],
            target,
        )
        for name, unit, field, target in measures
    )


MEASURES: tuple[Measure, ...] = (
    ("worker CPU", "ms", "worker", Target(0.85)),
    ("server CPU", "ms", "server", Target(0.90)),
    ("client CPU", "ms", "client", None),
    ("workflows per second", "", "per_second", Target(1.15, "at least")),
    ("history events", "", "events", Target(0.90)),
    ("workflow tasks", "", "tasks", None),
    ("activities", "", "activities", None),
    ("history bytes", "", "stored_bytes", None),
)


async def measure(count: int = 40, at_once: int = 8, rounds: int = 3) -> Report:
    """Run the rounds of `count` workflows, of which `at_once` move at the same time, and return the medians."""
    async with (
        dev_server() as server,
        worker(server.address, "bare", "bare") as bare,
        worker(server.address, "lead", "lead") as lead,
    ):
        processes: dict[Kind, Process] = {"bare": bare, "lead": lead}
        batches = await alternate(server, processes, count, at_once, rounds)
    return Report(
        "path",
        "A lead's way to a hub: opening and 8 decisions, per workflow",
        f"{rounds} rounds of {count} workflows, {at_once} at once",
        ratios(batches, "lead", "bare", MEASURES),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
