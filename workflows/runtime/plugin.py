"""How this project speaks to Temporal, in one place: for clients, workers and replayers alike."""

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

OURS = (LeadWorkflow, IssueSyncWorkflow, ReconcileWorkflow, DigestWorkflow, WeeklyDigestWorkflow)

PASSED_THROUGH = ("process", "workflows", "babel", "dateutil", "zoneinfo", "tzdata")
"""Pure modules that are imported once, not once per workflow."""


AS_ONE: frozenset[Any] = frozenset({2})
"""The SDK's number, as histories have it, for: all that a workflow task brings is applied before the workflow runs on.

The SDK does not do so by itself yet. Without it a lead gets stuck: where a worker that has just started hears of a decision
(an update), the SDK also hands it what the last task without commands had brought, the end of an effect, as if both came
together (temporalio/sdk-rust#1146); in a replay they come one after the other. Applied as one, both lead to the same.
"""


class _AsOneRunner(SandboxedWorkflowRunner):
    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        flags = det.default_workflow_logic_flags | AS_ONE
        return super().create_instance(replace(det, default_workflow_logic_flags=flags))


class _Plugin(SimplePlugin):
    def configure_worker(self, config: WorkerConfig) -> WorkerConfig:
        """Activities come by the task queue alone: one handed over with the answer to a workflow task, just as the worker
        ends, is taken by nobody, and the worker would wait for it and never end.
        """
        config = super().configure_worker(config)
        config["disable_eager_activity_execution"] = True
        return config


def leads_plugin() -> SimplePlugin:
    """The data converter, the workflows and their sandbox."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return _Plugin(
        "leads",
        data_converter=DataConverter(payload_converter_class=LeadPayloadConverter),
        workflows=OURS,
        workflow_runner=_AsOneRunner(restrictions=restrictions),
    )
