"""The id of a new lead: as short as no other request has it."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from client.leads import LeadsClient
from process.decisions.opening import LeadOpened
from process.identity import possible_ids, request_key, source_key
from tests.support.waiting import TIMEOUT
from workflows.names import LEAD_WORKFLOW, REQUEST


@pytest.fixture
def leads(env: WorkflowEnvironment) -> LeadsClient:
    return LeadsClient(env.client, "new-ids", "http://localhost:8233", timedelta(seconds=TIMEOUT))


async def occupy(env: WorkflowEnvironment, lead_id: str) -> None:
    """Start the lead of another request with this id."""
    await env.client.start_workflow(
        LEAD_WORKFLOW, {}, id=lead_id, task_queue="elsewhere", memo={REQUEST: "another"}
    )


@pytest.mark.parametrize("taken", [0, 1, 2])
async def test_an_id_that_another_request_has_gets_more_characters(
    env: WorkflowEnvironment, leads: LeadsClient, taken: int
) -> None:
    opened = LeadOpened(org=f"University {taken}", person="Ada", title="A hub")
    ids = possible_ids(opened.org, request_key(opened.org, opened.title))
    assert [len(each) - len(ids[0]) for each in ids] == [0, 4, 8, 12]
    for lead_id in ids[:taken]:
        await occupy(env, lead_id)
    begun = await leads.open(opened)
    assert (begun.lead_id, begun.already) == (ids[taken], False)
    again = await leads.open(opened)
    assert (again.lead_id, again.already) == (ids[taken], True)


async def test_so_does_the_id_of_a_lead_that_is_taken_in(
    env: WorkflowEnvironment, leads: LeadsClient
) -> None:
    opened, key = LeadOpened(org="Institute", person="Ada", title="A hub"), source_key("github issue", "7")
    short, longer, *_ = possible_ids(opened.org, key)
    await occupy(env, short)
    begun = [await leads.take_in(opened, key=key) for _ in range(2)]
    assert [(each.lead_id, each.already) for each in begun] == [(longer, False), (longer, True)]


async def test_nor_is_an_id_of_an_ended_lead_that_only_the_ledger_knows(env: WorkflowEnvironment) -> None:
    opened = LeadOpened(org="Academy", person="Ada", title="A hub")
    erased, longer, *_ = possible_ids(opened.org, request_key(opened.org, opened.title))
    leads = LeadsClient(
        env.client,
        "new-ids",
        "http://localhost:8233",
        timedelta(seconds=TIMEOUT),
        is_recorded=lambda lead_id: lead_id == erased,
    )
    assert [(await leads.open(opened)).lead_id for _ in range(2)] == [longer, longer]
