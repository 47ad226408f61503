"""How this project speaks to Temporal, in one place: for clients, workers and replayers alike."""

from temporalio.converter import DataConverter
from temporalio.plugin import SimplePlugin
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from workflows.converter import LeadPayloadConverter
from workflows.desk import DeskWorkflow
from workflows.digest import DigestWorkflow, WeeklyDigestWorkflow
from workflows.lead import LeadWorkflow
from workflows.reconcile import ReconcileWorkflow

OURS = (LeadWorkflow, DeskWorkflow, ReconcileWorkflow, DigestWorkflow, WeeklyDigestWorkflow)

PASSED_THROUGH = ("process", "workflows", "babel", "dateutil", "zoneinfo", "tzdata")
"""Pure modules that are imported once, not once per workflow."""


def leads_plugin() -> SimplePlugin:
    """The data converter, the workflows and their sandbox."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    return SimplePlugin(
        "leads",
        data_converter=DataConverter(payload_converter_class=LeadPayloadConverter),
        workflows=OURS,
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
    )
