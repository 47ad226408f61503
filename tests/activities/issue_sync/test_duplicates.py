"""The same request taken in twice, from the outside: seen at once, decided where people talk, and undone."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from client.errors import RequestRefused
from process.decisions.opening import LeadOpened
from process.views.overview import Overview
from tests.support.office import SALES, Office
from tests.support.questionnaires import found_by, has_read, look, submit
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

TITLE = "Teach a course"


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own: leads are compared with all there are."""
    async with real_time() as server:
        yield server


def opened(title: str = TITLE, **more: Any) -> LeadOpened:
    return LeadOpened(**({"org": "Example University", "person": "Ada Example", "title": title} | more))


async def begun(office: Office, wanted: LeadOpened, **how: Any) -> LeadHandle:
    """A lead with its issue, once visibility has both."""
    lead = await office.leads.find((await office.leads.open(wanted, **how)).lead_id)
    await office.until(lead, lambda view: view.lead.issue)
    number = await office.number(lead)
    async with asyncio.timeout(TIMEOUT):
        while await office.leads.by_issue("leads", number) is None:
            await asyncio.sleep(0.05)
    return lead


async def twice(office: Office, **answers: str) -> tuple[LeadHandle, LeadHandle]:
    """A lead, and a response to the questionnaire that looks like it; with the response's lead."""
    first = await begun(office, opened())
    submit(office, **answers)
    (said,) = (await look(office)).found
    twin = await office.leads.find(said.rpartition(" ")[2])
    assert twin.id != first.id
    await settled(office, twin)
    await settled(office, first)
    return first, twin


async def settled(office: Office, lead: LeadHandle) -> Overview:
    return await office.until(lead, lambda view: all(e.status == "done" for e in view.effects))


async def issue(office: Office, lead: LeadHandle) -> dict[str, Any]:
    number = await office.number(lead)
    found: dict[str, Any] = await asyncio.to_thread(office.as_person, SALES, "GET", f"leads/issues/{number}")
    return found


async def says(office: Office, lead: LeadHandle, text: str, *, login: str = SALES) -> str:
    """Somebody comments on its issue; what is answered there."""
    known = len(await office.answers(lead))
    await office.sync(lead, await office.comment(lead, text, login=login))
    (answer,) = (await office.answers(lead))[known:]
    return answer


async def test_a_response_that_looks_like_an_open_lead_is_held_linked_merged_and_undone(
    office: Office,
) -> None:
    first, twin = await twice(office, name="Grace Example")
    ours, theirs = await issue(office, first), await issue(office, twin)
    assert f"It may be the same request as {first.id}" in theirs["body"].replace("\\", "")
    assert f"/merged into={first.id}" in theirs["body"]
    assert f"]({'<'}{ours['html_url']}>)" in theirs["body"], "a link to the other issue"
    assert f"| May be a duplicate | [{twin.id}" in ours["body"]
    assert theirs["html_url"] in ours["body"]
    async with asyncio.timeout(TIMEOUT):
        while [row.lead_id async for row in office.leads.list_leads(attention=True)] != [twin.id]:
            await asyncio.sleep(0.05)

    refused = await says(office, twin, "/price-quoted amount=12000 currency=USD per=year")
    assert f"It may be the same request as {first.id} (same organisation)" in refused.replace("\\", "")
    assert f"/kept-apart\n/merged into={first.id}\n" in refused
    merged = await says(office, twin, f"/merged into={first.id}")
    assert "✅ Merged into" in merged
    await settled(office, twin)
    closed = await issue(office, twin)
    assert (closed["state"], closed["state_reason"]) == ("closed", "duplicate")
    assert f"| Merged into | [{first.id}" in closed["body"]
    assert ours["html_url"] in closed["body"]
    view = await has_read(office, first, "Grace Example")
    assert view.lead.email == "ada@example.org"
    await settled(office, first)
    assert "| Merged into this one |" in (await issue(office, first))["body"]

    answer = await says(office, twin, "/questionnaire-sent")
    assert f"The lead was merged into {first.id}. Go on there: <{ours['html_url']}>" in answer.replace(
        "\\", ""
    )

    seq = next(line.seq for line in (await office.leads.overview(twin)).timeline if line.kind == "merged")
    await says(office, twin, f'/corrected seq={seq} reason="Another faculty"')
    await settled(office, twin)
    again = await issue(office, twin)
    assert (again["state"], "/kept-apart" in again["body"]) == ("open", True)
    await office.until(first, lambda view: view.lead.email is None)
    await settled(office, first)
    body = (await issue(office, first))["body"]
    assert "Merged into this one" not in body
    assert "| May be a duplicate |" in body


async def test_kept_apart_it_goes_on_and_is_never_asked_about_again(office: Office) -> None:
    first, lead = await twice(office)
    stranger = await says(office, lead, "/kept-apart", login="chidi-contracts")
    assert "for sales to decide" in stranger
    answer = await says(office, lead, '/kept-apart reason="Another faculty"')
    assert f"✅ Kept apart from {first.id} (Another faculty)" in answer.replace("\\", "")
    await settled(office, lead)  # it has told the other one
    await settled(office, first)
    assert "duplicate" not in (await issue(office, first))["body"]
    for _ in range(2):
        done = (await office.reconcile()).results["reconcile_duplicates"]
        assert (done.found, done.failed) == ((), "")
    await says(office, lead, "/price-quoted amount=12000 currency=USD per=year")
    assert await office.stage(lead) == "quoted"


async def test_two_at_the_same_moment_are_found_by_the_next_round(office: Office) -> None:
    """Neither could be seen by the other as it began."""
    leads = []
    for number in range(2):
        wanted = {
            "org": f"Institute {number}",
            "person": "Ada",
            "title": TITLE,
            "email": f"{number}@example.net",
        }
        lead = f"lead-moment-{number}"
        await office.env.client.start_workflow(
            "LeadWorkflow", wanted, id=lead, task_queue=office.settings.task_queue
        )
        leads.append(await office.leads.find(lead))
        await settled(office, leads[-1])
    older, younger = leads
    async with asyncio.timeout(TIMEOUT):
        while not (found := (await office.reconcile()).results["reconcile_duplicates"].found):
            await asyncio.sleep(0.1)
    assert found == (f"{younger.id} may be the same as {older.id}",)
    view = await office.until(younger, lambda view: view.lead.undecided)
    assert view.lead.undecided[0].reasons == ("same mail domain",)
    await office.until(older, lambda view: view.lead.duplicates)
    assert (await office.reconcile()).results["reconcile_duplicates"].found == ()
    assert not (await office.leads.overview(older)).lead.undecided


async def test_what_looks_like_nothing_is_not_held(office: Office) -> None:
    _, other = await twice(office, org="Another Institute", email="grace@example.net")
    assert not (await office.leads.overview(other)).lead.undecided
    again = await office.leads.take_in(opened(org="Another Institute"), lead_id=other.id)
    assert again.already


async def test_what_was_begun_as_another_one_is_not_asked_about(office: Office) -> None:
    first = await begun(office, opened())
    with pytest.raises(RequestRefused) as refused:
        await office.leads.open(opened("Another hub"))
    assert f"{first.id} (same organisation)" in str(refused.value)
    second = await begun(office, opened("Another hub"), duplicate=True)
    assert (await office.reconcile()).results["reconcile_duplicates"].found == ()
    view = await office.leads.overview(second)
    assert not view.lead.undecided
    assert [other.lead_id for other in view.lead.originals] == [first.id]
    assert (await office.leads.overview(first)).lead.duplicates == ()


async def test_a_lead_that_comes_to_look_like_another_is_found_by_the_next_round(office: Office) -> None:
    first = await begun(office, opened())
    second = await begun(office, opened(org="Another Institute"))
    assert (await office.reconcile()).results["reconcile_duplicates"].found == ()
    await second.execute_update("details_changed", {"org": "Example University"})
    async with asyncio.timeout(TIMEOUT):
        while not (await office.reconcile()).results["reconcile_duplicates"].found:
            await asyncio.sleep(0.1)
    view = await office.until(second, lambda view: view.lead.undecided)
    (other,) = view.lead.undecided
    assert (other.lead_id, other.reasons) == (first.id, ("same organisation", "same title"))


async def test_an_edited_response_of_a_merged_lead_reaches_the_one_that_goes_on(office: Office) -> None:
    first = await begun(office, opened())
    response = submit(office)
    (said,) = (await look(office)).found
    twin = await office.leads.find(said.rpartition(" ")[2])
    await has_read(office, twin, "Ada Example")
    await twin.execute_update("merged", {"into": first.id})
    await has_read(office, first, "Ada Example")
    await found_by(office, response)
    submit(office, response, name="Ada E. Example")
    (said,) = (await look(office)).found
    assert said == f"response {response}: {first.id}"
    await has_read(office, first, "Ada E. Example")
    assert not (await office.leads.overview(twin)).refused


@pytest.mark.parametrize("named", ["id", "beginning", "issue", "number", "address"])
async def test_the_lead_that_goes_on_is_named_by_its_id_or_its_issue(office: Office, named: str) -> None:
    first, twin = await twice(office)
    number = await office.number(first)
    into = {
        "id": first.id,
        "beginning": first.id.removeprefix("lead-"),
        "issue": f"leads#{number}",
        "number": f"#{number}",
        "address": f"{office.sandbox.url}/2i2c-org/leads/issues/{number}",
    }[named]
    assert "✅ Merged into" in await says(office, twin, f"/merged into={into}")
    view = await office.leads.overview(twin)
    assert view.lead.merged_into
    assert view.lead.merged_into.lead_id == first.id


async def test_what_cannot_go_on_is_refused_where_it_was_asked(office: Office) -> None:
    first, twin = await twice(office)
    for into, summary in (
        ("lead-nowhere", "There is no lead"),
        ("leads#999", "999 is no lead's issue"),
        (twin.id, "A lead is not merged into itself"),
    ):
        assert summary in (await says(office, twin, f"/merged into={into}")).replace("\\", "")
    await first.execute_update("lost", {"reason": "budget"})
    answer = await says(office, twin, f"/merged into={first.id}")
    assert f"❌ `/merged` {first.id} is lost. Reopen that one first." in answer.replace("\\", "")
    assert await office.stage(twin) == "lead"


async def test_closed_as_a_duplicate_it_is_merged_into_the_lead_that_it_looks_like(office: Office) -> None:
    first, twin = await twice(office)
    path = f"leads/issues/{await office.number(twin)}"
    body = {"state": "closed", "state_reason": "duplicate"}
    await asyncio.to_thread(office.as_person, SALES, "PATCH", path, body)
    await office.reconcile()
    view = await office.until(twin, lambda view: view.stage == "lost")
    assert view.lead.merged_into
    assert view.lead.merged_into.lead_id == first.id
    await settled(office, twin)
    assert (await issue(office, twin))["state"] == "closed"
