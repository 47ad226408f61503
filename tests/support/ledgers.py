"""A worker that records events in a real ledger, while the rest of the outside world is in memory."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from temporalio.client import Client
from temporalio.worker import Worker

from activities.ledger import LedgerActivities
from ledger.ledger import Ledger
from tests.support.outside import Outside


def recording_worker(
    client: Client, queue: str, outside: Outside, ledger: Ledger, keys: Iterable[str] = ()
) -> Worker:
    """Return a worker, to be entered. `keys`: those with which the service signs who decides."""
    return Worker(
        client,
        task_queue=queue,
        activities=outside.activities(record_events=LedgerActivities(ledger, keys).record_events),
        activity_executor=ThreadPoolExecutor(),
    )
