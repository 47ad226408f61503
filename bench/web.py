"""Measure the pages: `python -m bench.web --leads 100000`.

A ledger with so many leads is made in a temporary folder, or in the empty database that BENCH_LEDGER_URL names. `leads web`
serves it in a process of its own, without Temporal. The times are those that a browser on this machine would see: first
one request after the other, then from several clients at once. The 95th percentile counts.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import NamedTuple

from httpx2 import AsyncClient, HTTPError

from bench.figures import Figure, Report, Target
from bench.many_leads import fill
from bench.options import run_benchmark
from bench.processes import Process
from ledger.ledger import Ledger
from starter.local.parts import free_ports

PAGES = {
    "board": "/board",
    "board, of one role by value": "/board?owner=sales&sort=value",
    "board, with words": "/board?q=university",
    "board as of a day": "/board?as-of=2026-07-01",
    "agenda of a role": "/agenda?for=sales",
    "search": "/search?q=college+7",
    "a young lead": "/leads/lead-kind00-1",
    "a hub of one year": "/leads/lead-kind01-7",
    "report: funnel": "/reports/funnel",
    "report: time in stage": "/reports/time-in-stage",
    "report: forecast": "/reports/forecast",
    "report: what moved it": "/reports/moved",
    "report: lost": "/reports/lost",
    "report: unbilled": "/reports/unbilled",
    "report: coverage": "/reports/coverage",
    "report: invoices": "/reports/invoices",
    "API: a page of leads": "/api/v1/leads?stage=quoted",
}
CLIENTS = 8
SLOWEST = Target(300)
MEMORY = Target(300)
NOBODY = "127.0.0.1:9"
"""Address at which no Temporal answers."""


@asynccontextmanager
async def serving(ledger_url: str, folder: Path) -> AsyncIterator[tuple[Process, str]]:
    """Run `leads web` on this ledger; return its process and root URL."""
    (port,) = free_ports(1)
    given = {"LEADS_LEDGER_URL": ledger_url, "TEMPORAL_ADDRESS": NOBODY}
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "starter.local.die_with_parent", str(os.getpid())),
        *(sys.executable, "-m", "starter.cli", "web", "--port", str(port)),
        cwd=folder,
        env=os.environ | path | given,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield Process(process.pid), f"http://localhost:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


class Asking(NamedTuple):
    """Asks for pages. Counts the answers that the ledger takes too long: there is a limit to each question."""

    client: AsyncClient
    late: Counter[str]

    async def __call__(self, address: str, headers: Mapping[str, str] | None = None) -> float:
        """Return the milliseconds of one request. Raises SystemExit if it is answered neither well nor so."""
        began = time.perf_counter()
        response = await self.client.get(address, headers=headers)
        if response.status_code == 503:
            self.late[address] += 1
        elif response.status_code != 200:
            raise SystemExit(f"{address} answered {response.status_code}: {response.text[:300]}")
        return 1000 * (time.perf_counter() - began)


async def ready(client: AsyncClient) -> None:
    """Wait until the server answers. Raises SystemExit if it does not."""
    for _ in range(300):
        try:
            await client.get("/static/app.css")
        except HTTPError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit("leads web does not answer")


async def first(ask: Asking, page: str, address: str) -> AsyncIterator[Figure]:
    """Ask for a page for the first time; yield its time if it is a report, which is made now and kept."""
    taken = await ask(address)
    if address.startswith("/reports/"):
        yield Figure(f"{page}, first", taken, "ms", target=SLOWEST)
        fetched = await ask(address, {"hx-request": "true"})
        yield Figure(f"{page}, first with picture", taken + fetched, "ms")


async def at_once(ask: Asking, address: str, times: int, clients: int) -> list[float]:
    """Return the milliseconds of so many requests, of which always `clients` are under way."""
    left = iter(range(times))

    async def keep_asking() -> list[float]:
        return [await ask(address) for _ in left]

    return [
        each for found in await asyncio.gather(*(keep_asking() for _ in range(clients))) for each in found
    ]


def p95(times: Sequence[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]


async def measure(leads: int = 1000, times: int = 40, clients: int = CLIENTS) -> Report:
    """Ask each page `times` times of a ledger with `leads` leads, and then as often from `clients` clients."""
    with tempfile.TemporaryDirectory() as name:
        url = os.environ.get("BENCH_LEDGER_URL", f"sqlite:///{Path(name) / 'ledger.sqlite'}")
        with closing(Ledger.open(url)) as ledger:
            ledger.check()
            events = fill(ledger, leads)
        async with (
            serving(url, Path(name)) as (process, root),
            AsyncClient(base_url=root, timeout=60) as client,
        ):
            await ready(client)
            ask = Asking(client, Counter())
            figures = [Figure("memory at start", process.memory, "MB")]
            for page, address in PAGES.items():
                figures += [figure async for figure in first(ask, page, address)]
                alone = [await ask(address) for _ in range(times)]
                crowd = await at_once(ask, address, times, clients)
                figures.append(Figure(page, p95(alone), "ms", target=SLOWEST))
                figures.append(Figure(f"{page}, {clients} clients", p95(crowd), "ms"))
            figures.append(Figure("answers that the ledger was too late for", ask.late.total()))
            figures.append(Figure("memory at the end", process.memory, "MB", target=MEMORY))
            drawing = sum(child.memory for child in process.children)
            figures.append(Figure("memory of the process that draws", drawing, "MB"))
    engine = "PostgreSQL" if url.startswith("postgres") else "SQLite"
    setting = f"{leads} leads with {events} events on {engine}, p95 of {times} requests"
    return Report("web", "Pages", setting, tuple(figures))


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
