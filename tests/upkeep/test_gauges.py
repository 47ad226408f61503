"""The numbers that a worker reports about its leads."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs
from temporalio.client import Client
from temporalio.runtime import BUFFERED_METRIC_KIND_GAUGE, MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import WorkflowEnvironment

from client.directory import Directory
from client.lists import LeadLists
from ledger.conversion import entry_of
from ledger.ledger import Ledger
from process.views.row import row_of
from tests.support.lives import Life
from tests.support.servers import real_time
from upkeep.gauges import LAGGING, LATE, STAGES, WITH_PARKED, WITHOUT_WORKFLOW, LeadGauges


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


async def test_they_tell_stages_and_lost_leads(env: WorkflowEnvironment, tmp_path: Path) -> None:
    buffer = MetricBuffer(1000)
    runtime = Runtime(telemetry=TelemetryConfig(metrics=buffer, logging=None))
    client = await Client.connect(env.client.service_client.config.target_host, runtime=runtime)
    ledger, life = Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}"), Life().quoted()
    entries = [entry_of(life.lead.id, each) for each in life.aggregate.event_log.events]
    ledger.append(life.lead.id, entries, after=0, row=row_of(life.aggregate, life.now))
    gauges = LeadGauges(Directory(client, "leads", "http://localhost"), LeadLists(ledger))
    with capture_logs() as logs:
        await gauges.look()
        await gauges.look()
    ledger.close()
    assert [(line["event"], line["lead"]) for line in logs] == [
        ("the workflow of a lead is lost", life.lead.id)
    ]
    found: dict[tuple[str, Any], Any] = {
        (update.metric.name, update.attributes.get("stage")): update.value
        for update in buffer.retrieve_updates()
        if update.metric.kind == BUFFERED_METRIC_KIND_GAUGE
    }
    assert (found[STAGES, "quoted"], found[STAGES, "lead"]) == (1, 0)
    assert (found[WITHOUT_WORKFLOW, None], found[WITH_PARKED, None], found[LATE, None]) == (1, 0, 1)
    assert found[LAGGING, None] == 1
