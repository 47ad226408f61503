"""The parts of a worker's set-up that the settings decide: metrics, cache, and its build in a deployment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.worker import Worker, WorkerDeploymentConfig

from client.chores import Chores
from config.memory import available_memory
from config.settings import Settings, SettingsError

MB = 1_000_000
WORKER_MB = 300
"""Memory of a worker without leads, in MB (docs/operations.md, Scale)."""
LEAD_MB = 0.5
"""Memory of one lead that is kept ready, in MB, as `bench/memory.py` measures it for a young hub (docs/operations.md)."""
CACHE_SHARE = 0.5
"""Share of the memory beyond the worker's own that leads fill; the rest is for work under way."""
FEWEST_LEADS = 20
"""Number of leads that are kept ready however little memory there is."""


def metrics_runtime(settings: Settings) -> Runtime:
    """Return Temporal's runtime, which serves metrics if the settings name an address.

    Raises SettingsError if the address is wrong or taken.
    """
    metrics = (
        PrometheusConfig(
            bind_address=settings.metrics_address,
            durations_as_seconds=True,
            counters_total_suffix=True,
            unit_suffix=True,
        )
        if settings.metrics_address
        else None
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=metrics))
    except ValueError as error:
        raise SettingsError(f"A setting is wrong: LEADS_METRICS_ADDRESS: {error}.") from error


def cache_mb(settings: Settings) -> int:
    """Return the memory for leads that are kept ready, in MB: of the settings, or by what this process may use."""
    return settings.cache_mb or max(0, int((available_memory() / MB - WORKER_MB) * CACHE_SHARE))


def cached_leads(settings: Settings) -> int:
    """Return the number of leads that are kept ready in this memory."""
    return max(FEWEST_LEADS, int(cache_mb(settings) / LEAD_MB))


def described(client: Client, chores: Chores, settings: Settings) -> dict[str, Any]:
    """Return what a worker that is ready says of itself in the log."""
    found: dict[str, Any] = {}
    if settings.worker_only != "chores":
        found |= {"namespace": client.namespace, "task_queue": settings.task_queue}
        found |= {"cache_mb": cache_mb(settings), "cached_leads": cached_leads(settings)}
    if settings.worker_only != "leads":
        found |= {"chores_namespace": chores.client.namespace, "chores_queue": chores.task_queue}
    if settings.worker_build:
        found["build"] = settings.worker_build
    return found


def deployment(settings: Settings, *, chores: bool = False) -> WorkerDeploymentConfig | None:
    """Return the worker's build of a deployment, or None if builds are not told apart.

    A lead lives for years. By default it moves to the promoted build in the middle of a run; its history says which rules
    must not change then (`process.behaviour`). Pinned, it moves when its next run begins. Chores always move at once.
    """
    if settings.worker_build is None:
        return None
    pinned = settings.worker_versioning == "pinned" and not chores
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED if pinned else VersioningBehavior.AUTO_UPGRADE,
    )


@asynccontextmanager
async def working(*workers: Worker) -> AsyncIterator[None]:
    """Run workers until the block ends, then stop them all at the same time."""
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        try:
            yield
        finally:
            await asyncio.gather(*(worker.shutdown() for worker in workers))
