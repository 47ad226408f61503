"""Passes notices of changes on GitHub to the issue sync: one workflow per issue, however many notices come."""

import asyncio
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow

MAX_BATCH = 100
"""Notices that one request carries."""


async def request_sync(client: Client, *notices: ChangeNotice, task_queue: str) -> None:
    """Signal notices about one issue to its sync workflow, starting it if needed. Raises RPCError."""
    first = notices[0]
    subject = f"{first.repo} {first.number}" if first.number else "a card"
    await client.start_workflow(
        IssueSyncWorkflow.run,
        id=first.workflow_id,
        task_queue=task_queue,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="change_noticed",
        start_signal_args=notices,
        static_summary=f"Sync {subject}",
    )


@dataclass
class _Batch:
    """Notices about one issue that are sent together; `sent` is done when Temporal has them."""

    notices: list[ChangeNotice] = field(default_factory=list)
    sent: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class NoticeBatcher:
    """Batches notices per issue: those that arrive while a request is under way go together in the next one."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._batches: dict[str, list[_Batch]] = {}
        """Workflow id -> its batches; the first one is being sent."""
        self._senders: set[asyncio.Task[None]] = set()

    async def request_sync(self, notice: ChangeNotice) -> None:
        """Return when Temporal has the notice. Raises RPCError if Temporal cannot be reached."""
        batches = self._batches.setdefault(notice.workflow_id, [])
        if len(batches) < 2 or len(batches[-1].notices) >= MAX_BATCH:
            batches.append(_Batch())
        batch = batches[-1]
        batch.notices.append(notice)
        if len(batches) == 1:
            sender = asyncio.create_task(self._send(notice.workflow_id, batches))
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        await asyncio.shield(batch.sent)  # a cancelled caller does not cancel the others

    async def _send(self, workflow_id: str, batches: list[_Batch]) -> None:
        """Send one batch after the other until none is left."""
        while batches:
            batch = batches[0]
            try:
                await request_sync(self._client, *batch.notices, task_queue=self._task_queue)
            except Exception as error:
                batch.sent.set_exception(error)
                batch.sent.exception()  # retrieved here, in case every caller has gone
            else:
                batch.sent.set_result(None)
            del batches[0]
        del self._batches[workflow_id]
