"""The whole service: a real Temporal server, the sandbox, and the worker as a process of its own that can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from ledger.ledger import Ledger
from sandbox.seed import read_seed
from sandbox.server import Sandbox
from starter.local.parts import SEED
from tests.support.outside import Outside
from tests.support.servers import DELETE_SOON, real_time
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life

ROOT = Path(__file__).parents[2]
QUEUE = "leads"


@dataclass
class Service:
    """The running server, sandbox and workers of a test."""

    env: WorkflowEnvironment
    sandbox: Sandbox
    folder: Path
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    """Further environment variables of the test."""

    @property
    def ledger_url(self) -> str:
        return f"sqlite:///{self.folder / 'ledger.sqlite'}"

    def ledger(self) -> closing[Ledger]:
        """Open the workers' ledger."""
        return closing(Ledger.open(self.ledger_url))

    def environment(self) -> dict[str, str]:
        """Return the environment for `leads` and the worker."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LEADS_")}
        return (
            inherited
            | self.sandbox.environment()
            | {
                "LEADS_LEDGER_URL": self.ledger_url,
                "LEADS_LOG_FORMAT": "json",
                "LEADS_GITHUB__POINTS_PER_MINUTE": "0",
                "LEADS_TAKE_OVER_SECONDS": "3",  # a killed worker's leads go on soon
                "LEADS_GITHUB__RECONCILE_MINUTES": "0",  # a test requests its own reconciliations
                "TEMPORAL_ADDRESS": self.env.client.service_client.config.target_host,
                "TEMPORAL_NAMESPACE": self.env.client.namespace,
            }
            | self.more
        )

    @property
    def log(self) -> str:
        return (self.folder / "worker.log").read_text()

    async def start_worker(self, program: str = "") -> subprocess.Popen[bytes]:
        """Start one more worker, and return it once it is ready. `program` starts it in place of `worker.py`."""
        ready = self.log.count("worker ready") if (self.folder / "worker.log").exists() else 0
        with (self.folder / "worker.log").open("ab") as log:
            worker = subprocess.Popen(  # noqa: ASYNC220 - it is awaited by its log
                [sys.executable, *(("-c", program) if program else (str(ROOT / "worker.py"),))],
                cwd=self.folder,
                env=self.environment() | {"PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )
        self.workers.append(worker)
        async with asyncio.timeout(TIMEOUT):
            while self.log.count("worker ready") == ready:
                assert worker.poll() is None, self.log
                await asyncio.sleep(0.05)
        return worker

    def kill(self, worker: subprocess.Popen[bytes]) -> None:
        """Kill the worker as if the machine lost power."""
        worker.send_signal(signal.SIGKILL)
        worker.wait()

    def stop(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.terminate()
                worker.wait(TIMEOUT)

    async def begin(self, lead_id: str, **more: object) -> Life:
        handle = await self.env.client.start_workflow(
            "LeadWorkflow",
            {"org": "Example University", "person": "Ada Example", "title": lead_id} | more,
            id=lead_id,
            task_queue=QUEUE,
        )
        return Life(self.env, Outside(), self.env.client.get_workflow_handle(handle.id))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(seed=read_seed(SEED)) as running:
        yield running


@pytest.fixture
async def service(sandbox: Sandbox) -> AsyncIterator[Service]:
    """The service without a worker; tests start as many as they want."""
    with tempfile.TemporaryDirectory() as folder:
        async with real_time(*DELETE_SOON) as env:
            running = Service(env, sandbox, Path(folder))
            try:
                yield running
            finally:
                running.stop()
