"""Whoever hears something of GitHub hands it in here: it is looked at once, however often it is heard."""

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from workflows.desk import DeskWorkflow, Hint


async def hand_in(client: Client, hint: Hint, *, task_queue: str) -> None:
    """To the desk of its issue, which begins if it is not there. Raises RPCError where Temporal can't be reached."""
    where = f"{hint.repo} {hint.number}" if hint.number else "a card"
    await client.start_workflow(
        DeskWorkflow.run,
        id=hint.desk,
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="heard",
        start_signal_args=[hint],
        static_summary=f"Look at {where}",
    )
