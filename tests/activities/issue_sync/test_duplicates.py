"""Two leads for the same request: detected, decided on GitHub, and undone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from client.errors import RequestRefused
from process.decisions.opening import LeadOpened
from process.views.lead_overview import Overview
from tests.support.deployment import SALES, Deployment
from tests.support.questionnaires import found_by, has_read, look, submit
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

TITLE = "Teach a course"


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """Start a server for one test, since leads are compared with all others."""
    async with real_time() as server:
        yield server


def opened(title: str = TITLE, **more: Any) -> LeadOpened:
    return LeadOpened(**({"org": "Example University", "person": "Ada Example", "title": title} | more))


async def begun(deployment: Deployment, wanted: LeadOpened, **how: Any) -> LeadHandle:
    """Open a lead, and wait until visibility has it and its issue."""
    lead = await deployment.leads.find((await deployment.leads.open(wanted, **how)).lead_id)
    await deployment.until(lead, lambda view: view.lead.issue)
    number = await deployment.number(lead)
    async with asyncio.timeout(TIMEOUT):
        while await deployment.leads.by_issue("leads", number) is None:
            await asyncio.sleep(0.05)
    return lead


async def twice(deployment: Deployment, **answers: str) -> tuple[LeadHandle, LeadHandle]:
    """Open a lead and, by a similar response to the questionnaire, another one; return both."""
    first = await begun(deployment, opened())
    submit(deployment, **answers)
    (finding,) = (await look(deployment)).found
    twin = await deployment.leads.find(finding.rpartition(" ")[2])
    assert twin.id != first.id
    await settled(deployment, twin)
    await settled(deployment, first)
    return first, twin


async def settled(deployment: Deployment, handle: LeadHandle) -> Overview:
    return await deployment.until(handle, lambda view: all(e.status == "done" for e in view.effects))


async def issue(deployment: Deployment, handle: LeadHandle) -> dict[str, Any]:
    number = await deployment.number(handle)
    found: dict[str, Any] = await asyncio.to_thread(
        deployment.as_person, SALES, "GET", f"leads/issues/{number}"
    )
    return found


async def says(deployment: Deployment, handle: LeadHandle, text: str, *, login: str = SALES) -> str:
    """Comment on the issue and return the reply."""
    known = len(await deployment.answers(handle))
    await deployment.sync(handle, await deployment.comment(handle, text, login=login))
    (answer,) = (await deployment.answers(handle))[known:]
    return answer


async def test_a_possible_duplicate_is_held_linked_merged_and_unmerged(
    deployment: Deployment,
) -> None:
    first, twin = await twice(deployment, name="Grace Example")
    ours, theirs = await issue(deployment, first), await issue(deployment, twin)
    assert f"It may be the same request as {first.id}" in theirs["body"].replace("\\", "")
    assert f"/merged into={first.id}" in theirs["body"]
    assert f"]({'<'}{ours['html_url']}>)" in theirs["body"], "a link to the other issue"
    assert f"| May be a duplicate | [{twin.id}" in ours["body"]
    assert theirs["html_url"] in ours["body"]
    async with asyncio.timeout(TIMEOUT):
        while [row.lead_id for row in deployment.rows() if row.attention] != [twin.id]:
            await asyncio.sleep(0.05)

    refused = await says(deployment, twin, "/price-quoted amount=12000 currency=USD per=year")
    assert f"It may be the same request as {first.id} (same organisation)" in refused.replace("\\", "")
    assert f"/merged into={first.id}\n/kept-apart\n" in refused
    merged = await says(deployment, twin, f"/merged into={first.id}")
    assert "✅ Merged into" in merged
    await settled(deployment, twin)
    closed = await issue(deployment, twin)
    assert (closed["state"], closed["state_reason"]) == ("closed", "duplicate")
    assert f"| Merged into | [{first.id}" in closed["body"]
    assert ours["html_url"] in closed["body"]
    view = await has_read(deployment, first, "Grace Example")
    assert view.lead.email == "ada@example.org"
    await settled(deployment, first)
    assert "| Merged into this one |" in (await issue(deployment, first))["body"]

    answer = await says(deployment, twin, "/questionnaire-sent")
    assert f"The lead was merged into {first.id}. Go on there: `{ours['html_url']}`" in answer.replace(
        "\\", ""
    )

    seq = next(line.seq for line in (await deployment.leads.overview(twin)).timeline if line.kind == "merged")
    await says(deployment, twin, f'/corrected seq={seq} reason="Another faculty"')
    await settled(deployment, twin)
    again = await issue(deployment, twin)
    assert (again["state"], "/kept-apart" in again["body"]) == ("open", True)
    await deployment.until(first, lambda view: view.lead.email is None)
    await settled(deployment, first)
    body = (await issue(deployment, first))["body"]
    assert "Merged into this one" not in body
    assert "| May be a duplicate |" in body


async def test_a_lead_kept_apart_continues_and_is_never_flagged_again(deployment: Deployment) -> None:
    first, lead = await twice(deployment)
    stranger = await says(deployment, lead, "/kept-apart", login="chidi-contracts")
    assert "Only sales can decide that" in stranger
    answer = await says(deployment, lead, '/kept-apart reason="Another faculty"')
    assert f"✅ Kept apart from {first.id} (Another faculty)" in answer.replace("\\", "")
    await settled(deployment, lead)  # the other lead has its notice
    await settled(deployment, first)
    assert "duplicate" not in (await issue(deployment, first))["body"]
    for _ in range(2):
        done = (await deployment.reconcile()).results["reconcile_duplicates"]
        assert (done.found, done.failed) == ((), "")
    await says(deployment, lead, "/price-quoted amount=12000 currency=USD per=year")
    assert await deployment.stage(lead) == "quoted"


async def test_two_opened_at_once_are_found_by_the_next_reconciliation(deployment: Deployment) -> None:
    """Neither was visible when the other was opened."""
    leads = []
    for number in range(2):
        wanted = {
            "org": f"Institute {number}",
            "person": "Ada",
            "title": TITLE,
            "email": f"{number}@example.net",
        }
        lead = f"lead-moment-{number}"
        await deployment.env.client.start_workflow(
            "LeadWorkflow", wanted, id=lead, task_queue=deployment.settings.task_queue
        )
        leads.append(await deployment.leads.find(lead))
        await settled(deployment, leads[-1])
    older, younger = leads
    async with asyncio.timeout(TIMEOUT):
        while not (found := (await deployment.reconcile()).results["reconcile_duplicates"].found):
            await asyncio.sleep(0.1)
    assert found == (f"{younger.id} may be the same as {older.id}",)
    view = await deployment.until(younger, lambda view: view.lead.undecided)
    assert view.lead.undecided[0].reasons == ("same mail domain",)
    await deployment.until(older, lambda view: view.lead.duplicates)
    assert (await deployment.reconcile()).results["reconcile_duplicates"].found == ()
    assert not (await deployment.leads.overview(older)).lead.undecided


async def test_a_lead_without_similar_ones_is_not_held(deployment: Deployment) -> None:
    _, other = await twice(deployment, org="Another Institute", email="grace@example.net")
    assert not (await deployment.leads.overview(other)).lead.undecided
    key = (await (await other.describe()).memo())["request"]
    again = await deployment.leads.take_in(opened(org="Another Institute"), key=key)
    assert again.lead_id == other.id
    assert again.already


async def test_a_lead_opened_in_spite_of_a_duplicate_is_not_flagged(deployment: Deployment) -> None:
    first = await begun(deployment, opened())
    with pytest.raises(RequestRefused) as refused:
        await deployment.leads.open(opened("Another hub"))
    assert f"{first.id} (same organisation)" in str(refused.value)
    second = await begun(deployment, opened("Another hub"), not_a_duplicate=True)
    assert (await deployment.reconcile()).results["reconcile_duplicates"].found == ()
    view = await deployment.leads.overview(second)
    assert not view.lead.undecided
    assert [other.lead_id for other in view.lead.originals] == [first.id]
    assert (await deployment.leads.overview(first)).lead.duplicates == ()


async def test_a_lead_that_becomes_similar_is_found_by_the_next_reconciliation(
    deployment: Deployment,
) -> None:
    first = await begun(deployment, opened())
    second = await begun(deployment, opened(org="Another Institute"))
    assert (await deployment.reconcile()).results["reconcile_duplicates"].found == ()
    await second.execute_update("details_changed", {"org": "Example University"})
    async with asyncio.timeout(TIMEOUT):
        while not (await deployment.reconcile()).results["reconcile_duplicates"].found:
            await asyncio.sleep(0.1)
    view = await deployment.until(second, lambda view: view.lead.undecided)
    (other,) = view.lead.undecided
    assert (other.lead_id, other.reasons) == (first.id, ("same organisation", "same title"))


async def test_an_edited_response_of_a_merged_lead_reaches_its_successor(deployment: Deployment) -> None:
    first = await begun(deployment, opened())
    response = submit(deployment)
    (finding,) = (await look(deployment)).found
    twin = await deployment.leads.find(finding.rpartition(" ")[2])
    await has_read(deployment, twin, "Ada Example")
    await twin.execute_update("merged", {"into": first.id})
    await has_read(deployment, first, "Ada Example")
    await found_by(deployment, response)
    submit(deployment, response, name="Ada E. Example")
    (finding,) = (await look(deployment)).found
    assert finding == f"response {response}: {first.id}"
    await has_read(deployment, first, "Ada E. Example")
    assert not (await deployment.leads.overview(twin)).refused


@pytest.mark.parametrize("named", ["id", "beginning", "issue", "number", "address"])
async def test_the_other_lead_of_a_merge_is_named_by_its_id_or_its_issue(
    deployment: Deployment, named: str
) -> None:
    first, twin = await twice(deployment)
    number = await deployment.number(first)
    into = {
        "id": first.id,
        "beginning": first.id.removeprefix("lead-"),
        "issue": f"leads#{number}",
        "number": f"#{number}",
        "address": f"{deployment.sandbox.url}/2i2c-org/leads/issues/{number}",
    }[named]
    assert "✅ Merged into" in await says(deployment, twin, f"/merged into={into}")
    view = await deployment.leads.overview(twin)
    assert view.lead.merged_into
    assert view.lead.merged_into.lead_id == first.id


async def test_a_merge_into_an_unfit_lead_is_refused(deployment: Deployment) -> None:
    first, twin = await twice(deployment)
    for into, summary in (
        ("lead-nowhere", "There is no lead 'lead-nowhere'"),
        ("leads#999", "There is no lead 'leads#\u200b999'"),
        (twin.id, "A lead is not merged into itself"),
    ):
        assert summary in (await says(deployment, twin, f"/merged into={into}")).replace("\\", "")
    await first.execute_update("lost", {"reason": "budget"})
    answer = await says(deployment, twin, f"/merged into={first.id}")
    assert f"❌ `/merged` {first.id} is lost. Reopen that one first." in answer.replace("\\", "")
    assert await deployment.stage(twin) == "lead"


async def test_an_issue_closed_as_a_duplicate_merges_its_lead(deployment: Deployment) -> None:
    first, twin = await twice(deployment)
    path = f"leads/issues/{await deployment.number(twin)}"
    body = {"state": "closed", "state_reason": "duplicate"}
    await asyncio.to_thread(deployment.as_person, SALES, "PATCH", path, body)
    await deployment.reconcile()
    view = await deployment.until(twin, lambda view: view.stage == "lost")
    assert view.lead.merged_into
    assert view.lead.merged_into.lead_id == first.id
    await settled(deployment, twin)
    assert (await issue(deployment, twin))["state"] == "closed"
