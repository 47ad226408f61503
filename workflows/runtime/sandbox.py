"""The runner of the workflow sandbox, without the cost of entering it once per payload."""

from dataclasses import replace
from typing import Any

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._runner import _Instance

APPLY_JOBS_AT_ONCE: frozenset[Any] = frozenset({2})
"""The SDK's flag, as stored in histories, to apply all jobs of a workflow task before the workflow runs on.

The SDK does not set it by itself yet. Without it a lead gets stuck: a worker that has just started gets an update together
with the results of the last task without commands (temporalio/sdk-rust#1146), but in a replay they come one after the other.
Applied at once, both lead to the same commands.
"""


class SandboxRunner(SandboxedWorkflowRunner):
    """Runs each workflow in the sandbox, with the flag set and without contexts for its payloads."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        flags = det.default_workflow_logic_flags | APPLY_JOBS_AT_ONCE
        return _ContextFreeInstance(
            replace(det, default_workflow_logic_flags=flags), self.runner_class, self.restrictions
        )


class _ContextFreeInstance(_Instance):
    """A workflow in the sandbox whose payloads have no context.

    The SDK asks for the context of every payload, by running code in the sandbox: a third of a worker's CPU. Our converter,
    codec and storage use no context, which a test checks.
    """

    def get_serialization_context(self, command_info: object) -> SerializationContext | None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)
