"""Replays the open workflows of a live server with this code, before it is deployed.

Temporal's replayer compares commands. A lead may replay and still produce other events, so the events that the replay
would write to the ledger are compared with those that stand there.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.common import RawValue
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    StartLocalActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from client.past import Past
from process.core.events import Event
from process.effects import RecordEvents
from process.views.recording import RecordRequest
from workflows.runtime.codec import open_history
from workflows.runtime.handover import handed_over
from workflows.runtime.plugin import WORKFLOWS, leads_plugin

MAX_CONCURRENT = 20
"""Number of histories fetched at the same time."""

SHOWN = 3
"""Number of differences shown per lead."""


class Replayed(NamedTuple):
    """The result of replaying one open workflow."""

    workflow: str
    type: str
    events: int
    ok: bool
    detail: str = ""
    """The first differences, or the failure."""


async def replayed(client: Client, past: Past) -> AsyncIterator[Replayed]:
    """Replay the current run of every open workflow of ours: leads and chores.

    `past` is the leads in the ledger. Raises LedgerError if that cannot be read.
    """
    capture = EventCapture()
    silent = Runtime(telemetry=TelemetryConfig(logging=None))  # failures are reported below
    replayer = Replayer(workflows=[], plugins=[leads_plugin()], interceptors=[capture], runtime=silent)
    async with replayer.workflow_replay_iterator(_histories(client)) as results:
        async for result in results:
            history, failure = result.history, result.replay_failure
            would = capture.events.pop(history.workflow_id, {})
            recorded = await asyncio.to_thread(past.events, history.workflow_id) if would else ()
            was = {event.seq: event for event in recorded}
            detail = message_of(failure) if failure else _described([*_differences(was, would)])
            type_ = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
            yield Replayed(history.workflow_id, type_, len(history.events), not detail, detail)


async def _histories(client: Client) -> AsyncIterator[WorkflowHistory]:
    types = ", ".join(f"'{each.__name__}'" for each in WORKFLOWS)
    found = client.list_workflows(f"WorkflowType IN ({types}) AND ExecutionStatus = 'Running'")
    async for batch in _batches(found):
        for history in await asyncio.gather(*(_history(client, each) for each in batch)):
            if history:
                yield history


async def _batches(found: AsyncIterator[WorkflowExecution]) -> AsyncIterator[list[WorkflowExecution]]:
    batch: list[WorkflowExecution] = []
    async for each in found:
        batch.append(each)
        if len(batch) == MAX_CONCURRENT:
            yield batch
            batch = []
    yield batch


async def _history(client: Client, one: WorkflowExecution) -> WorkflowHistory | None:
    """Return the history, or None if the workflow has ended and is gone meanwhile."""
    try:
        history = await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return await open_history(client, history)


# ---- failures of the replay

_INNER = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
"""Extracts the message from the SDK's text of a failure."""


def message_of(failure: Exception) -> str:
    """Return the failure of a replay as one sentence."""
    text = str(failure)
    inner = _INNER.search(text)
    sentence = inner[1].replace('\\"', '"') if inner else text
    return " ".join(sentence.split())[:300]


# ---- events that differ


class EventCapture(Interceptor):
    """Captures the events that replayed leads would write to the ledger: workflow id -> number -> event."""

    def __init__(self) -> None:
        self.events: dict[str, dict[int, Event]] = {}

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        input.unsafe_extern_functions[_CAPTURE] = self._capture
        return _Inbound

    def _capture(self, workflow_id: str, request: RecordRequest) -> None:
        made = {event.seq: event for event in request.events}
        self.events.setdefault(workflow_id, {}).update(made)


_CAPTURE = "capture events"


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002 - the SDK's name
        _note(input)
        return super().start_activity(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002
        _note(input)
        return super().start_local_activity(input)


def _note(started: StartActivityInput | StartLocalActivityInput) -> None:
    if started.activity == RecordEvents.kind:
        (argument,) = started.args
        request = handed_over(argument.payload) if isinstance(argument, RawValue) else argument
        workflow.extern_functions()[_CAPTURE](workflow.info().workflow_id, request)


def _differences(was: dict[int, Event], would: dict[int, Event]) -> Iterator[str]:
    """Yield the differences of facts, times and policies. Summaries and new fields may differ freely."""
    for seq in sorted(was.keys() & would.keys()):
        old, new = was[seq].model_dump(mode="json"), would[seq].model_dump(mode="json")
        for name in ("at", "policy", "fact"):
            for field, before, after in _differing(old[name], new[name], name):
                yield f"{seq} {was[seq].kind}: {field.removeprefix('fact.')} {before!r} → {after!r}"


def _differing(was: Any, would: Any, field: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(would, dict):
        for name in was:
            yield from _differing(was[name], would.get(name), f"{field}.{name}")
    elif was != would:
        yield field, was, would


def _described(differences: list[str]) -> str:
    if not differences:
        return ""
    more = f" and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    return f"Replays, but with other events: {'; '.join(islice(differences, SHOWN))}{more}"
