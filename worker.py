"""The worker: connects, registers workflows and activities, and runs until it is told to stop."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the imports ends it without a traceback

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from temporalio.worker import Worker

from activities.heartbeat import HeartbeatInterceptor
from activities.rate_limits import share_limits
from activities.reconcile.team import TeamReconciler
from activities.registry import activities, chore_activities
from client import errors
from client.chores import Chores
from client.claiming import claim
from client.connection import connect, run_program
from client.digest import keep_digest
from client.leads import LeadsClient
from client.ledgers import ledger_of
from client.lists import LeadLists
from client.opening import leads_client
from client.reconcile import keep_schedule
from client.retention_schedule import keep_retention
from client.sealing import codec_by
from client.server import demand_attributes, demand_namespace
from client.worker_options import cached_leads, deployment, described, metrics_runtime, working
from config.logging import set_up_logs
from config.policy_file import current_policy
from config.settings import Settings, SettingsError, read_settings, unknown_settings
from keys.errors import KeysError
from ledger.errors import LedgerError
from ledger.limits import SharedLimits
from upkeep.gauges import LeadGauges
from upkeep.read_tables import ReadTables
from upkeep.repeating import each_minute
from upkeep.stuck import StuckWatch
from workflows.runtime.plugin import leads_plugin

GRACE = timedelta(seconds=25)
"""Activities may finish this long after the worker was told to stop. Others are retried by another worker."""
LOCAL_ACTIVITIES = 8
"""Number of concurrent local activities, beside the calls to outside systems: those must not delay them."""
CALLS_PER_CHORE = 2
"""Threads for the blocking calls of a chore (`asyncio.to_thread`): issue syncs and readers of listings share them."""
CACHED_CHORES = 100
"""Number of chores that are kept ready; each is awaited for minutes at most."""


async def run(settings: Settings) -> None:
    """Work on the task queues until SIGINT or SIGTERM."""
    log = structlog.get_logger("worker")
    policy = current_policy(settings)  # first: a wrong policy stops the worker before it connects
    for each in unknown_settings():
        log.warning("a setting is ignored", why=each)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    calls = ThreadPoolExecutor(CALLS_PER_CHORE * settings.chores_threads, thread_name_prefix="call")
    loop.set_default_executor(calls)
    codec = codec_by(settings)
    client = await connect(
        runtime=metrics_runtime(settings), plugins=[leads_plugin(codec=codec)], codec=codec
    )
    chores = Chores.of(client, settings)
    await demand_attributes(client)
    await claim(client, settings)  # before anything is written to a ledger
    share_limits(SharedLimits.open(settings.ledger_url.get_secret_value()))
    await demand_namespace(chores.client)
    leads = leads_client(client, settings, policy)
    threads = settings.activity_threads + LOCAL_ACTIVITIES + settings.chores_threads
    with ThreadPoolExecutor(threads, thread_name_prefix="activity") as executor:
        async with working(*_workers(leads, chores, settings, executor)):
            if settings.worker_only != "leads":
                await keep_schedule(*chores, settings.github.reconcile_minutes)
                await keep_digest(chores.client, settings)
                await keep_retention(*chores, policy.retention)
            log.info("worker ready", **described(client, chores, settings))
            async with asyncio.TaskGroup() as beside:
                tasks = [beside.create_task(TeamReconciler(leads).update_at_start())]
                tasks.append(beside.create_task(each_minute(StuckWatch(client, settings.task_queue).look)))
                tasks.append(beside.create_task(each_minute(LeadGauges(leads, LeadLists.of(settings)).look)))
                if settings.worker_only != "chores":
                    tasks.append(beside.create_task(ReadTables(ledger_of(settings)).run()))
                await stop.wait()
                for task in tasks:
                    task.cancel()
            log.info("worker stopping")
    log.info("worker stopped")


def _workers(
    leads: LeadsClient, chores: Chores, settings: Settings, executor: ThreadPoolExecutor
) -> Iterator[Worker]:
    """Yield a worker for each task queue. Each has slots of its own, so that chores never hold those of the leads."""
    common: dict[str, Any] = {
        "activity_executor": executor,
        "interceptors": [HeartbeatInterceptor()],
        "graceful_shutdown_timeout": GRACE,
        "sticky_queue_schedule_to_start_timeout": timedelta(seconds=settings.take_over_seconds),
    }
    if settings.worker_only != "chores":
        yield Worker(
            leads.client,
            task_queue=leads.task_queue,
            activities=activities(settings, leads.client),
            max_cached_workflows=cached_leads(settings),
            max_concurrent_activities=settings.activity_threads,
            max_concurrent_local_activities=LOCAL_ACTIVITIES,
            deployment_config=deployment(settings),
            **common,
        )
    if settings.worker_only != "leads":
        yield Worker(
            chores.client,
            task_queue=chores.task_queue,
            activities=chore_activities(leads, chores, settings),
            max_cached_workflows=CACHED_CHORES,
            max_concurrent_activities=settings.chores_threads,
            deployment_config=deployment(settings, chores=True),
            **common,
        )


def main() -> None:
    """Run the worker, or exit with a message that says what is wrong."""
    try:
        settings = read_settings()
        set_up_logs(settings.log_format)
        asyncio.run(run_program(run(settings)))
    except SettingsError as error:
        sys.exit(str(error))
    except KeysError as error:
        sys.exit(f"The worker can't start: LEADS_KEYS__STORE_URL: {error}")
    except LedgerError as error:
        sys.exit(f"The worker can't start: LEADS_LEDGER_URL: {error}")
    except errors.LeadsError as error:
        unprepared = isinstance(error, errors.NamespaceMissing | errors.ServerNotPrepared)
        remedy = "Run `leads init-server`." if unprepared else "Check the settings TEMPORAL_*."
        if isinstance(error, errors.SettingsDiffer):
            remedy = (
                "Set them as the other workers have them, or take the leads over: `leads adopt-settings`."
            )
        sys.exit(f"The worker can't start: {error} {remedy}")
    except RuntimeError as error:
        sys.exit(f"The worker can't start: {error}")


if __name__ == "__main__":
    main()
