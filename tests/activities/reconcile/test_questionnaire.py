"""Reconciliation assigns a response in Google Forms to its lead, or opens a lead for it."""

import asyncio

import pytest

from process.decisions.opening import LeadOpened
from tests.support.deployment import Deployment, own_env
from tests.support.questionnaires import found_by, has_read, look, submit, the_lead, verify
from tests.support.waiting import TIMEOUT

__all__ = ["own_env"]


async def test_a_response_by_somebody_new_becomes_one_lead(deployment: Deployment) -> None:
    response = submit(deployment)
    (finding,) = (await look(deployment)).found
    lead = await the_lead(deployment)
    assert finding == f"response {response}: {lead.id}"
    view = await has_read(deployment, lead, "Ada Example")
    assert view.heading == "[Example University / Ada Example] - Teach a course about whales"
    assert view.lead.email == "ada@example.org"
    assert (await look(deployment)).found == ()
    again = await deployment.leads.overview(await the_lead(deployment))
    assert [line.kind for line in again.timeline].count("questionnaire_answered") == 1


@pytest.mark.parametrize(
    "address", ["ada(at)example.org", "a@example.org, b@example.org", "Ada <ada@@example.org>"]
)
async def test_a_bad_address_is_said_and_the_response_becomes_a_lead_all_the_same(
    deployment: Deployment, address: str
) -> None:
    submit(deployment, email=address)
    await look(deployment)
    view = await has_read(deployment, await the_lead(deployment), "Ada Example")
    assert view.lead.email is None
    assert "The address in the response, '" in view.timeline[0].summary
    assert "is no mail address" in view.timeline[0].summary


async def test_an_edited_response_reaches_its_lead_again(deployment: Deployment) -> None:
    response = submit(deployment)
    await look(deployment)
    lead = await the_lead(deployment)
    await has_read(deployment, lead, "Ada Example")
    await found_by(deployment, response)
    submit(deployment, response, name="Grace Example", org="Another name of it", email="grace@example.com")
    await look(deployment)
    await has_read(deployment, lead, "Grace Example")
    assert (await the_lead(deployment)).id == lead.id


async def test_a_response_by_a_verified_address_belongs_to_its_lead(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person, email in (("Ada", "Ada@Example.org"), ("Grace", "grace@example.org")):
        opened = LeadOpened(org=f"{person}'s institute", person=person, title="A hub", email=email)
        await deployment.leads.open(opened, not_a_duplicate=True)
    async with asyncio.timeout(TIMEOUT):
        while len(await deployment.leads.by_domain("ada@example.org")) < 2:  # visibility is a moment late
            await asyncio.sleep(0.05)
    verify(monkeypatch, "ada@example.org")
    submit(deployment, email="grace@example.org")
    (finding,) = (await look(deployment)).found
    lead = await deployment.leads.find(finding.rpartition(" ")[2])
    view = await has_read(deployment, lead, "Ada Example")
    assert view.lead.org == "Ada's institute", "what Google has verified counts before what is typed"
    assert len(deployment.rows()) == 2


async def test_two_responses_of_one_person_at_once_make_one_lead(deployment: Deployment) -> None:
    submit(deployment)
    second = submit(deployment, name="Ada E. Example")
    assert len((await look(deployment)).found) == 2
    view = await deployment.until(
        await the_lead(deployment), lambda view: bool(view.lead.questionnaire.others[0].answers)
    )
    assert dict(view.lead.questionnaire.answers)["Your name"] == "Ada Example", "the first one stays"
    (other,) = view.lead.questionnaire.others
    assert (other.response_id, dict(other.answers)["Your name"]) == (second, "Ada E. Example")
    assert any("answered more than once" in line for line in view.attention)


async def test_one_address_with_two_organisations_makes_two_leads(deployment: Deployment) -> None:
    submit(deployment)
    await look(deployment)
    first = await the_lead(deployment)
    await has_read(deployment, first, "Ada Example")
    submit(deployment, org="Another Institute", name="Grace Example")
    (finding,) = (await look(deployment)).found
    second = await deployment.leads.find(finding.rpartition(" ")[2])
    assert second.id != first.id
    view = await has_read(deployment, second, "Grace Example")
    assert [other.lead_id for other in view.lead.undecided] == [first.id]
    await has_read(deployment, first, "Ada Example")


async def test_a_response_without_an_organisation_is_reported_until_it_is_assigned(
    deployment: Deployment,
) -> None:
    response = submit(deployment, org="\u200b")
    for _ in range(2):
        (finding,) = (await look(deployment)).found
        assert f"response {response} has no lead: it names no organisation" in finding
        assert f"--response-id {response}" in finding
    lead = await deployment.open()
    await lead.execute_update("questionnaire_answered", {"response_id": response})
    await found_by(deployment, response)
    assert (await look(deployment)).found == ()


async def test_a_response_that_somebody_assigned_is_not_taken_again(deployment: Deployment) -> None:
    """The signal names only the response. Its answers are read before the round, or after it."""
    early, late = await deployment.open(), await deployment.open()
    for lead, name, waits in ((early, "Ada Example", True), (late, "Grace Example", False)):
        response = submit(deployment, name=name, org=f"The organisation of {name}")
        await lead.signal("questionnaire_answered", {"response_id": response})
        if waits:
            await has_read(deployment, lead, name)
        await found_by(deployment, response)
    await look(deployment)
    for lead, name in ((early, "Ada Example"), (late, "Grace Example")):
        view = await has_read(deployment, lead, name)
        assert [line.kind for line in view.timeline].count("questionnaire_answered") == 1
    assert (await look(deployment)).found == ()
    submit(deployment, response, name="Another Example")
    await look(deployment)
    await has_read(deployment, late, "Another Example")
