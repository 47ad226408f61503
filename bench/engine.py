"""Measure the cost of a lead as a ratio to a minimal workflow: `python -m bench.engine`.

Both run alternately on one dev server, with one worker in this process: compare ratios, as absolute times vary.
The minimal workflow takes as many updates and starts as many activities as a lead on its way to a hub. CPU time
is that of the worker and the client, not of the server.
"""

import argparse
import asyncio
import resource
import statistics
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from bench.bare import DECISIONS, BareWorkflow, nothing
from client.connection import run_program
from tests.support.outside import Outside
from tests.support.servers import TEMPORAL
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin
from workflows.search_attributes import SEARCH_ATTRIBUTES

QUEUE = "bench"


async def run_bare(client: Client) -> WorkflowHandle[Any, Any]:
    handle = await client.start_workflow(BareWorkflow.run, id=f"bare-{uuid4().hex}", task_queue=QUEUE)
    for number in range(DECISIONS):
        await handle.execute_update(BareWorkflow.decide, {"number": number})
    await handle.result()
    return handle


async def run_lead(env: WorkflowEnvironment) -> WorkflowHandle[Any, Any]:
    handle = await env.client.start_workflow(
        "LeadWorkflow",
        {"org": "Example University", "person": "Ada Example", "title": "A hub"},
        id=f"lead-{uuid4().hex}",
        task_queue=QUEUE,
    )
    life = Life(env, Outside(), env.client.get_workflow_handle(handle.id))
    await life.to_hub()
    await life.settled()
    return life.handle


async def measure(live: Callable[[], Awaitable[WorkflowHandle[Any, Any]]], count: int) -> tuple[float, float]:
    """Run `count` workflows at once; return CPU milliseconds and history events per workflow."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    handles = await asyncio.gather(*(live() for _ in range(count)))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    events = [
        (await handle.describe()).raw_description.workflow_execution_info.history_length for handle in handles
    ]
    return 1000 * cpu / count, statistics.mean(events)


async def main(count: int, rounds: int) -> None:
    server = WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL),
        plugins=[leads_plugin()],
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_log_level="error",
    )
    async with await server as env:
        chores = [*Outside().activities(), nothing]
        async with Worker(env.client, task_queue=QUEUE, workflows=[BareWorkflow], activities=chores):
            await measure(lambda: run_bare(env.client), 2)  # warm
            await measure(lambda: run_lead(env), 2)
            ratios = []
            for number in range(1, rounds + 1):
                bare, bare_events = await measure(lambda: run_bare(env.client), count)
                lead, lead_events = await measure(lambda: run_lead(env), count)
                ratios.append(lead / bare)
                print(
                    f"round {number}: bare {bare:.0f} ms CPU, {bare_events:.0f} events; "
                    f"lead {lead:.0f} ms CPU, {lead_events:.0f} events; ratio {lead / bare:.2f}"
                )
            print(f"median ratio {statistics.median(ratios):.2f}")
    await asyncio.sleep(0.3)


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--count", type=int, default=20, help="workflows at once")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    asyncio.run(run_program(main(given.count, given.rounds)))
