"""A workflow that goes on as a lead from a given state, so that a benchmark need not live the years before."""

from temporalio import workflow
from temporalio.common import RawValue


@workflow.defn
class ResumeWorkflow:
    """Continues as a lead in a new run with this input."""

    @workflow.run
    async def run(self, summary: RawValue, packed: RawValue) -> None:
        workflow.continue_as_new(args=[summary, packed], workflow="LeadWorkflow")
