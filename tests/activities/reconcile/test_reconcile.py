"""Without webhooks, reconciliation finds people's changes, and drift of the leads' artifacts."""

import asyncio
from datetime import UTC, datetime, timedelta

from client.directory import LeadHandle
from process.core.outbox import DriftCheck
from process.views.lead_overview import Overview
from sandbox.faults import Fault
from tests.support.deployment import OWNER, SALES, Deployment, all_public, own_env
from tests.support.questionnaires import the_lead
from tests.support.waiting import TIMEOUT
from workflows.reconcile import Reconciliation

__all__ = ["own_env"]

PRICE = "/price-quoted amount=12000 currency=USD per=year"


def found(done: Reconciliation, system: str = "reconcile_github") -> str:
    part = done.results[system]
    assert not part.failed, part.failed
    return "; ".join(part.found)


async def seen(deployment: Deployment, handle: LeadHandle) -> None:
    """Wait until the ledger shows the lead with all its artifacts."""
    await deployment.until(
        handle, lambda view: view.lead.card and all(e.status != "waiting" for e in view.effects)
    )
    await deployment.until_row(handle, lambda row: row.issue)


async def test_a_comment_without_a_webhook_is_answered_once(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.comment(lead, PRICE)
    await deployment.comment(lead, "See /usr/share/doc, please.")
    assert "leads#1" in found(await deployment.reconcile())
    assert await deployment.stage(lead) == "quoted"
    await deployment.reconcile()
    await deployment.sync(lead, await deployment.comment(lead, "/quote-accepted"))
    await deployment.reconcile()  # noticed by both the webhook and the reconciliation
    view = await deployment.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("quote_accepted") == 1
    assert not view.refused
    assert len(await deployment.answers(lead)) == 2


async def test_without_changes_nothing_is_requested(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    for _ in range(2):
        await deployment.reconcile()
    before = (await lead.describe()).history_length
    done = await deployment.reconcile()
    assert done.results["reconcile_github"].found == ()
    assert done.results["reconcile_github"].cost == {"requests": 0, "unchanged": 4, "points": 1}
    assert (await lead.describe()).history_length == before


async def test_a_card_in_another_column_is_questioned_and_moved_back(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    await deployment.reconcile()
    deployment.sandbox.person(SALES).move("leads", await deployment.number(lead), "Hub")
    assert "leads#1" in found(await deployment.reconcile())
    (answer,) = await deployment.answers(lead)
    assert "moved the card to “Hub”" in answer
    async with asyncio.timeout(TIMEOUT):
        while "leads#1" in "".join((await deployment.reconcile()).results["reconcile_github"].found):
            await asyncio.sleep(0.05)
    assert await deployment.stage(lead) == "lead"
    assert len(await deployment.answers(lead)) == 1


async def test_a_deleted_and_an_archived_card_are_restored(deployment: Deployment) -> None:
    lead = await deployment.open()
    number = await deployment.number(lead)
    await seen(deployment, lead)
    deployment.sandbox.person(SALES).delete_card("leads", number)
    assert f"{lead.id}: no card on the board" in found(await deployment.reconcile())
    view = await deployment.until(
        lead, lambda view: "card was deleted" in view.timeline[-2].summary + view.timeline[-1].summary
    )
    await deployment.until(lead, lambda now: now.lead.card != view.lead.card or now.lead.card)
    await seen(deployment, lead)
    assert lead.id not in found(await deployment.reconcile())
    deployment.sandbox.person(SALES).archive_card("leads", number)
    await deployment.reconcile()
    await deployment.until(
        lead, lambda view: any("card was archived" in line.summary for line in view.timeline)
    )
    await seen(deployment, lead)
    assert not any(item.archived for item in deployment.sandbox.github.items.values())


async def test_a_transferred_issue_is_followed(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    all_public(deployment)
    deployment.sandbox.person(OWNER).transfer("leads", await deployment.number(lead), "pilot-hubs")
    await deployment.reconcile()
    view = await deployment.until(lead, lambda view: view.lead.issue and view.lead.issue.home)
    assert view.lead.issue
    assert view.lead.issue.home == "pilot-hubs"
    assert "/pilot-hubs/issues/" in view.lead.issue.url
    await deployment.leads.client.get_workflow_handle(lead.id).execute_update("questionnaire_sent", {})
    await deployment.until(lead, lambda view: all(e.status in ("done", "blocked") for e in view.effects))
    moved = await asyncio.to_thread(
        deployment.as_person, SALES, "GET", f"pilot-hubs/issues/{view.lead.issue.id}"
    )
    assert "[x] Questionnaire sent" in moved["body"]
    await deployment.comment_on("pilot-hubs", int(view.lead.issue.id), PRICE)
    await deployment.reconcile()
    assert await deployment.stage(lead) == "quoted"


async def test_a_deleted_issue_is_reported_and_replaced_on_demand(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    deployment.sandbox.person(OWNER).delete("leads", await deployment.number(lead))
    await deployment.reconcile()
    view = await deployment.until(lead, lambda view: view.lead.drift)
    assert "leads#1 is gone: have a new one (issue_replaced)" in view.attention[0]
    assert not [effect for effect in view.effects if effect.status == "parked"]
    await lead.execute_update("issue_replaced", {})
    view = await deployment.until(lead, lambda view: view.lead.issue is not None and view.lead.card)
    assert view.lead.issue
    assert view.lead.issue.id != "1"
    assert not view.attention


async def test_an_issue_that_was_opened_twice_is_closed_as_a_duplicate(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    first = await asyncio.to_thread(deployment.as_person, SALES, "GET", "leads/issues/1")
    twin = {"title": first["title"], "body": first["body"]}
    ours = await asyncio.to_thread(deployment.as_service, "POST", "leads/issues", twin)
    copied = await asyncio.to_thread(deployment.as_person, SALES, "POST", "leads/issues", twin)
    assert f"issue leads#{ours['number']}, leads#{copied['number']} carries its marker" in found(
        await deployment.reconcile()
    )
    await deployment.until(lead, lambda view: any("opened twice" in line.summary for line in view.timeline))
    closed = await asyncio.to_thread(deployment.as_person, SALES, "GET", f"leads/issues/{ours['number']}")
    assert (closed["state"], closed["state_reason"]) == ("closed", "duplicate")
    theirs = await asyncio.to_thread(deployment.as_person, SALES, "GET", f"leads/issues/{copied['number']}")
    assert (theirs["state"], theirs["body"]) == ("open", first["body"])


async def test_an_issue_without_a_webhook_becomes_a_lead(deployment: Deployment) -> None:
    """One issue is from the template for hubs, which sets only its own label; the other one is incomplete."""
    amara = deployment.sandbox.person(SALES)
    amara.open("leads", "[Example University / Ada Example] - A hub", labels=("service:hub",))
    amara.open("leads", "[Lead org / Grace Example] - Another", labels=("lead",))
    amara.open("leads", "Not a lead")
    assert found(await deployment.reconcile()) == "2 to sync: leads#1, leads#2"
    lead = await the_lead(deployment)
    await seen(deployment, lead)
    await deployment.reconcile()
    assert await deployment.number(lead) == 1
    assert len(await deployment.answers(lead)) == 1
    (asked,) = await deployment.answers_there("leads", 2)
    assert "**Organisation**" in asked
    assert len(deployment.rows()) == 1


async def test_a_copy_with_a_lead_of_its_own_is_no_duplicate(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    first = await asyncio.to_thread(deployment.as_person, SALES, "GET", "leads/issues/1")
    amara = deployment.sandbox.person(SALES)
    amara.open("leads", "[Example University / Grace Example] - A copy", first["body"], labels=("lead",))
    await deployment.reconcile()
    async with asyncio.timeout(TIMEOUT):
        while len(deployment.rows()) < 2:
            await asyncio.sleep(0.05)
    amara.edit("leads", 2, title="[Example University / Grace Example] - Another copy")
    assert found(await deployment.reconcile()) == "1 to sync: leads#2"


async def test_a_renamed_repository_is_followed_and_reported(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    await deployment.reconcile()
    deployment.sandbox.person(OWNER).rename_repository("leads", "prospects")
    findings = found(await deployment.reconcile())
    assert "the repository leads is called prospects on GitHub" in findings
    assert "set LEADS_GITHUB__LEADS_REPO=prospects, and restart" in findings
    await deployment.comment_on("prospects", 1, PRICE)
    await deployment.reconcile()
    assert await deployment.stage(lead) == "quoted"
    assert len(await deployment.answers_there("prospects", 1)) == 1
    assert found(await deployment.reconcile()).count(lead.id) == 0
    await deployment.leads.check_drift(lead.id, DriftCheck(folder=False))
    view = await deployment.until(lead, lambda view: view.lead.issue and "prospects" in view.lead.issue.url)
    assert view.lead.issue
    assert view.lead.issue.home == ""
    await seen(deployment, lead)
    assert found(await deployment.reconcile()).count(lead.id) == 0
    another = await deployment.open("Another")  # a write, which GitHub sends on
    view = await deployment.until(another, lambda view: view.lead.card)
    assert view.lead.issue
    assert view.lead.issue.url.endswith("/prospects/issues/2")


async def test_a_renamed_column_is_reported_and_moves_no_lead(deployment: Deployment) -> None:
    lead = await deployment.open()
    await seen(deployment, lead)
    await deployment.reconcile()
    deployment.sandbox.person(OWNER).rename_column("Lead", "Prospects")
    findings = found(await deployment.reconcile())
    assert "the board has no column “Lead”" in findings
    assert "to sync" not in findings
    assert await deployment.answers(lead) == []
    deployment.sandbox.person(OWNER).rename_column("Prospects", "Lead")
    assert found(await deployment.reconcile()) == ""


async def with_folder(deployment: Deployment) -> LeadHandle:
    lead = await deployment.open()
    await lead.execute_update("asset_attached", {"name": "Budget"})
    await deployment.until(lead, lambda view: view.lead.folder)
    await seen(deployment, lead)
    await folder_seen(deployment, lead)
    await deployment.reconcile()
    return lead


async def folder_seen(deployment: Deployment, handle: LeadHandle) -> None:
    """Wait until the ledger shows the lead's folder."""
    await deployment.until_row(handle, lambda row: row.folder_id)


async def test_a_folder_in_the_trash_is_reported_until_it_is_restored(deployment: Deployment) -> None:
    lead, ann = await with_folder(deployment), deployment.sandbox.on_drive()
    folder = ann.find_folder(leadId=lead.id).id
    ann.trash(folder)
    assert f"{lead.id}: its folder is not where it was" in found(
        await deployment.reconcile(), "reconcile_drive"
    )
    await deployment.until(lead, lambda view: "is in the trash: restore it there" in "".join(view.attention))
    ann.restore(folder)
    await deployment.reconcile()
    await deployment.until(lead, lambda view: not view.attention)
    ann.trash(deployment.sandbox.ids["leads_folder"])
    await deployment.reconcile()
    await deployment.until(lead, lambda view: "in a folder that is in the trash" in "".join(view.attention))


async def reported_once(deployment: Deployment, handle: LeadHandle, summary: str) -> Overview:
    """Check that a reconciliation reports it to the lead, and the next one does not."""
    await deployment.reconcile()
    view = await deployment.until(handle, lambda view: summary in view.timeline[-1].summary)
    assert not view.attention
    await deployment.reconcile()
    assert len((await deployment.leads.overview(handle)).timeline) == len(view.timeline)
    return view


async def test_a_folder_that_was_moved_or_renamed_is_followed_and_reported_once(
    deployment: Deployment,
) -> None:
    lead, ann = await with_folder(deployment), deployment.sandbox.on_drive()
    folder = ann.find_folder(leadId=lead.id).id
    sales = deployment.sandbox.google.files[deployment.sandbox.ids["leads_folder"]].parents[0]
    ann.rename(folder, "Ocean course")
    await reported_once(deployment, lead, "was renamed to “Ocean course”")
    ann.move(folder, sales)
    view = await reported_once(deployment, lead, "was moved out of the folder for leads")
    assert view.lead.folder
    assert (view.lead.folder.id, view.lead.folder.name) == (folder, "Ocean course")
    ann.move(folder, deployment.sandbox.ids["leads_folder"])
    await deployment.reconcile()
    await deployment.until(lead, lambda view: "back into the folder for leads" in view.timeline[-1].summary)


async def test_a_deleted_folder_is_replaced_on_demand(deployment: Deployment) -> None:
    lead, ann = await with_folder(deployment), deployment.sandbox.on_drive()
    old = ann.find_folder(leadId=lead.id).id
    ann.delete(old)
    await deployment.reconcile()
    view = await deployment.until(lead, lambda view: view.lead.drift)
    assert "was deleted" in view.attention[0]
    assert "(folder_replaced)" in view.attention[0]
    await deployment.sync(lead, await deployment.comment(lead, "/folder-replaced"))
    view = await deployment.until(lead, lambda view: view.lead.folder and view.lead.folder.id != old)
    assert view.lead.folder
    assert ann.find_folder(leadId=lead.id).id == view.lead.folder.id
    assert not view.attention
    await seen(deployment, lead)
    await deployment.reconcile()
    assert not (await deployment.leads.overview(lead)).attention


async def test_the_invoices_of_a_deleted_folder_are_restored_byte_for_byte(deployment: Deployment) -> None:
    lead, google = await deployment.open(), deployment.sandbox.google
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

    view = await deployment.until(lead, lambda view: len(documents(view)) == 2 and view.lead.invoices[1].file)
    before = documents(view)
    await lead.execute_update("details_changed", {"org": "Renamed University"})
    await folder_seen(deployment, lead)
    await deployment.reconcile()
    deployment.sandbox.on_drive().delete(view.lead.folder.id if view.lead.folder else "")
    await deployment.reconcile()
    await deployment.until(lead, lambda view: view.lead.drift)
    await deployment.sync(lead, await deployment.comment(lead, "/folder-replaced"))
    view = await deployment.until(lead, lambda view: "Invoice 2 was made again" in view.timeline[-1].summary)
    assert documents(view) == before
    assert [mail.template for mail in view.lead.mails].count("invoice") == 2


async def test_a_failing_system_does_not_stop_the_others(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.comment(lead, PRICE)
    deployment.sandbox.faults.add(Fault(system="forms", kind="status", status=403, times=None))
    done = await deployment.reconcile()
    assert "403" in done.results["reconcile_questionnaire"].failed
    assert await deployment.stage(lead) == "quoted"


async def test_a_rate_limit_is_waited_out(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.comment(lead, PRICE)
    deployment.sandbox.faults.add(
        Fault(system="github", kind="secondary_limit", seconds=2, path="/issues/comments")
    )
    assert "leads#1" in found(await deployment.reconcile())
    assert await deployment.stage(lead) == "quoted"
