"""Drops a workflow from the cache of whichever worker of this process has it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.bridge.worker import Worker as BridgeWorker

_loops: dict[BridgeWorker, asyncio.AbstractEventLoop] = {}
"""The running workers, each of which may have a workflow in its cache, and the event loops in which they run."""


@contextmanager
def evictable(worker: BridgeWorker) -> Iterator[None]:
    """Let workflows be dropped from the cache of this worker as long as it runs."""
    _loops[worker] = asyncio.get_running_loop()
    try:
        yield
    finally:
        del _loops[worker]


def drop(run_id: str, after: float = 0) -> None:
    """Drop a run as soon as it has nothing to do. `after`: seconds to wait before."""
    for worker, loop in tuple(_loops.items()):
        if after:
            loop.call_soon_threadsafe(loop.call_later, after, _drop, worker, run_id)
        else:
            _drop(worker, run_id)


def _drop(worker: BridgeWorker, run_id: str) -> None:
    if worker in _loops and (running := worker._ref):  # a worker that shuts down has none
        running.request_workflow_eviction(run_id)
