"""Makes the workers of one process: one for the leads, one for the chores, or both."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from temporalio.worker import Worker

from activities.heartbeat import HeartbeatInterceptor
from activities.registry import activities, chore_activities
from client.chores import Chores
from client.leads import LeadsClient
from client.worker_options import cached_leads, deployment
from config.settings import Settings

GRACE = timedelta(seconds=25)
"""Activities may finish this long after the worker was told to stop. Others are retried by another worker."""
LOCAL_ACTIVITIES = 8
"""Number of concurrent local activities, beside the calls to outside systems: those must not delay them."""
CALLS_PER_CHORE = 2
"""Threads for the blocking calls of a chore (`asyncio.to_thread`): issue syncs and readers of listings share them."""
CACHED_CHORES = 100
"""Number of chores that are kept ready; each is awaited for minutes at most."""


def activity_threads(settings: Settings) -> ThreadPoolExecutor:
    """Return the threads in which the activities of all workers run."""
    number = settings.activity_threads + LOCAL_ACTIVITIES + settings.chores_threads
    return ThreadPoolExecutor(number, thread_name_prefix="activity")


def call_threads(settings: Settings) -> ThreadPoolExecutor:
    """Return the threads for the blocking calls of activities that are coroutines."""
    return ThreadPoolExecutor(CALLS_PER_CHORE * settings.chores_threads, thread_name_prefix="call")


def workers(
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
