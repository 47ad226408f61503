"""Measure the memory of a worker for each open lead: `python -m bench.memory`.

Leads are taken to a hub beside as many bare workflows, each kind on a worker of its own that keeps all of them. Older
leads go on from a state that was made without a server (bench/what_if.py). What the worker needs for itself, after a
few workflows, is subtracted.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from bench.figures import Figure, Report, Target
from bench.lives import Life
from bench.options import run_benchmark
from bench.processes import Kind, Process, Server, dev_server, worker
from bench.what_if import hub
from process.core.aggregate import LeadAggregate
from workflows.start import run_state

WARM = 120
"""Workflows that a worker knows before it is weighed, or fewer if few are weighed: more young leads than it keeps
unpacked (process/core/swap.py), as these take an amount of memory that does not grow with the leads."""
WARM_OLD = 20
AT_ONCE = 8
CACHE = 100_000
TARGETS = {1: Target(0.15), 10: Target(0.25)}


async def to_hub(server: Server, kind: Kind, count: int) -> None:
    """Take so many workflows to a hub."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with slots:
            life = await Life.open(server.clients[kind], kind, kind)
            await life.to_hub()

    await asyncio.gather(*(one() for _ in range(count)))


async def weigh_young(server: Server, kind: Kind, process: Process, count: int) -> float:
    """Return the megabytes for each workflow of so many that have just reached a hub."""
    await to_hub(server, kind, min(WARM, count))
    before = process.memory
    await to_hub(server, kind, count)
    return (process.memory - before) / count


async def resume(server: Server, aggregate: LeadAggregate, count: int) -> None:
    """Let so many leads go on from this state."""
    client = server.clients["lead"]
    for _ in range(count):
        handle = await client.start_workflow(
            "ResumeWorkflow",
            args=run_state(aggregate, datetime.now(UTC)),
            id=f"lead-{uuid4().hex}",
            task_queue="lead",
        )
        await Life("lead", client, client.get_workflow_handle(handle.id)).settled()


async def weigh_old(server: Server, years: int, count: int) -> float:
    """Return the megabytes for each lead of so many whose hub runs for these years."""
    lived = hub(years, datetime.now(UTC) - timedelta(days=360 * years + 75)).aggregate
    aggregate = lived.recorded(lived.lead.last_seq)  # else its first run would write all years to the ledger
    async with worker(server.address, "lead", "lead", cache=CACHE) as process:
        await resume(server, aggregate, min(WARM_OLD, count))
        before = process.memory
        await resume(server, aggregate, count)
        return (process.memory - before) / count


async def measure(count: int = 200, old: int = 100, oldest: int = 10) -> Report:
    """Weigh `count` young workflows of each kind, and `old` leads of 1, 5 and 10 years, up to the oldest."""
    async with dev_server() as server:
        young: dict[Kind, float] = {}
        for kind in ("bare", "lead"):
            async with worker(server.address, kind, kind, cache=CACHE) as process:
                young[kind] = await weigh_young(server, kind, process, count)
        aged = {years: await weigh_old(server, years, old) for years in (1, 5, 10) if years <= oldest}
    figures = [
        Figure.of_rounds(
            "1,000 leads at their hub", "MB", [(1000 * young["lead"], 1000 * young["bare"])], Target(1.3)
        )
    ]
    for years, megabytes in aged.items():
        name = f"an open lead of {years} year{'s' * (years > 1)}"
        figures.append(Figure(name, megabytes, "MB", target=TARGETS.get(years)))
    return Report(
        "memory",
        "Memory of a worker",
        f"{count} workflows at their hub, {old} older leads",
        tuple(figures),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
