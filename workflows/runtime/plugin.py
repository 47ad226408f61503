"""The Temporal plugin that configures clients, workers and replayers alike."""

from dataclasses import replace
from typing import Any

from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker import WorkerConfig, WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.issue_sync import IssueSyncWorkflow
from workflows.lead import LeadWorkflow
from workflows.reconcile import ReconcileWorkflow
from workflows.runtime.converter import LeadPayloadConverter

WORKFLOWS = (LeadWorkflow, IssueSyncWorkflow, ReconcileWorkflow, DigestWorkflow, WeeklyDigestWorkflow)

PASSED_THROUGH = ("process", "workflows", "babel", "dateutil", "zoneinfo", "tzdata")
"""Pure modules that are imported once, not once per workflow."""

APPLY_JOBS_AT_ONCE: frozenset[Any] = frozenset({2})
"""The SDK's flag, as stored in histories, to apply all jobs of a workflow task before the workflow runs on.

The SDK does not set it by itself yet. Without it a lead gets stuck: a worker that has just started gets an update together
with the results of the last task without commands (temporalio/sdk-rust#1146), but in a replay they come one after the other.
Applied at once, both lead to the same commands.
"""


class _Runner(SandboxedWorkflowRunner):
    """Sets the flag for each workflow."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        flags = det.default_workflow_logic_flags | APPLY_JOBS_AT_ONCE
        return super().create_instance(replace(det, default_workflow_logic_flags=flags))


class _Plugin(SimplePlugin):
    """A plugin that also turns eager activities off."""

    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Turn eager activities off: a worker that shuts down would wait for one for ever."""
        config = super().configure_worker(config)
        config["disable_eager_activity_execution"] = True
        return config


def leads_plugin() -> SimplePlugin:
    """Return the plugin with the data converter, the workflows and their sandbox."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return _Plugin(
        "leads",
        data_converter=DataConverter(payload_converter_class=LeadPayloadConverter),
        workflows=WORKFLOWS,
        workflow_runner=_Runner(restrictions=restrictions),
    )
