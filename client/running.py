"""The leads that run: the query for them, and a question whether all go on."""

import asyncio

from temporalio.api.workflowservice.v1 import CountWorkflowExecutionsRequest
from temporalio.service import ServiceClient

from client.literals import own_literal
from workflows.names import LEAD_WORKFLOW

RUNNING = "ExecutionStatus = 'Running'"
REPORTED_PROBLEMS = "TemporalReportedProblems"
"""Set by the server on a workflow whose task failed several times in a row, and cleared by the first that succeeds."""
REPORTED = f"{REPORTED_PROBLEMS} IS NOT NULL"


def on_queue(task_queue: str) -> str:
    """Return the clause for a task queue of our own."""
    return f"TaskQueue = {own_literal(task_queue)}"


def running(*clauses: str) -> str:
    """Return the query for the leads that are not archived, with further clauses."""
    return " AND ".join([f"WorkflowType = '{LEAD_WORKFLOW}'", RUNNING, *clauses])


async def all_go_on(service: ServiceClient, namespace: str, task_queue: str, leads: int) -> bool:
    """Return True if so many leads run on the task queue, or more, and none is reported as stuck. Raises RPCError."""

    async def count(*clauses: str) -> int:
        query = running(on_queue(task_queue), *clauses)
        asked = CountWorkflowExecutionsRequest(namespace=namespace, query=query)
        return (await service.workflow_service.count_workflow_executions(asked, retry=True)).count

    found, stuck = await asyncio.gather(count(), count(REPORTED))
    return found >= leads and not stuck
