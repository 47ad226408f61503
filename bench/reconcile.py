"""Measure the cost of a reconciliation: `python -m bench.reconcile --leads 500`.

Real clients use the sandbox's GitHub and Drive and Temporal's dev server on this machine: the counts are those that
GitHub would count; the seconds are only for comparison. GitHub's limits are 5,000 requests and 5,000 points an hour.
"""

import argparse
import asyncio
import os
import time
from tempfile import TemporaryDirectory

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from client.connection import run_program
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


async def measure(client: Client, name: str) -> None:
    """Reconcile once, and print the cost under this name."""
    began = time.monotonic()
    done = await reconcile_now(client, QUEUE)
    github, drive = done.results["reconcile_github"], done.results["reconcile_drive"]
    cost = ", ".join(f"{github.cost.get(kind, 0)} {kind}" for kind in ("requests", "unchanged", "points"))
    found = github.failed or (github.found[0].partition(":")[0] if github.found else "nothing new")
    on_drive = drive.failed or f"{drive.cost.get('requests', 0)} requests to Drive"
    size = len(done.model_dump_json()) / 1000
    print(f"{name}: {cost}; {on_drive}; {size:.1f} kB of cursors; {time.monotonic() - began:.1f} s; {found}")


async def main(leads: int) -> None:
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
        issues = on_github(sandbox, leads)
        with_issues(settings, sandbox, issues)
        async with await server as env, reconciling(env.client, settings, QUEUE):
            await measure(env.client, f"{leads} leads, the first reconciliation")
            for _ in range(3):
                await measure(env.client, "a repeated reading")
            await measure(env.client, "nothing changed")
            sandbox.person("amara-sales").comment("leads", issues[0].number, "/help")
            await measure(env.client, "one comment")
            sandbox.person("amara-sales").move("leads", issues[0].number, "Quoted")
            await measure(env.client, "one moved card")
    await asyncio.sleep(0.3)


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--leads", type=int, default=500)
    asyncio.run(run_program(main(options.parse_args().leads)))
