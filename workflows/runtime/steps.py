"""Feeds a workflow its messages one at a time, whatever the groups in which the SDK delivers them.

One activation of the SDK may hold results of activities, timers, signals and updates of several moments, and a replay may
group them in another way than the live run did. A workflow that reacts to the group would then issue other commands than
its history has, and could never go on. Here each activation is split into the same steps: first all results, then each
message by itself.

There is one activation that must not be taken at all. A worker that is asked a query while a message waits for its task
gets that message ahead of its task, with the time of the task before. Decided then, it would have another time than in
every replay. The message is left alone, and the workflow is dropped from the cache after the answer: its task brings it
again, as the history has it.

A query can also end a task while a local activity is under way. The server never hears of that task: it times out and is
made again, and a replay sees all its news at the time of the later task. So the workflow is dropped from the cache as soon
as the local activity has ended. A result that comes in a later task all the same changes nothing by itself. If it comes
together with that task's news, nobody can tell which was first, so the task fails and the workflow is loaded again.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Self

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.bridge.proto.workflow_activation import (
    InitializeWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import PayloadConverter, SerializationContext, StorageDriverStoreContext
from temporalio.worker import (
    ExecuteWorkflowInput,
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
)
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

from process.core import swap
from process.types import Unreadable
from workflows.runtime.eviction import drop
from workflows.runtime.limits import is_foreign, too_large

LEGACY_QUERY = "legacy_query"
"""The id that the SDK's core gives to a query that came as a task of its own."""

LOCAL_ACTIVITY_ENDED = 3
"""Seconds after which a local activity has ended: it gets two, and one attempt (workflows/recording.py)."""

NOTHING = WorkflowActivationCompletion()
"""Stands for the completion of a workflow that has nothing to do."""

_current = threading.local()


def messages_follow() -> bool:
    """Return True if the activation holds messages after the present step, so that the run must not end in it."""
    return getattr(_current, "messages_follow", False)


def is_evicted() -> bool:
    """Return True if the workflow is being dropped from the cache, so that its tasks are cancelled and nothing counts."""
    return getattr(_current, "evicted", False)


class StepRunner(UnsandboxedWorkflowRunner):
    """Runs workflows step by step. Alone it has no sandbox; a sandboxed runner takes it as its runner class."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _StepInstance(det)  # type: ignore[abstract]  # like the SDK's own: its event loop is not complete


class _Known(NamedTuple):
    """The history as an activation knew it. A part of the message itself would keep all of it in memory."""

    length: int
    size: int
    time: int

    @classmethod
    def at(cls, act: WorkflowActivation) -> Self:
        return cls(act.history_length, act.history_size_bytes, act.timestamp.ToNanoseconds())


class _StepInstance(_WorkflowInstanceImpl):
    def __init__(self, det: WorkflowInstanceDetails) -> None:
        super().__init__(_detached(det))
        self._task: _Known | None = None
        """The history at the newest activation that was no query."""
        self._dropped = False
        self._local_activities: dict[int, int] = {}
        """Those under way -> the task in which they run, or 0 for the first task after the replay (`_task_of`)."""

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        _current.evicted = any(job.HasField("remove_from_cache") for job in act.jobs)
        try:
            return self._activate(act)
        finally:
            _current.evicted = False
            self._current_completion = NOTHING  # it holds all that was sent, and is made anew each time
            swap.release(goes_on=act.is_replaying and not _changes_nothing(act))

    def _activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        if _changes_nothing(act):
            if self._local_activities and any(_ends_task(job) for job in act.jobs):
                self._drop()
            return super().activate(act)
        if self._dropped:
            return _failed("the workflow was read ahead of its task and is loaded again")
        before, self._task = self._task, _Known.at(act)
        if before and is_ahead_of_task(act, before):
            self._drop()
            if act.history_size_bytes == before.size:
                self._dropped = True
                return _done_nothing()
        if self._mixes_tasks(act):
            return _failed("a local activity ended between two tasks, so the workflow is loaded again")
        done = self._activate_in_steps(act)
        for command in done.successful.commands:
            if command.HasField("schedule_local_activity"):
                self._local_activities[command.schedule_local_activity.seq] = _task_of(act)
        return done

    def _mixes_tasks(self, act: WorkflowActivation) -> bool:
        """Return True if a local activity ends in another task than that in which it ran, together with other news."""
        task = _task_of(act)
        ended = {job.resolve_activity.seq for job in act.jobs if job.resolve_activity.is_local}
        tasks = {self._local_activities.pop(seq, 0) for seq in ended}
        self._local_activities = {seq: began or task for seq, began in self._local_activities.items()}
        return bool(task) and not tasks <= {0, task} and len(ended) < len(act.jobs)

    def _drop(self) -> None:
        """Drop the workflow from the cache. A worker that drops one while it runs a local activity never shuts down."""
        drop(self._info.run_id, after=LOCAL_ACTIVITY_ENDED if self._local_activities else 0)

    def _activate_in_steps(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        steps = list(split(act.jobs))
        if len(steps) < 2:
            return super().activate(act)
        done = _done_nothing()
        try:
            for number, jobs in enumerate(steps, start=1):
                _current.messages_follow = number < len(steps)
                step = super().activate(_part(act, jobs))
                if step.HasField("failed"):
                    return step
                done.successful.MergeFrom(step.successful)
        finally:
            _current.messages_follow = False
        return done

    def _make_workflow_input(self, init_job: InitializeWorkflow) -> ExecuteWorkflowInput:
        made = super()._make_workflow_input(init_job)
        made.headers = {key: _copied(payload) for key, payload in made.headers.items()}
        return made

    def _instantiate_workflow_object(self) -> object:
        """Make the workflow, and forget its input if it has taken all of it: that of a new run is a whole lead."""
        made = super()._instantiate_workflow_object()
        if getattr(made, "takes_input", False) and self._workflow_input:
            self._workflow_input.args = ()
        return made

    def _convert_payloads(
        self, payloads: Sequence[Payload], types: list[type] | None, payload_converter: PayloadConverter
    ) -> list[Any]:
        """Decode arguments, unless they are of a message that is too large or has an encoding that no message has."""
        if types:  # our own: results of activities, inputs with a type
            return super()._convert_payloads(payloads, types, payload_converter)
        if refused := too_large(payloads):
            return [refused]
        given = [Unreadable() if is_foreign(payload) else None for payload in payloads]
        kept = [payload for payload, refused in zip(payloads, given, strict=True) if not refused]
        decoded = iter(super()._convert_payloads(kept, None, payload_converter))
        return [refused or next(decoded) for refused in given]

    def get_serialization_context(self, command_info: object) -> SerializationContext | None:
        return None  # as nothing uses it (tests/workflows/test_sandbox.py), none is made for each payload

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)

    def workflow_get_current_details(self) -> str:
        """Return the details that the workflow makes when somebody looks, instead of after each change."""
        make = getattr(self._object, "current_details", None)
        return make() if make else super().workflow_get_current_details()


def _detached(det: WorkflowInstanceDetails) -> WorkflowInstanceDetails:
    """Copy what the details hold of the first activation: a part of a message keeps all of it in memory."""
    info = replace(
        det.info,
        headers={key: _copied(payload) for key, payload in det.info.headers.items()},
        raw_memo={key: _copied(payload) for key, payload in det.info.raw_memo.items()},
    )
    last = Payloads()
    last.CopyFrom(det.last_completion_result)
    return replace(det, info=info, last_completion_result=last)


def _copied(payload: Payload) -> Payload:
    copy = Payload()
    copy.CopyFrom(payload)
    return copy


def split(jobs: Sequence[WorkflowActivationJob]) -> Iterator[list[WorkflowActivationJob]]:
    """Yield the jobs of an activation in steps: start and results together, then each signal and update alone."""
    messages = [_is_message(job) for job in jobs]
    if not all(messages):
        yield [job for job, is_message in zip(jobs, messages, strict=True) if not is_message]
    yield from ([job] for job, is_message in zip(jobs, messages, strict=True) if is_message)


def is_ahead_of_task(act: WorkflowActivation, before: _Known) -> bool:
    """Return True if the activation brings news of the history without the start of a task.

    The history has grown since the activation before, but the time, which is that of the newest started task, has not.
    """
    return (
        not act.is_replaying
        and act.history_length > before.length
        and act.timestamp.ToNanoseconds() == before.time
    )


def _task_of(act: WorkflowActivation) -> int:
    """Return a number that is the same for all activations of a task, or 0 in a replay."""
    return 0 if act.is_replaying else act.history_length


def _changes_nothing(act: WorkflowActivation) -> bool:
    return any(job.HasField("query_workflow") or job.HasField("remove_from_cache") for job in act.jobs)


def _ends_task(job: WorkflowActivationJob) -> bool:
    """Return True for a query that came as a task of its own, in place of the task that was under way."""
    return job.HasField("query_workflow") and job.query_workflow.query_id == LEGACY_QUERY


def _is_message(job: WorkflowActivationJob) -> bool:
    return job.HasField("signal_workflow") or job.HasField("do_update")


def _part(act: WorkflowActivation, jobs: Sequence[WorkflowActivationJob]) -> WorkflowActivation:
    part = WorkflowActivation()
    for field, value in act.ListFields():
        if field.name == "jobs":
            continue
        if field.is_repeated:
            getattr(part, field.name).extend(value)
        elif field.message_type:
            getattr(part, field.name).CopyFrom(value)
        else:
            setattr(part, field.name, value)
    part.jobs.extend(jobs)
    return part


def _done_nothing() -> WorkflowActivationCompletion:
    completion = WorkflowActivationCompletion()
    completion.successful.SetInParent()
    return completion


def _failed(reason: str) -> WorkflowActivationCompletion:
    completion = WorkflowActivationCompletion()
    completion.failed.failure.message = reason
    return completion
