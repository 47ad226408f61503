"""Reports stuck leads: in the worker's log, and as a metric."""

import structlog
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from client.stuck import Stuck, list_stuck

METRIC = "leads_stuck"

_log = structlog.get_logger("worker")


class StuckWatch:
    """Asks Temporal's visibility which leads are stuck, and logs what has changed."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        runtime = client.service_client.config.runtime or Runtime.default()
        self._gauge = runtime.metric_meter.create_gauge(
            METRIC, "Leads whose workflow task fails at each attempt"
        )
        self._known: dict[str, Stuck] = {}

    async def look(self) -> None:
        """Report what has changed since the last look. A server that cannot be asked changes nothing."""
        try:
            found = {each.lead_id: each async for each in list_stuck(self._client, self._task_queue)}
        except RPCError as error:
            _log.warning("whether leads are stuck is unknown", error=error.status.name)
            return
        self._gauge.set(len(found))
        for lead_id in sorted(found.keys() - self._known.keys()):
            _log.error("a lead is stuck", lead=lead_id, cause=str(found[lead_id].cause))
        for lead_id in sorted(self._known.keys() - found.keys()):
            _log.info("a lead is no longer stuck", lead=lead_id)
        self._known = found
