"""Without any webhook: rounds find what people did, and what became of what leads have outside."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from client.directory import LeadHandle
from process.core.outbox import DriftCheck
from process.views.overview import Overview
from sandbox.faults import Fault
from tests.support.office import OWNER, SALES, Office, all_public
from tests.support.questionnaires import the_lead
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT
from workflows.reconcile import Reconciliation

PRICE = "/price-quoted amount=12000 currency=USD per=year"


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own: a round looks at all leads there are."""
    async with real_time() as server:
        yield server


def found(done: Reconciliation, system: str = "reconcile_github") -> str:
    part = done.results[system]
    assert not part.failed, part.failed
    return "; ".join(part.found)


async def seen(office: Office, lead: LeadHandle) -> None:
    """Visibility has the lead with all that it has outside."""
    await office.until(lead, lambda view: view.lead.card and all(e.status != "waiting" for e in view.effects))
    async with asyncio.timeout(TIMEOUT):
        while not any(each.id == lead.id and each.issue for each in await office.leads.open_leads()):
            await asyncio.sleep(0.05)


async def test_a_comment_that_nobody_told_of_is_heard_once(office: Office) -> None:
    lead = await office.open()
    await office.comment(lead, PRICE)
    await office.comment(lead, "See /usr/share/doc, please.")
    assert "leads#1" in found(await office.reconcile())
    assert await office.stage(lead) == "quoted"
    await office.reconcile()
    await office.sync(lead, await office.comment(lead, "/quote-accepted"))
    await office.reconcile()  # heard by both ways
    view = await office.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("quote_accepted") == 1
    assert not view.refused
    assert len(await office.answers(lead)) == 2


async def test_when_nothing_changed_nothing_is_paid_for_and_nobody_is_asked(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    for _ in range(2):
        await office.reconcile()
    before = (await lead.describe()).history_length
    done = await office.reconcile()
    assert done.results["reconcile_github"].found == ()
    assert done.results["reconcile_github"].cost == {"requests": 0, "unchanged": 4, "points": 2}
    assert (await lead.describe()).history_length == before


async def test_a_card_in_another_column_is_judged_and_put_back(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    await office.reconcile()
    office.sandbox.person(SALES).move("leads", await office.number(lead), "Hub")
    assert "leads#1" in found(await office.reconcile())
    (answer,) = await office.answers(lead)
    assert "moved the card to “Hub”" in answer
    async with asyncio.timeout(TIMEOUT):
        while "leads#1" in "".join((await office.reconcile()).results["reconcile_github"].found):
            await asyncio.sleep(0.05)
    assert await office.stage(lead) == "lead"
    assert len(await office.answers(lead)) == 1


async def test_a_deleted_and_an_archived_card_come_back(office: Office) -> None:
    lead = await office.open()
    number = await office.number(lead)
    await seen(office, lead)
    office.sandbox.person(SALES).delete_card("leads", number)
    assert f"{lead.id}: no card on the board" in found(await office.reconcile())
    view = await office.until(
        lead, lambda view: "card was deleted" in view.timeline[-2].summary + view.timeline[-1].summary
    )
    await office.until(lead, lambda now: now.lead.card != view.lead.card or now.lead.card)
    await seen(office, lead)
    assert f"{lead.id}: nothing is missing any more" in found(await office.reconcile())
    office.sandbox.person(SALES).archive_card("leads", number)
    await office.reconcile()
    await office.until(lead, lambda view: any("card was archived" in line.summary for line in view.timeline))
    await seen(office, lead)
    assert not any(item.archived for item in office.sandbox.github.items.values())


async def test_a_transferred_issue_is_followed(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    all_public(office)
    office.sandbox.person(OWNER).transfer("leads", await office.number(lead), "pilot-hubs")
    await office.reconcile()
    view = await office.until(lead, lambda view: view.lead.issue and view.lead.issue.home)
    assert view.lead.issue
    assert view.lead.issue.home == "pilot-hubs"
    assert "/pilot-hubs/issues/" in view.lead.issue.url
    await office.leads.client.get_workflow_handle(lead.id).execute_update("questionnaire_sent", {})
    await office.until(lead, lambda view: all(e.status in ("done", "blocked") for e in view.effects))
    moved = await asyncio.to_thread(office.as_person, SALES, "GET", f"pilot-hubs/issues/{view.lead.issue.id}")
    assert "[x] Questionnaire sent" in moved["body"]
    await office.comment_on("pilot-hubs", int(view.lead.issue.id), PRICE)
    await office.reconcile()
    assert await office.stage(lead) == "quoted"


async def test_a_deleted_issue_is_reported_and_replaced_when_a_person_says_so(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    office.sandbox.person(OWNER).delete("leads", await office.number(lead))
    await office.reconcile()
    view = await office.until(lead, lambda view: view.lead.drift)
    assert "leads#1 is gone: have a new one (issue_replaced)" in view.attention[0]
    assert not [effect for effect in view.effects if effect.status == "parked"]
    await lead.execute_update("issue_replaced", {})
    view = await office.until(lead, lambda view: view.lead.issue is not None and view.lead.card)
    assert view.lead.issue
    assert view.lead.issue.id != "1"
    assert not view.attention


async def test_an_issue_that_was_opened_twice_is_closed_as_a_duplicate(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    first = await asyncio.to_thread(office.as_person, SALES, "GET", "leads/issues/1")
    twin = {"title": first["title"], "body": first["body"]}
    ours = await asyncio.to_thread(office.as_service, "POST", "leads/issues", twin)
    copied = await asyncio.to_thread(office.as_person, SALES, "POST", "leads/issues", twin)
    assert f"issue {ours['number']}, {copied['number']} carries its marker" in found(await office.reconcile())
    await office.until(lead, lambda view: any("opened twice" in line.summary for line in view.timeline))
    closed = await asyncio.to_thread(office.as_person, SALES, "GET", f"leads/issues/{ours['number']}")
    assert (closed["state"], closed["state_reason"]) == ("closed", "duplicate")
    theirs = await asyncio.to_thread(office.as_person, SALES, "GET", f"leads/issues/{copied['number']}")
    assert (theirs["state"], theirs["body"]) == ("open", first["body"])


async def test_an_issue_becomes_a_lead_though_nobody_told_of_it(office: Office) -> None:
    """One from the template for hubs, which puts on its label alone; and one that lacks something."""
    amara = office.sandbox.person(SALES)
    amara.open("leads", "[Example University / Ada Example] - A hub", labels=("service:hub",))
    amara.open("leads", "[Lead org / Grace Example] - Another", labels=("lead",))
    amara.open("leads", "Not a lead")
    assert found(await office.reconcile()) == "2 to sync: leads#1, leads#2"
    lead = await the_lead(office)
    await seen(office, lead)
    await office.reconcile()
    assert await office.number(lead) == 1
    assert len(await office.answers(lead)) == 1
    (asked,) = await office.answers_there("leads", 2)
    assert "**Organisation**" in asked
    assert len([row async for row in office.leads.list_leads()]) == 1


async def test_a_copy_that_is_a_lead_of_its_own_is_no_double(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    first = await asyncio.to_thread(office.as_person, SALES, "GET", "leads/issues/1")
    amara = office.sandbox.person(SALES)
    amara.open("leads", "[Example University / Grace Example] - A copy", first["body"], labels=("lead",))
    await office.reconcile()
    async with asyncio.timeout(TIMEOUT):
        while len([each for each in await office.leads.open_leads() if each.issue]) < 2:
            await asyncio.sleep(0.05)
    amara.edit("leads", 2, title="[Example University / Grace Example] - Another copy")
    assert found(await office.reconcile()) == "1 to sync: leads#2"


async def test_a_renamed_repository_is_followed_and_reported(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    await office.reconcile()
    office.sandbox.person(OWNER).rename_repository("leads", "prospects")
    said = found(await office.reconcile())
    assert "the repository leads is called prospects on GitHub" in said
    assert "set LEADS_GITHUB__LEADS_REPO=prospects, and restart" in said
    await office.comment_on("prospects", 1, PRICE)
    await office.reconcile()
    assert await office.stage(lead) == "quoted"
    assert len(await office.answers_there("prospects", 1)) == 1
    assert found(await office.reconcile()).count(lead.id) == 0
    await office.leads.check_drift(lead.id, DriftCheck(folder=False))
    view = await office.until(lead, lambda view: view.lead.issue and "prospects" in view.lead.issue.url)
    assert view.lead.issue
    assert view.lead.issue.home == ""
    await seen(office, lead)
    assert found(await office.reconcile()).count(lead.id) == 0
    another = await office.open("Another")  # a write, which GitHub sends on
    view = await office.until(another, lambda view: view.lead.card)
    assert view.lead.issue
    assert view.lead.issue.url.endswith("/prospects/issues/2")


async def test_a_renamed_column_is_reported_and_no_card_is_anybodys_move(office: Office) -> None:
    lead = await office.open()
    await seen(office, lead)
    await office.reconcile()
    office.sandbox.person(OWNER).rename_column("Lead", "Prospects")
    said = found(await office.reconcile())
    assert "the board has no column “Lead”" in said
    assert "to sync" not in said
    assert await office.answers(lead) == []
    office.sandbox.person(OWNER).rename_column("Prospects", "Lead")
    assert found(await office.reconcile()) == ""


async def with_folder(office: Office) -> LeadHandle:
    lead = await office.open()
    await lead.execute_update("asset_attached", {"name": "Budget"})
    await office.until(lead, lambda view: view.lead.folder)
    await seen(office, lead)
    await folder_seen(office, lead)
    await office.reconcile()
    return lead


async def folder_seen(office: Office, lead: LeadHandle) -> None:
    """Visibility knows that the lead has a folder."""
    async with asyncio.timeout(TIMEOUT):
        while not any(each.id == lead.id and each.has_folder for each in await office.leads.open_leads()):
            await asyncio.sleep(0.05)


async def test_a_folder_in_the_trash_is_reported_until_it_is_back(office: Office) -> None:
    lead, ann = await with_folder(office), office.sandbox.on_drive()
    folder = ann.find_folder(leadId=lead.id).id
    ann.trash(folder)
    assert f"{lead.id}: its folder is not where it was" in found(await office.reconcile(), "reconcile_drive")
    await office.until(lead, lambda view: "is in the trash: restore it there" in "".join(view.attention))
    ann.restore(folder)
    await office.reconcile()
    await office.until(lead, lambda view: not view.attention)
    ann.trash(office.sandbox.ids["leads_folder"])
    await office.reconcile()
    await office.until(lead, lambda view: "in a folder that is in the trash" in "".join(view.attention))


async def told_once(office: Office, lead: LeadHandle, summary: str) -> Overview:
    """A round tells the lead, and the next one has no news."""
    await office.reconcile()
    view = await office.until(lead, lambda view: summary in view.timeline[-1].summary)
    assert not view.attention
    await office.reconcile()
    assert len((await office.leads.overview(lead)).timeline) == len(view.timeline)
    return view


async def test_a_folder_that_was_moved_or_renamed_is_followed_and_told_once(office: Office) -> None:
    lead, ann = await with_folder(office), office.sandbox.on_drive()
    folder = ann.find_folder(leadId=lead.id).id
    sales = office.sandbox.google.files[office.sandbox.ids["leads_folder"]].parents[0]
    ann.rename(folder, "Ocean course")
    await told_once(office, lead, "was renamed to “Ocean course”")
    ann.move(folder, sales)
    view = await told_once(office, lead, "was moved out of the folder for leads")
    assert view.lead.folder
    assert (view.lead.folder.id, view.lead.folder.name) == (folder, "Ocean course")
    ann.move(folder, office.sandbox.ids["leads_folder"])
    await office.reconcile()
    await office.until(lead, lambda view: "back into the folder for leads" in view.timeline[-1].summary)


async def test_a_folder_that_was_deleted_is_replaced_when_a_person_says_so(office: Office) -> None:
    lead, ann = await with_folder(office), office.sandbox.on_drive()
    old = ann.find_folder(leadId=lead.id).id
    ann.delete(old)
    await office.reconcile()
    view = await office.until(lead, lambda view: view.lead.drift)
    assert "was deleted" in view.attention[0]
    assert "(folder_replaced)" in view.attention[0]
    await office.sync(lead, await office.comment(lead, "/folder-replaced"))
    view = await office.until(lead, lambda view: view.lead.folder and view.lead.folder.id != old)
    assert view.lead.folder
    assert ann.find_folder(leadId=lead.id).id == view.lead.folder.id
    assert not view.attention
    await seen(office, lead)
    await office.reconcile()
    assert not (await office.leads.overview(lead)).attention


async def test_the_invoices_of_a_deleted_folder_lie_in_the_new_one_byte_for_byte(office: Office) -> None:
    lead, google = await office.open(), office.sandbox.google
    start = f"{datetime.now(UTC).date() - timedelta(days=40)}"
    for kind, body in (
        ("price_quoted", {"amount": "12000", "currency": "USD", "per": "year"}),
        ("quote_accepted", {}),
        ("contract_signed", {"evidence": "https://drive.example.org/signed.pdf", "start": start}),
        ("vendor_setup_not_needed", {}),
    ):
        await lead.execute_update(kind, body)

    def documents(view: Overview) -> dict[str, bytes]:
        files = google.children(view.lead.folder.id) if view.lead.folder else []
        return {file.name: google.content(file.id) for file in files}

    view = await office.until(lead, lambda view: len(documents(view)) == 2 and view.lead.invoices[1].file)
    before = documents(view)
    await lead.execute_update("details_changed", {"org": "Renamed University"})
    await folder_seen(office, lead)
    await office.reconcile()
    office.sandbox.on_drive().delete(view.lead.folder.id if view.lead.folder else "")
    await office.reconcile()
    await office.until(lead, lambda view: view.lead.drift)
    await office.sync(lead, await office.comment(lead, "/folder-replaced"))
    view = await office.until(lead, lambda view: "Invoice 2 was made again" in view.timeline[-1].summary)
    assert documents(view) == before
    assert [mail.template for mail in view.lead.mails].count("invoice") == 2


async def test_one_system_that_fails_does_not_hide_the_others(office: Office) -> None:
    lead = await office.open()
    await office.comment(lead, PRICE)
    office.sandbox.faults.add(Fault(system="forms", kind="status", status=403, times=None))
    done = await office.reconcile()
    assert "403" in done.results["reconcile_questionnaire"].failed
    assert await office.stage(lead) == "quoted"


async def test_a_rate_limit_is_waited_out(office: Office) -> None:
    lead = await office.open()
    await office.comment(lead, PRICE)
    office.sandbox.faults.add(
        Fault(system="github", kind="secondary_limit", seconds=2, path="/issues/comments")
    )
    assert "leads#1" in found(await office.reconcile())
    assert await office.stage(lead) == "quoted"
