"""A worker in a process of its own, whose activities do nothing: `python -m bench.worker lead|bare …`.

The lead's worker has the plugin of the project and the options of `worker.py` that cost anything; the bare one has
the SDK's defaults: its sandbox, its converter.
"""

import argparse
import asyncio
import signal
from collections.abc import Callable
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from bench.bare import BareWorkflow, nothing
from bench.resume import ResumeWorkflow
from client.connection import run_program
from keys.opening import ring_at
from tests.support.outside import Outside
from workflows.runtime.codec import SealingCodec
from workflows.runtime.plugin import leads_plugin

MASTER_KEY = "the master key of a benchmark, which seals nobody's data"

READY = "ready"
"""The line that a worker prints once it works."""


class Forgetful(list[Any]):
    """A list that stays empty, so that the performed effects of an `Outside` take no memory."""

    def append(self, _: Any) -> None:
        """Drop the item."""


def lead_activities() -> list[Callable[..., Any]]:
    """Return an activity for each effect that has no effect but its observation."""
    outside = Outside()
    outside.done, outside.tasks = Forgetful(), Forgetful()
    return outside.activities()


async def work(kind: str, address: str, queue: str, cache: int, keys: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    if kind in ("lead", "sealed"):
        codec = SealingCodec(ring_at(keys, MASTER_KEY)) if keys else None
        client = await Client.connect(address, plugins=[leads_plugin(codec=codec)])
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[ResumeWorkflow],
            activities=lead_activities(),
            max_cached_workflows=cache,
        )
    else:
        client = await Client.connect(address)
        worker = Worker(
            client,
            task_queue=queue,
            workflows=[BareWorkflow],
            activities=[nothing],
            max_cached_workflows=cache,
            disable_eager_activity_execution=True,  # as the lead's, for which it is not safe
        )
    async with worker:
        print(READY, flush=True)
        await stop.wait()


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("kind", choices=("lead", "bare", "sealed"))
    options.add_argument("address")
    options.add_argument("queue")
    options.add_argument("--cache", type=int, default=1000, help="workflows kept in memory")
    options.add_argument("--keys", default="", help="URL of a key store: the lead is sealed")
    given = options.parse_args()
    asyncio.run(run_program(work(given.kind, given.address, given.queue, given.cache, given.keys)))
