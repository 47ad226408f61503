"""A workflow that goes on as a lead from a given state, so that a benchmark need not live the years before."""

from temporalio import workflow
from temporalio.common import RawValue


@workflow.defn
class ResumeWorkflow:
    """Continues as a lead in a new run with this state."""

    @workflow.run
    async def run(self, state: RawValue) -> None:
        workflow.continue_as_new(args=[state], workflow="LeadWorkflow")
