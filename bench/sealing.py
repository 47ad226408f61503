"""Measure a lead that is sealed beside one in clear, on the way to a hub: `python -m bench.sealing`.

As `bench.path`, with a sealed lead in place of the bare workflow. The kinds alternate, and each has a worker of its own.
Compare ratios, as absolute times vary.
"""

import tempfile
from pathlib import Path

from temporalio.client import Client

from bench.figures import Report, Target
from bench.options import run_benchmark
from bench.path import Measure, alternate, ratios
from bench.processes import Kind, Process, dev_server, worker
from bench.worker import MASTER_KEY
from keys.opening import ring_at
from workflows.runtime.codec import SealingCodec
from workflows.runtime.plugin import leads_plugin

MEASURES: tuple[Measure, ...] = (
    ("worker CPU", "ms", "worker", Target(1.10)),
    ("client CPU", "ms", "client", None),
    ("server CPU", "ms", "server", None),
    ("history bytes", "", "stored_bytes", None),
)


async def measure(count: int = 40, at_once: int = 8, rounds: int = 4) -> Report:
    """Run the rounds of `count` leads, of which `at_once` move at the same time, and return the medians."""
    with tempfile.TemporaryDirectory() as folder:
        keys = f"sqlite:///{Path(folder) / 'keys.sqlite'}"
        async with (
            dev_server() as server,
            worker(server.address, "lead", "lead") as clear,
            worker(server.address, "sealed", "sealed", keys=keys) as sealed,
        ):
            codec = SealingCodec(ring_at(keys, MASTER_KEY))
            server.clients["sealed"] = await Client.connect(
                server.address, plugins=[leads_plugin(codec=codec)]
            )
            processes: dict[Kind, Process] = {"lead": clear, "sealed": sealed}
            batches = await alternate(server, processes, count, at_once, rounds)
    return Report(
        "sealing",
        "A sealed lead's way to a hub beside one in clear, per lead",
        f"{rounds} rounds of {count} leads, {at_once} at once",
        ratios(batches, "sealed", "lead", MEASURES),
    )


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
