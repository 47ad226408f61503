"""Measure the cost of a reconciliation: `python -m bench.reconcile --leads 500`.

Real clients use the sandbox's GitHub and Drive and Temporal's dev server on this machine: the counts are those that
GitHub would count; the seconds are only for comparison. GitHub's limits are 5,000 requests and 5,000 points an hour.
"""

import asyncio
import os
import time
from tempfile import TemporaryDirectory

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from bench.figures import Figure, Report
from bench.options import run_benchmark
from client.reconcile import reconcile_now
from config.settings import Settings
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from starter.local.parts import SEED
from tests.support.many_leads import on_github, reconciling, with_issues
from tests.support.servers import TEMPORAL
from workflows.runtime.plugin import leads_plugin
from workflows.search_attributes import SEARCH_ATTRIBUTES

QUEUE = "bench"


async def cost(client: Client, name: str) -> tuple[Figure, ...]:
    """Reconcile once, and return the cost under this name."""
    began = time.monotonic()
    done = await reconcile_now(client, QUEUE)
    github, drive = done.results["reconcile_github"], done.results["reconcile_drive"]
    if failed := github.failed or drive.failed:
        raise SystemExit(f"{name}: {failed}")
    counts = (
        ("requests to GitHub", github.cost.get("requests", 0)),
        ("answers that nothing changed", github.cost.get("unchanged", 0)),
        ("points of GraphQL", github.cost.get("points", 0)),
        ("requests to Drive", drive.cost.get("requests", 0)),
    )
    return (
        *(Figure(f"{name}: {what}", count) for what, count in counts),
        Figure(f"{name}: cursors", len(done.model_dump_json()) / 1000, "kB"),
        Figure(f"{name}: time", time.monotonic() - began, "s"),
    )


async def measure(leads: int = 500) -> Report:
    """Reconcile `leads` leads several times, with and without news."""
    figures: list[Figure] = []
    server = WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL),
        plugins=[leads_plugin()],
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_log_level="error",
    )
    with Sandbox(seed=read_seed(SEED)) as sandbox, TemporaryDirectory() as folder:
        os.environ.update(sandbox.environment())
        os.environ["LEADS_LEDGER_URL"] = f"sqlite:///{folder}/ledger.sqlite"
        settings = Settings(_env_file=None)
        issues = on_github(sandbox, leads, settings)
        with_issues(settings, sandbox, issues)
        async with await server as env, reconciling(env.client, settings, QUEUE):
            figures += await cost(env.client, "the first one")
            for _ in range(3):
                await reconcile_now(env.client, QUEUE)  # repeated readings
            figures += await cost(env.client, "nothing changed")
            sandbox.person("amara-sales").comment("leads", issues[0].number, "/help")
            figures += await cost(env.client, "one comment")
            sandbox.person("amara-sales").move("leads", issues[0].number, "Quoted")
            figures += await cost(env.client, "one moved card")
    await asyncio.sleep(0.3)
    return Report("reconcile", "A reconciliation", f"{leads} leads", tuple(figures))


if __name__ == "__main__":
    run_benchmark(__doc__, measure)
