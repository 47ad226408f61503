"""A lead whose run has just begun, so that its first task is not scheduled yet."""

import asyncio
from datetime import timedelta

import pytest
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from client.connection import is_not_ready
from client.leads import LeadsClient
from process.decisions.registry import DECISIONS
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from workflows.lead import LeadWorkflow

QUEUE = "new-run"
OPENED = {"org": "Example University", "person": "Ada", "title": "A hub"}
LATER = timedelta(hours=1)
"""The server schedules the first task then, or as soon as an update arrives."""


async def test_a_question_waits_for_the_first_task(env: WorkflowEnvironment) -> None:
    leads = LeadsClient(env.client, QUEUE, "http://localhost", timeout=timedelta(seconds=TIMEOUT))
    async with Worker(env.client, task_queue=QUEUE, activities=Outside().activities()):
        await env.client.start_workflow(
            LeadWorkflow.run, OPENED, id="lead-new", task_queue=QUEUE, start_delay=LATER
        )
        handle = env.client.get_workflow_handle_for(LeadWorkflow.run, "lead-new")
        with pytest.raises(RPCError) as early:
            await handle.query("lead")
        assert is_not_ready(early.value)
        question = asyncio.create_task(leads.overview(handle))
        await leads.decide(handle, DECISIONS["questionnaire_sent"]())
        assert (await question).lead_id == "lead-new"
