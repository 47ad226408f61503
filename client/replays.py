"""Open workflows of a live server, replayed by the code at hand: do they go on, and say of the past what they said?

What Temporal compares is what is asked of the outside, in which order. A lead's events may have become others all the
same, so those that it makes again are compared with those that it sent to the ledger.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import (
    Interceptor,
    Replayer,
    StartActivityInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

from process.effects import RecordEvents
from process.effects.requests import EffectRequest
from workflows.runtime.converter import LeadPayloadConverter
from workflows.runtime.plugin import OURS, leads_plugin

AT_ONCE = 20
"""Histories that are fetched together."""

SHOWN = 3
"""Differences of one lead that are named."""


class Replayed(NamedTuple):
    """One open workflow, replayed by this code."""

    workflow: str
    type: str
    events: int
    ok: bool
    detail: str = ""
    """What is wrong, and where."""


async def replayed(client: Client) -> AsyncIterator[Replayed]:
    """The present run of every open workflow that is ours: leads, desks, rounds, digests."""
    again = _Again()
    silent = Runtime(telemetry=TelemetryConfig(logging=None))  # what it would log is told below
    replayer = Replayer(workflows=[], plugins=[leads_plugin()], interceptors=[again], runtime=silent)
    async with replayer.workflow_replay_iterator(_histories(client)) as results:
        async for result in results:
            history, failure = result.history, result.replay_failure
            others = [*_others(_recorded(history), again.made.pop(history.workflow_id, {}))]
            detail = _why(failure) if failure else _otherwise(others)
            type_ = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
            yield Replayed(history.workflow_id, type_, len(history.events), not detail, detail)


async def _histories(client: Client) -> AsyncIterator[WorkflowHistory]:
    types = ", ".join(f"'{each.__name__}'" for each in OURS)
    found = client.list_workflows(f"WorkflowType IN ({types}) AND ExecutionStatus = 'Running'")
    async for batch in _batches(found):
        for history in await asyncio.gather(*(_history(client, each) for each in batch)):
            if history:
                yield history


async def _batches(found: AsyncIterator[WorkflowExecution]) -> AsyncIterator[list[WorkflowExecution]]:
    batch: list[WorkflowExecution] = []
    async for each in found:
        batch.append(each)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    yield batch


async def _history(client: Client, one: WorkflowExecution) -> WorkflowHistory | None:
    """None where it has ended and is forgotten meanwhile."""
    try:
        return await client.get_workflow_handle(one.id, run_id=one.run_id).fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


# ---- what Temporal found

_INNER = re.compile(r'message: "((?:[^"\\]|\\.)*)"')
"""The sentence within what the SDK says of a failure."""


def _why(failure: Exception) -> str:
    said = str(failure)
    inner = _INNER.search(said)
    sentence = inner[1].replace('\\"', '"') if inner else said
    return " ".join(sentence.split())[:300]


# ---- what became of the past


class _Again(Interceptor):
    """Hears what leads would send to the ledger: workflow -> number of an event -> the event."""

    def __init__(self) -> None:
        self.made: dict[str, dict[int, dict[str, Any]]] = {}

    def workflow_interceptor_class(
        self,
        input: WorkflowInterceptorClassInput,  # noqa: A002 - the SDK's name
    ) -> type[WorkflowInboundInterceptor]:
        input.unsafe_extern_functions[_HEAR] = self._hear
        return _Inbound

    def _hear(self, workflow_id: str, task: EffectRequest) -> None:
        made = {event.seq: event.model_dump(mode="json") for event in task.events}
        self.made.setdefault(workflow_id, {}).update(made)


_HEAR = "events made again"


class _Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(_Outbound(outbound))


class _Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:  # noqa: A002 - the SDK's name
        if input.activity == RecordEvents.kind:
            workflow.extern_functions()[_HEAR](workflow.info().workflow_id, input.args[0])
        return super().start_activity(input)


def _recorded(history: WorkflowHistory) -> dict[int, dict[str, Any]]:
    """The events that it sent to the ledger."""
    found: dict[int, dict[str, Any]] = {}
    for event in history.events:
        asked = event.activity_task_scheduled_event_attributes
        if (
            event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
            and asked.activity_type.name == RecordEvents.kind
        ):
            (task,) = LeadPayloadConverter().from_payloads(asked.input.payloads)
            found |= {each["seq"]: each for each in task["events"]}
    return found


def _others(was: dict[int, dict[str, Any]], would: dict[int, dict[str, Any]]) -> Iterator[str]:
    """What differs, event by event. Their words may change at any time, and a new field says nothing of the past."""
    for seq in sorted(was.keys() & would.keys()):
        kind = was[seq]["fact"].get("kind", "")
        for name in ("at", "policy", "fact"):
            for where, old, new in _differing(was[seq].get(name), would[seq].get(name), name):
                yield f"{seq} {kind}: {where.removeprefix('fact.')} {old!r} → {new!r}"


def _differing(was: Any, would: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(was, dict) and isinstance(would, dict):
        for name in was:
            yield from _differing(was[name], would.get(name), f"{where}.{name}")
    elif was != would:
        yield where, was, would


def _otherwise(others: list[str]) -> str:
    if not others:
        return ""
    more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
    return f"Replays, but would say otherwise what happened: {'; '.join(islice(others, SHOWN))}{more}"
