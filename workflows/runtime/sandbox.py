"""The runner of the workflow sandbox, without the cost of entering it once per payload."""

from temporalio.converter import SerializationContext, StorageDriverStoreContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox._runner import _Instance


class SandboxRunner(SandboxedWorkflowRunner):
    """Runs each workflow in the sandbox, without contexts for its payloads."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _ContextFreeInstance(det, self.runner_class, self.restrictions)


class _ContextFreeInstance(_Instance):
    """A workflow in the sandbox whose payloads have no context.

    The SDK asks for the context of every payload, by running code in the sandbox: a third of a worker's CPU. Our converter,
    codec and storage use no context, which a test checks.
    """

    def get_serialization_context(self, command_info: object) -> SerializationContext | None:
        return None

    def get_external_store_context(self, command_info: object) -> StorageDriverStoreContext:
        return StorageDriverStoreContext(target=None)
