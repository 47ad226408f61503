"""People answer the questionnaire in Google Forms; a round makes answers of a known lead of it, or a lead."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment

from process.decisions.opening import LeadOpened
from tests.support.office import Office
from tests.support.questionnaires import found_by, has_read, look, submit, the_lead
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own: a response belongs to one of all leads there are."""
    async with real_time() as server:
        yield server


async def test_a_response_of_somebody_new_becomes_a_lead_once(office: Office) -> None:
    response = submit(office)
    (said,) = (await look(office)).found
    lead = await the_lead(office)
    assert said == f"response {response}: {lead.id}"
    view = await has_read(office, lead, "Ada Example")
    assert view.heading == "[Example University / Ada Example] - Teach a course about whales"
    assert view.lead.email == "ada@example.org"
    assert (await look(office)).found == ()
    again = await office.leads.overview(await the_lead(office))
    assert [line.kind for line in again.timeline].count("questionnaire_answered") == 1


async def test_an_edited_response_is_read_again_by_its_lead(office: Office) -> None:
    response = submit(office)
    await look(office)
    lead = await the_lead(office)
    await has_read(office, lead, "Ada Example")
    await found_by(office, response)
    submit(office, response, name="Grace Example", org="Another name of it", email="grace@example.com")
    await look(office)
    await has_read(office, lead, "Grace Example")
    assert (await the_lead(office)).id == lead.id


async def test_it_belongs_to_the_lead_of_the_same_address(office: Office) -> None:
    for person, email in (("Ada", "Ada@Example.org"), ("Grace", "grace@example.org")):
        opened = LeadOpened(org=f"{person}'s institute", person=person, title="A hub", email=email)
        await office.leads.open(opened, duplicate=True)
    async with asyncio.timeout(TIMEOUT):
        while len(await office.leads.by_domain("ada@example.org")) < 2:  # visibility is a moment late
            await asyncio.sleep(0.05)
    submit(office)
    (said,) = (await look(office)).found
    lead = await office.leads.find(said.rpartition(" ")[2])
    view = await has_read(office, lead, "Ada Example")
    assert view.lead.org == "Ada's institute"
    assert len([row async for row in office.leads.list_leads()]) == 2


async def test_two_responses_of_one_person_at_once_make_one_lead(office: Office) -> None:
    submit(office)
    submit(office, name="Ada E. Example")
    assert len((await look(office)).found) == 2
    await has_read(office, await the_lead(office), "Ada E. Example")


async def test_a_response_without_an_organisation_is_told_until_a_person_gives_it_to_a_lead(
    office: Office,
) -> None:
    response = submit(office, org="\u200b")
    for _ in range(2):
        (said,) = (await look(office)).found
        assert f"response {response} has no lead: it names no organisation" in said
        assert f"--response-id {response}" in said
    lead = await office.open()
    await lead.execute_update("questionnaire_answered", {"response_id": response})
    await found_by(office, response)
    assert (await look(office)).found == ()
