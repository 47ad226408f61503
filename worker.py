"""The worker: connects, wires the activities, runs until it is told to stop. No logic."""

import signal

if __name__ == "__main__":
    signal.signal(
        signal.SIGINT, signal.SIG_DFL
    )  # Ctrl-C while all the rest is loading is no news; run() hears it later

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.digest import digest_activities
from activities.heartbeat import HeartbeatInterceptor
from activities.issue_sync.sync import Desk
from activities.reconcile.activities import reconcile_activities
from activities.reconcile.team import TeamReconciler
from activities.registry import activities
from client.connection import connect, run_program
from client.digest import keep_digest
from client.errors import LeadsError, NamespaceMissing, ServerNotPrepared
from client.leads import LeadsClient
from client.reconcile import keep_schedule
from client.server import demand_attributes
from config.logging import set_up_logs
from config.policy_file import current_policy
from config.settings import Settings, SettingsError, read_settings, unknown_settings
from ledger.events import LedgerError

GRACE = timedelta(seconds=25)
"""What is under way may finish this long after the worker was told to stop; what does not is done again elsewhere."""

TAKE_OVER = timedelta(seconds=3)
"""A lead waits this long for the worker that knows it, before any other may go on with it. By default it is 10."""


async def run(settings: Settings) -> None:
    """Works on the task queue until SIGINT or SIGTERM."""
    log = structlog.get_logger("worker")
    policy = current_policy(settings)  # what can't be meant is said before anything begins
    for each in unknown_settings():
        log.warning("a setting is ignored", why=each)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(runtime=_runtime(settings))
    await demand_attributes(client)
    leads = LeadsClient(client, settings.task_queue, settings.temporal_ui, policy=policy)
    desk = Desk(leads, settings)
    threads = settings.activity_threads
    with ThreadPoolExecutor(threads, thread_name_prefix="activity") as executor:
        worker = Worker(
            client,
            task_queue=settings.task_queue,
            activities=[
                *activities(settings, client),
                desk.sync_issue,
                *reconcile_activities(leads, settings),
                *digest_activities(leads, settings),
            ],
            activity_executor=executor,
            interceptors=[HeartbeatInterceptor()],
            max_concurrent_activities=threads,
            graceful_shutdown_timeout=GRACE,
            sticky_queue_schedule_to_start_timeout=TAKE_OVER,
            deployment_config=deployment(settings),
        )
        async with worker:
            await keep_schedule(client, settings.task_queue, settings.github.reconcile_minutes)
            await keep_digest(client, settings)
            log.info(
                "worker ready",
                task_queue=settings.task_queue,
                namespace=client.namespace,
                **({"build": settings.worker_build} if settings.worker_build else {}),
            )
            await _introduce(leads)
            await stop.wait()
            log.info("worker stopping")
    log.info("worker stopped")


async def _introduce(leads: LeadsClient) -> None:
    """Leads in flight hear who is behind the roles by these settings. Where that fails, a round does it."""
    log = structlog.get_logger("worker")
    try:
        told = await TeamReconciler(leads).update_leads()
    except (RPCError, ExceptionGroup) as error:
        log.warning("leads could not be told who is behind the roles", error=type(error).__name__)
    else:
        if told:
            log.info("leads hear who is behind the roles", leads=len(told))


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """This worker as a build of a deployment, if builds are told apart.

    A lead lives for years, so it goes on with the newest build in the middle of a run; what that must not change, it finds
    in its history (`process.behaviour`).
    """
    if settings.worker_build is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.worker_deployment, settings.worker_build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


def _runtime(settings: Settings) -> Runtime:
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
    except ValueError as error:  # no host:port, or a port that is taken
        raise SettingsError(f"A setting is wrong: LEADS_METRICS_ADDRESS: {error}.") from error


def main() -> None:
    try:
        settings = read_settings()
        set_up_logs(settings.log_format)
        asyncio.run(run_program(run(settings)))
    except SettingsError as error:
        sys.exit(str(error))
    except LedgerError as error:
        sys.exit(f"The worker can't start: LEADS_LEDGER_URL: {error}")
    except (NamespaceMissing, ServerNotPrepared) as error:
        sys.exit(f"The worker can't start: {error} Run `leads init-server`.")
    except (RuntimeError, LeadsError) as error:
        sys.exit(f"The worker can't start: {error}")


if __name__ == "__main__":
    main()
