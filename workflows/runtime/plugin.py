"""The Temporal plugin that configures workers, their clients, and replayers alike."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from temporalio.plugin import SimplePlugin
from temporalio.worker import ReplayerConfig, Worker, WorkerConfig
from temporalio.worker.workflow_sandbox import SandboxRestrictions

from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.issue_sync import IssueSyncWorkflow
from workflows.lead import LeadWorkflow
from workflows.reconcile import ReconcileWorkflow
from workflows.retention import RetentionWorkflow
from workflows.runtime.codec import SealingCodec, data_converter
from workflows.runtime.eviction import evictable
from workflows.runtime.sandbox import SandboxRunner
from workflows.runtime.steps import StepRunner
from workflows.runtime.visits import spare_walks
from workflows.runtime.worker_converter import WorkerPayloadConverter

WORKFLOWS = (
    LeadWorkflow,
    IssueSyncWorkflow,
    ReconcileWorkflow,
    DigestWorkflow,
    WeeklyDigestWorkflow,
    RetentionWorkflow,
)

PASSED_THROUGH = ("process", "workflows", "babel", "dateutil", "zoneinfo", "tzdata")
"""Pure modules that are imported once, not once per workflow."""

TASK_LIMIT = 8
"""Seconds after which the SDK takes a workflow's task for a deadlock, and lets it fail. Its own two are too few for a busy
machine and a lead with thousands of messages; the server gives a task ten."""


class _Plugin(SimplePlugin):
    """A plugin whose replayers run workflows in the sandbox, also if its workers do not."""

    def configure_replayer(self, config: ReplayerConfig) -> ReplayerConfig:
        """Choose the sandbox: a replay finds out what is not deterministic, and takes no part in the service."""
        config = super().configure_replayer(config)
        config["workflow_runner"] = _sandbox()
        return config

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Turn eager activities off, as a worker that shuts down would wait for one for ever, and use one thread.

        Python runs one workflow at a time anyway: more threads only compete, which costs some per cent of the CPU.
        """
        config = super().configure_worker(config)
        config["disable_eager_activity_execution"] = True
        config["workflow_task_executor"] = ThreadPoolExecutor(1, thread_name_prefix="workflows")
        return config

    async def run_worker(self, worker: Worker, next: Callable[[Worker], Awaitable[None]]) -> None:  # noqa: A002
        """Run a worker that can be asked to drop a workflow from its cache, and that has enough time for a task."""
        if (tasks := worker._workflow_worker) and tasks._deadlock_timeout_seconds:
            tasks._deadlock_timeout_seconds = TASK_LIMIT
        thread = worker.config(active_config=True)["workflow_task_executor"]
        with evictable(worker._bridge_worker), thread or nullcontext():
            await super().run_worker(worker, next)


def leads_plugin(*, sandboxed: bool = False, codec: SealingCodec | None = None) -> SimplePlugin:
    """Return the plugin with the data converter and the workflows.

    Workers run them in the sandbox only if `sandboxed`, as in the tests: it finds calls that are not deterministic, and
    costs memory and time for each lead (docs/architecture.md). With a `codec`, payloads are sealed.
    """
    spare_walks()
    return _Plugin(
        "leads",
        data_converter=data_converter(WorkerPayloadConverter, codec),
        workflows=WORKFLOWS,
        workflow_runner=_sandbox() if sandboxed else StepRunner(),
    )


def _sandbox() -> SandboxRunner:
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SandboxRunner(restrictions=restrictions, runner_class=StepRunner)
