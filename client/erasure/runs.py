"""The runs of one workflow in Temporal: which there are, under which keys their payloads are, and their deletion."""

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import datetime

from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
)
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from client.erasure.errors import ErasureUnfinished
from client.literals import literal
from keys.data_key import KeyId
from workflows.runtime.sealed import KEY
from workflows.runtime.walking import payloads_in

PAUSE = 0.2
"""Seconds between two looks at what Temporal does in the background."""


async def describe(
    client: Client, workflow_id: str, run_id: str | None = None
) -> WorkflowExecutionDescription | None:
    """Return the workflow's run, by default the newest one; None if Temporal has none. Raises RPCError."""
    try:
        return await client.get_workflow_handle(workflow_id, run_id=run_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


async def is_running(client: Client, workflow_id: str) -> bool:
    """Return True if the workflow runs."""
    known = await describe(client, workflow_id)
    return known is not None and known.status is WorkflowExecutionStatus.RUNNING


async def runs_of(client: Client, workflow_id: str) -> list[str]:
    """Return the ids of the workflow's runs, newest first.

    Each run names the one before it. A run that was begun in place of another is known from visibility alone, which lags.
    """
    known = await describe(client, workflow_id)
    found = dict.fromkeys([known.run_id] if known else [])
    given = literal(workflow_id)
    if given is not None:
        listed = [each async for each in client.list_workflows(f"WorkflowId = {given}")]
        listed.sort(key=lambda each: each.start_time, reverse=True)
        found |= dict.fromkeys(each.run_id for each in listed)
    for run_id in list(found):
        while (before := await _run_before(client, workflow_id, run_id)) and before not in found:
            found[before] = None
            run_id = before
    return list(found)


async def _run_before(client: Client, workflow_id: str, run_id: str) -> str | None:
    """Return the run that this one continues; None if there is none, or it is gone."""
    request = GetWorkflowExecutionHistoryRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
        maximum_page_size=1,
    )
    try:
        found = await client.workflow_service.get_workflow_execution_history(request, retry=True)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    first = found.history.events[0] if found.history.events else None
    before = first.workflow_execution_started_event_attributes.continued_execution_run_id if first else ""
    return before if before and await describe(client, workflow_id, before) else None


async def events_of_run(client: Client, workflow_id: str, run_id: str) -> AsyncIterator[HistoryEvent]:
    """Yield the events of a run as they are stored, sealed. Those of a run that is gone are none."""
    handle = client.get_workflow_handle(workflow_id, run_id=run_id)
    try:
        async for event in handle.fetch_history_events():
            yield event
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def key_of(payload: Payload) -> KeyId | None:
    """Return the id of the key under which a payload is sealed; None if it is not sealed."""
    name = payload.metadata.get(KEY)
    try:
        return KeyId.parse(name.decode()) if name else None
    except ValueError:
        return None


async def is_under(client: Client, workflow_id: str, run_id: str, epoch: int) -> bool:
    """Return True if no payload of the run, its memo included, is sealed under an epoch of its own before this one."""
    oldest = KeyId(workflow_id, epoch)
    known = await describe(client, workflow_id, run_id)
    if known is None:
        return False
    if not all(_is_new(payload, oldest) for payload in payloads_in(known.raw_description)):
        return False
    async for event in events_of_run(client, workflow_id, run_id):
        if not all(_is_new(payload, oldest) for payload in payloads_in(event)):
            return False
    return True


def _is_new(payload: Payload, oldest: KeyId) -> bool:
    key = key_of(payload)
    return key is None or key.owner != oldest.owner or key.epoch >= oldest.epoch


async def renew(
    client: Client, workflow_id: str, *, epoch: int, ready_at: datetime, seconds: float
) -> str | None:
    """Let a running lead go on in a run of which every payload is under this epoch, and return that run.

    `ready_at`: moment from which no worker writes under an earlier one. None if the lead does not run. Raises
    ErasureUnfinished if no such run has begun after so many seconds.
    """
    asked: set[str] = set()
    try:
        async with asyncio.timeout(seconds):
            while (known := await describe(client, workflow_id)) and (
                known.status is WorkflowExecutionStatus.RUNNING
            ):
                if known.start_time >= ready_at and await is_under(client, workflow_id, known.run_id, epoch):
                    return known.run_id
                if known.run_id not in asked:
                    asked.add(known.run_id)
                    await client.get_workflow_handle(workflow_id).signal("adopt")
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        raise ErasureUnfinished(
            workflow_id, "it has not begun a new run; a worker must run, and outside calls may have to end"
        ) from None
    return None


async def delete_runs(client: Client, workflow_id: str, *, seconds: float) -> int:
    """Delete the workflow's runs that have ended, oldest first, and wait until they are gone. A running one stays.

    Returns how many there were. Temporal deletes in the background; visibility follows a moment later. Raises
    ErasureUnfinished if some are still there after so many seconds.
    """
    asked = set[str]()
    try:
        async with asyncio.timeout(seconds):
            while ended := await _ended_runs(client, workflow_id):
                for run_id in ended:
                    if run_id not in asked:
                        asked.add(run_id)
                        await delete_run(client, workflow_id, run_id)
                await asyncio.sleep(PAUSE)
    except TimeoutError:
        raise ErasureUnfinished(workflow_id, "Temporal has still earlier runs of it") from None
    return len(asked)


async def end_run(client: Client, workflow_id: str, runs: Collection[str]) -> None:
    """Terminate the workflow's newest run if it is one of these."""
    known = await describe(client, workflow_id)
    if known and known.run_id in runs:
        handle = client.get_workflow_handle(workflow_id, run_id=known.run_id)
        await handle.terminate("its keys were destroyed by an erasure")


async def _ended_runs(client: Client, workflow_id: str) -> list[str]:
    """Return the runs that have ended, oldest first, so that the newer ones still lead to them."""
    found = []
    for run_id in reversed(await runs_of(client, workflow_id)):
        known = await describe(client, workflow_id, run_id)
        if known and known.status is not WorkflowExecutionStatus.RUNNING:
            found.append(run_id)
    return found


async def delete_run(client: Client, workflow_id: str, run_id: str) -> bool:
    """Let Temporal delete a run, and return True, or False if it is gone."""
    request = DeleteWorkflowExecutionRequest(
        namespace=client.namespace,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
    )
    try:
        await client.workflow_service.delete_workflow_execution(request, retry=True)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
