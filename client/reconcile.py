"""The schedule of reconciliation, and running it now."""

from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    WorkflowExecution,
    WorkflowExecutionStatus,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError, RPCStatusCode

from client.schedules import keep
from workflows.reconcile import ReconcileWorkflow, Reconciliation

SCHEDULE = "reconcile"
NOW = "reconcile-now"
QUESTIONNAIRE = "reconcile_questionnaire"
"""The activity that reconciles the questionnaire."""
COMPLETED = WorkflowExecutionStatus.COMPLETED


async def keep_schedule(client: Client, task_queue: str, minutes: int) -> None:
    """Create or change the schedule to run every so many minutes, never overlapping; delete it for 0."""
    await keep(client, SCHEDULE, _schedule(task_queue, minutes) if minutes else None)


def _schedule(task_queue: str, minutes: int) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            ReconcileWorkflow.run,
            id=SCHEDULE,
            task_queue=task_queue,
            static_summary="Compare leads with the systems outside",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=minutes))]),
        policy=SchedulePolicy(
            overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1), pause_on_failure=False
        ),
    )


async def reconcile_now(client: Client, task_queue: str) -> Reconciliation:
    """Run a reconciliation now, beside the schedule, continuing from the newest one that completed."""
    handle = await client.start_workflow(
        ReconcileWorkflow.run,
        await _newest(client),
        id=NOW,
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary="Compare leads with the systems outside, now",
    )
    return await handle.result()


async def waiting_responses(client: Client) -> int:
    """Return how many responses to the questionnaire waited at the newest reconciliation. Raises RPCError."""
    newest = await _newest(client)
    result = newest.results.get(QUESTIONNAIRE) if newest else None
    waiting = result.cursor.get("waiting", 0) if result else 0
    return waiting if isinstance(waiting, int) else 0


async def _newest(client: Client) -> Reconciliation | None:
    """Return the newest completed reconciliation. One run by hand is found even before visibility has it."""
    completed = f"WorkflowType = '{ReconcileWorkflow.__name__}' AND ExecutionStatus = 'Completed'"
    found: list[WorkflowExecution] = [each async for each in client.list_workflows(completed, limit=1)]
    try:
        found.append(await client.get_workflow_handle(NOW).describe())
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    ended = [(each.close_time, each) for each in found if each.close_time and each.status is COMPLETED]
    if not ended:
        return None
    _, newest = max(ended, key=lambda each: each[0])
    handle = client.get_workflow_handle_for(ReconcileWorkflow.run, newest.id, run_id=newest.run_id)
    return await handle.result()
