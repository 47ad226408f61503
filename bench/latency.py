"""Measure how soon an idle workflow handles a decision: `python -m bench.latency`.

Each decision comes alone, when nothing else is under way. An update is timed by its sender, until the answer; a signal
by the server, from its arrival to the end of the workflow task that handles it.
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Sequence

from temporalio.api.enums.v1 import EventType

from bench.figures import Figure, Report, Target
from bench.lives import TO_HUB, Life, histories
from bench.options import run_benchmark
from bench.processes import KINDS, Kind, Server, dev_server, worker


async def by_update(server: Server, kind: Kind) -> list[float]:
    """Take a workflow to its hub by updates; return the milliseconds until each answer."""
    life = await Life.open(server.clients[kind], kind, kind)
    await life.settled()
    found = []
    for decision, body in TO_HUB:
        began = time.perf_counter()
        await life.decide(decision, body)
        found.append(1000 * (time.perf_counter() - began))
        await life.settled()
    return found


async def by_signal(server: Server, kind: Kind) -> list[float]:
    """Take a workflow to its hub by signals; return the milliseconds until each was handled."""
    life = await Life.open(server.clients[kind], kind, kind)
    await life.settled()
    for decision, body in TO_HUB:
        await life.signal(decision, body)
        await life.settled()
    found = []
    for history in await histories(life.client, life.handle.id):
        arrived: int | None = None
        for event in history.events:
            at = event.event_time.ToNanoseconds()
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
                arrived = at
            elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED and arrived:
                found.append((at - arrived) / 1e6)
                arrived = None
    return found


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which so many per cent lie."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


async def measure(count: int = 15) -> Report:
    """Take `count` workflows of each kind to their hub by updates, and as many by signals."""
    found: dict[tuple[str, Kind], list[float]] = defaultdict(list)
    async with (
        dev_server() as server,
        worker(server.address, "bare", "bare"),
        worker(server.address, "lead", "lead"),
    ):
        for kind in KINDS:  # warm
            await by_update(server, kind)
        for _ in range(count):
            for kind in KINDS:
                found["update to answer", kind] += await by_update(server, kind)
                found["signal to handled", kind] += await by_signal(server, kind)
    figures = (
        Figure.of_rounds(
            f"{name}, p{percent}",
            "ms",
            [(percentile(found[name, "lead"], percent), percentile(found[name, "bare"], percent))],
            Target(1.0),
        )
        for name in ("update to answer", "signal to handled")
        for percent in (50, 99)
    )
    return Report(
        "latency",
        "A decision for an idle workflow",
        f"{len(found['update to answer', 'lead'])} of each",
        tuple(figures),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
