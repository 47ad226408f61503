"""Temporal's dev server and the workers of a benchmark, each in a process of its own, and what they use.

CPU time and memory of other processes are read as Linux gives them, so the benchmarks need it.
"""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from temporalio.client import Client

from bench.worker import READY
from starter.local.parts import ServiceParts, free_ports

Kind = Literal["lead", "bare", "sealed"]
"""A lead in clear, a bare workflow, or a lead that is sealed."""
KINDS: tuple[Kind, ...] = ("bare", "lead")
_CPUCLOCK_SCHED = 2  # <linux/posix-timers.h>: the clock of a whole process, to the nanosecond


@dataclass(frozen=True)
class Process:
    """A process that is measured from outside."""

    pid: int

    @property
    def cpu(self) -> float:
        """CPU seconds of all its threads so far."""
        return time.clock_gettime(~self.pid << 3 | _CPUCLOCK_SCHED)

    @property
    def memory(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    @property
    def children(self) -> list["Process"]:
        """Processes that it has started and that still run."""
        found = (path.read_text().split() for path in Path(f"/proc/{self.pid}/task").glob("*/children"))
        return [Process(int(pid)) for pids in found for pid in pids]


@dataclass(frozen=True)
class Server(Process):
    """A dev server, with a client for leads and a plain one for the bare workflow."""

    address: str
    clients: dict[Kind, Client]


@asynccontextmanager
async def dev_server() -> AsyncIterator[Server]:
    """Run a dev server that keeps its data in memory and knows the leads' search attributes."""
    port, ui_port = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        async with ServiceParts(Path(folder)) as parts:
            client = await parts.temporal(port, ui_port)
            address = client.service_client.config.target_host
            clients: dict[Kind, Client] = {"lead": client, "bare": await Client.connect(address)}
            yield Server(parts.started[0].process.pid, address, clients)


@asynccontextmanager
async def worker(
    address: str, kind: Kind, queue: str, *, cache: int = 1000, keys: str = ""
) -> AsyncIterator[Process]:
    """Run a worker on this task queue. `keys`: the URL of the key store with which it seals."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "starter.local.die_with_parent", str(os.getpid())),
        *(sys.executable, "-m", "bench.worker", kind, address, queue, "--cache", str(cache), "--keys", keys),
        stdout=PIPE,
    )
    try:
        assert process.stdout  # noqa: S101 - a pipe, as asked for
        if (await process.stdout.readline()).decode().strip() != READY:
            raise SystemExit(f"the {kind} worker ended before it was ready")
        yield Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
