"""Feeds a lead's workflow activations as the SDK's core does, in any grouping, without a server."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from temporalio import workflow
from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.workflow_activation import WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_commands import WorkflowCommand
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.common import MetricMeter, TypedSearchAttributes
from temporalio.converter import DataConverter
from temporalio.worker import WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox._runner import _fake_info

from process.effects.requests import Batch, BatchResult, BatchResults, Outcome
from process.views.recording import Recorded, RecordRequest
from tests.support.outside import brought_back
from tests.support.workflow_lives import OPENED
from workflows.lead import LeadWorkflow
from workflows.runtime.steps import StepRunner
from workflows.runtime.worker_converter import WorkerPayloadConverter

BEGAN = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
LEAD = "lead-example"

Message = tuple[str, dict[str, Any]]


class Activations:
    """One instance of a lead's workflow, the commands that it gave, and the activities that it waits for."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.next_run = b""
        """The packed lead that the next run begins with, once this one has ended."""
        self._converter = WorkerPayloadConverter()
        self._pending: list[WorkflowCommand] = []
        self._length = self._signals = 0
        loop = asyncio.new_event_loop()
        asyncio._set_running_loop(loop)  # the instance asks for one, and brings its own
        try:
            self.instance = StepRunner().create_instance(
                WorkflowInstanceDetails(
                    payload_converter_factory=WorkerPayloadConverter,
                    failure_converter_class=DataConverter.default.failure_converter_class,
                    interceptor_classes=[],
                    defn=workflow._Definition.must_from_class(LeadWorkflow),
                    info=replace(
                        _fake_info,
                        workflow_id=LEAD,
                        search_attributes={},
                        raw_memo={},
                        typed_search_attributes=TypedSearchAttributes([]),
                    ),
                    randomness_seed=1,
                    extern_functions={
                        "__temporal_assert_local_activity_valid": lambda _: None,
                        "__temporal_get_metric_meter": lambda: MetricMeter.noop,
                    },
                    disable_eager_activity_execution=True,
                    worker_level_failure_exception_types=[],
                    patch_activation_callback=None,
                    last_completion_result=Payloads(),
                    last_failure=Failure(),
                )
            )
        finally:
            asyncio._set_running_loop(None)
            loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        job = WorkflowActivationJob()
        job.remove_from_cache.SetInParent()
        self.activate([job])

    def begin(self) -> None:
        """Start the lead."""
        job = WorkflowActivationJob()
        job.initialize_workflow.workflow_type = "LeadWorkflow"
        job.initialize_workflow.workflow_id = LEAD
        job.initialize_workflow.arguments.extend(self._converter.to_payloads([OPENED]))
        self.task([job])

    def task(self, jobs: Sequence[WorkflowActivationJob]) -> None:
        """Bring these jobs in one activation, and answer the local activities that follow."""
        self._length += 3
        self._note(self.activate(jobs))
        while local := [each for each in self._pending if each.HasField("schedule_local_activity")]:
            self._note(self.activate([self._resolution(each) for each in local]))

    def activate(
        self,
        jobs: Iterable[WorkflowActivationJob],
        *,
        at: datetime | None = None,
        length: int | None = None,
        stored_bytes: int | None = None,
        replaying: bool = False,
    ) -> WorkflowActivationCompletion:
        """Bring these jobs in one activation, and return the completion."""
        act = WorkflowActivation(run_id="run", jobs=jobs, is_replaying=replaying)
        act.history_length = length or self._length
        act.history_size_bytes = stored_bytes or act.history_length * 100
        act.timestamp.FromDatetime(at or BEGAN + timedelta(seconds=self._length))
        return self.instance.activate(act)

    def signal(self, message: Message) -> WorkflowActivationJob:
        """Return the job of a signal."""
        name, body = message
        job = WorkflowActivationJob()
        self._signals += 1
        job.signal_workflow.signal_name, job.signal_workflow.originating_event_id = name, self._signals
        job.signal_workflow.input.extend(self._converter.to_payloads([body]))
        return job

    def query(self, name: str = "lead") -> str:
        """Ask a query, which must change nothing, and return the answer as JSON."""
        job = WorkflowActivationJob()
        job.query_workflow.query_id, job.query_workflow.query_type = "legacy_query", name
        (answer,) = self.activate([job]).successful.commands
        return answer.respond_to_query.succeeded.response.data.decode()

    def result(self) -> WorkflowActivationJob | None:
        """Return the job with the result of the oldest activity, or None if none is under way."""
        ordinary = [each for each in self._pending if each.HasField("schedule_activity")]
        return self._resolution(ordinary[0]) if ordinary else None

    def written(self, command: WorkflowCommand) -> WorkflowActivationJob:
        """Return the job with the result of a local activity, which an activation has just asked for."""
        self._pending.append(command)
        return self._resolution(command)

    def _resolution(self, command: WorkflowCommand) -> WorkflowActivationJob:
        self._pending.remove(command)
        local = command.HasField("schedule_local_activity")
        scheduled = command.schedule_local_activity if local else command.schedule_activity
        job = WorkflowActivationJob()
        job.resolve_activity.seq, job.resolve_activity.is_local = scheduled.seq, local
        result: object
        if local:
            (request,) = self._converter.from_payloads(scheduled.arguments, [RecordRequest])
            result = Recorded(seq=request.events[-1].seq if request.events else request.after)
        else:
            assert scheduled.activity_type == "perform_effects"
            (batch,) = self._converter.from_payloads(scheduled.arguments, [Batch])
            result = _performed(batch)
        job.resolve_activity.result.completed.result.CopyFrom(self._converter.to_payloads([result])[0])
        return job

    def _note(self, completion: WorkflowActivationCompletion) -> None:
        assert not completion.HasField("failed"), completion.failed.failure.message
        for command in completion.successful.commands:
            if command.HasField("schedule_local_activity"):
                self._pending.append(command)
                continue
            if command.HasField("schedule_activity"):
                self._pending.append(command)
            if command.HasField("continue_as_new_workflow_execution"):
                self.next_run = command.continue_as_new_workflow_execution.arguments[-1].data
            self.commands.append(_described(command))


def _performed(batch: Batch) -> BatchResults:
    """Return results of the batch, each effect performed on the lead as it was when the batch began."""
    results = []
    for item in batch.items:
        if item.effect.ready(batch.lead) and not item.effect.is_obsolete(batch.lead):
            outcome = Outcome(observation=brought_back(item.request(batch.lead)))
            results.append(BatchResult(key=item.effect.key, outcome=outcome))
    return BatchResults(results=tuple(results))


def _described(command: WorkflowCommand) -> str:
    """Return what a replay compares of a command, and what is asked for outside."""
    kind = command.WhichOneof("variant") or ""
    match kind:
        case "schedule_activity":
            data = json.loads(command.schedule_activity.arguments[0].data)
            keys = [item["effect"]["key"] for item in data.get("items", ())]
            return f"{command.schedule_activity.activity_type} {keys}"
        case "upsert_workflow_search_attributes":
            return (
                f"{kind} {sorted(command.upsert_workflow_search_attributes.search_attributes.indexed_fields)}"
            )
        case _:
            return kind
