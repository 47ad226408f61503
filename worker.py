"""The worker: connects, registers workflows and activities, and runs until it is told to stop."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports ends it without a traceback

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from temporalio.worker import Worker

from activities.digest import digest_activities
from activities.heartbeat import HeartbeatInterceptor
from activities.issue_sync.sync import IssueSync
from activities.reconcile.activities import reconcile_activities
from activities.reconcile.team import TeamReconciler
from activities.registry import activities
from client import errors
from client.connection import connect, run_program
from client.digest import keep_digest
from client.leads import LeadsClient
from client.reconcile import keep_schedule
from client.server import demand_attributes
from client.worker_options import deployment, metrics_runtime
from config.logging import set_up_logs
from config.policy_file import current_policy
from config.settings import Settings, SettingsError, read_settings, unknown_settings
from ledger.events import LedgerError

GRACE = timedelta(seconds=25)
"""Activities may finish this long after the worker was told to stop. Others are retried by another worker."""
TAKE_OVER = timedelta(seconds=3)
"""A workflow task waits this long for the worker that has the lead in its cache. Temporal's default is 10 s."""


async def run(settings: Settings) -> None:
    """Work on the task queue until SIGINT or SIGTERM."""
    log = structlog.get_logger("worker")
    policy = current_policy(settings)  # first: a wrong policy stops the worker before it connects
    for each in unknown_settings():
        log.warning("a setting is ignored", why=each)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await connect(runtime=metrics_runtime(settings))
    await demand_attributes(client)
    leads = LeadsClient(client, settings.task_queue, settings.temporal_ui, policy=policy)
    with ThreadPoolExecutor(settings.activity_threads, thread_name_prefix="activity") as executor:
        worker = Worker(
            client,
            task_queue=settings.task_queue,
            activities=[
                *activities(settings, client),
                IssueSync(leads, settings).sync_issue,
                *reconcile_activities(leads, settings),
                *digest_activities(leads, settings),
            ],
            activity_executor=executor,
            interceptors=[HeartbeatInterceptor()],
            max_concurrent_activities=settings.activity_threads,
            graceful_shutdown_timeout=GRACE,
            sticky_queue_schedule_to_start_timeout=TAKE_OVER,
            deployment_config=deployment(settings),
        )
        async with worker:
            await keep_schedule(client, settings.task_queue, settings.github.reconcile_minutes)
            await keep_digest(client, settings)
            build = {"build": settings.worker_build} if settings.worker_build else {}
            log.info("worker ready", task_queue=settings.task_queue, namespace=client.namespace, **build)
            await TeamReconciler(leads).update_at_start()
            await stop.wait()
            log.info("worker stopping")
    log.info("worker stopped")


def main() -> None:
    """Run the worker, or exit with a message that says what is wrong."""
    try:
        settings = read_settings()
        set_up_logs(settings.log_format)
        asyncio.run(run_program(run(settings)))
    except SettingsError as error:
        sys.exit(str(error))
    except LedgerError as error:
        sys.exit(f"The worker can't start: LEADS_LEDGER_URL: {error}")
    except errors.LeadsError as error:
        unprepared = isinstance(error, errors.NamespaceMissing | errors.ServerNotPrepared)
        remedy = "Run `leads init-server`." if unprepared else "Check the settings TEMPORAL_*."
        sys.exit(f"The worker can't start: {error} {remedy}")
    except RuntimeError as error:
        sys.exit(f"The worker can't start: {error}")


if __name__ == "__main__":
    main()
