"""Workflows of a benchmark as their clients see them: opening, deciding, waiting until nothing is left to do.

A lead and the bare workflow get the same requests from the same code. Waiting asks the server, not the worker, as a
query would be work for the worker: a workflow is settled when it has neither an activity nor a workflow task pending.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
)
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from bench.bare import UPDATES
from bench.processes import Kind

WORKFLOWS = {"lead": "LeadWorkflow", "bare": "BareWorkflow", "sealed": "LeadWorkflow"}
IDS = {"lead": "lead-", "bare": "bare-", "sealed": "lead-"}
OPENED = {"org": "Example University", "person": "Ada Example", "title": "A hub for a course"}
TO_HUB: tuple[tuple[str, dict[str, str]], ...] = (
    ("price_quoted", {"amount": "12000", "currency": "USD", "per": "year"}),
    ("quote_accepted", {}),
    ("contract_handed_over", {}),
    ("contract_acknowledged", {}),
    ("contract_signed", {"evidence": "https://drive.example.org/signed.pdf"}),
    ("vendor_setup_not_needed", {}),
    ("hub_requested", {}),
    ("hub_live", {}),
)
"""The decisions from a lead's opening to its hub."""
if len(TO_HUB) != UPDATES:
    raise AssertionError("the bare workflow must take as many updates as a lead takes decisions")

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.4
"""Seconds between questions to the server; each pause is twice as long as the one before."""


@dataclass(frozen=True)
class Life:
    """One workflow of a benchmark."""

    kind: Kind
    client: Client
    handle: WorkflowHandle[Any, Any]

    @classmethod
    async def open(cls, client: Client, kind: Kind, queue: str) -> Self:
        """Start a workflow."""
        handle = await client.start_workflow(
            WORKFLOWS[kind], OPENED, id=f"{IDS[kind]}{uuid4().hex}", task_queue=queue
        )
        return cls(kind, client, client.get_workflow_handle(handle.id))

    async def decide(self, decision: str, body: dict[str, str]) -> None:
        """Take a decision, which must be accepted."""
        update = decision if self.kind != "bare" else "decide"
        await self.handle.execute_update(update, body)

    async def signal(self, decision: str, body: dict[str, str]) -> None:
        """Send a decision without waiting for an answer."""
        await self.handle.signal(decision if self.kind != "bare" else "decision", body)

    async def settled(self) -> None:
        """Wait until the workflow has nothing left to do."""
        pause = FIRST_PAUSE
        while True:
            await asyncio.sleep(pause)
            found = await self.describe()
            if not found.pending_activities and not found.HasField("pending_workflow_task"):
                return
            pause = min(2 * pause, LONGEST_PAUSE)

    async def to_hub(self) -> None:
        """Take all decisions, one after the other, each when the one before has settled."""
        await self.settled()
        for decision, body in TO_HUB:
            await self.decide(decision, body)
            await self.settled()

    async def describe(self) -> DescribeWorkflowExecutionResponse:
        """Return the server's description of the newest run."""
        return await self.client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=self.client.namespace, execution=WorkflowExecution(workflow_id=self.handle.id)
            )
        )


async def histories(client: Client, workflow_id: str) -> Sequence[WorkflowHistory]:
    """Return the history of each run of a workflow, the newest first."""
    run: str | None = None
    found: list[WorkflowHistory] = []
    while run or not found:
        history = await client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
        found.append(history)
        run = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return found


@dataclass(frozen=True)
class HistorySize:
    """Size of a workflow's histories, over all its runs."""

    events: int
    tasks: int
    activities: int
    stored_bytes: int

    @classmethod
    async def of(cls, life: Life) -> Self:
        """Measure the histories of a workflow. The bytes are those of the events as they are stored."""
        events = [
            event for history in await histories(life.client, life.handle.id) for event in history.events
        ]
        types = Counter(event.event_type for event in events)
        return cls(
            len(events),
            types[EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED],
            types[EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED],
            sum(event.ByteSize() for event in events),
        )
