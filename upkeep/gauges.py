"""Reports how the leads are, as metrics: at each stage, with failed effects, late in the ledger, or without a workflow.

Numbers only: no gauge tells whose lead it is. Each worker reports the same, so take the highest.
"""

import asyncio
from datetime import UTC, datetime

import structlog
from temporalio.common import MetricGauge
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from client.directory import Directory
from client.errors import LeadsError
from client.lists import LeadLists, Selection
from client.lost import LostRun, any_lost
from process.types import Stage
from workflows.search_attributes import PARKED

STAGES = "leads_by_stage"
WITH_PARKED = "leads_with_parked_effects"
LATE = "leads_late_in_ledger"
WITHOUT_WORKFLOW = "leads_without_workflow"
LAGGING = "leads_lagging_in_read_tables"

_log = structlog.get_logger("worker")


class LeadGauges:
    """Counts leads in the ledger and in Temporal's visibility, and logs once whose workflow is lost."""

    def __init__(self, directory: Directory, rows: LeadLists) -> None:
        self._directory = directory
        self._rows = rows
        self._known: dict[str, LostRun] = {}
        meter = (directory.client.service_client.config.runtime or Runtime.default()).metric_meter
        self._stages = meter.create_gauge(STAGES, "Leads that are not archived, by stage")
        self._parked = meter.create_gauge(WITH_PARKED, "Leads with effects that failed for good")
        self._late = meter.create_gauge(LATE, "Leads whose row in the ledger is out of date")
        self._lagging = meter.create_gauge(
            LAGGING, "Leads whose lines in the read tables are to be made anew"
        )
        self._lost = meter.create_gauge(
            WITHOUT_WORKFLOW, "Leads without a workflow, though no decision has ended them"
        )

    async def look(self) -> None:
        """Report the present numbers. A ledger or server that cannot be asked changes nothing."""
        try:
            await asyncio.to_thread(self._count_rows)
            query = self._directory.running(f"{PARKED.name} > 0")
            self._parked.set((await self._directory.client.count_workflows(query)).count)
            self._note_lost({each.lead_id: each for each in await any_lost(self._directory, self._rows)})
        except (LeadsError, RPCError) as error:
            _log.warning("how the leads are is unknown", error=type(error).__name__)

    def _count_rows(self) -> None:
        counts = self._rows.count_by_stage(Selection(tuple(Stage)))
        for stage in Stage:
            _set(self._stages, counts.get(stage, 0), stage=stage.value)
        self._late.set(self._rows.count_outdated(datetime.now(UTC)))
        self._lagging.set(self._rows.lag(datetime.now(UTC)).lagging)

    def _note_lost(self, found: dict[str, LostRun]) -> None:
        self._lost.set(len(found))
        for lead_id in sorted(found.keys() - self._known.keys()):
            _log.error("the workflow of a lead is lost", lead=lead_id, how=found[lead_id].how or "not there")
        self._known = found


def _set(gauge: MetricGauge, value: int, **attributes: str) -> None:
    gauge.set(value, attributes)
