"""The issue sync finds the lead of an issue, and the issue of a card."""

import asyncio

import pytest

from activities.github import board
from activities.github.authors import UNKNOWN
from activities.github.repositories import Repositories
from client.notices import request_sync
from process.core.outbox import DriftCheck
from sandbox.faults import Fault
from tests.support.deployment import OWNER, SALES, Deployment, all_public
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncResult

LOST = "/lost reason=budget"


async def sync_notice(deployment: Deployment, notice: ChangeNotice) -> SyncResult:
    await request_sync(deployment.env.client, notice, task_queue=deployment.settings.chores_queue)
    return await deployment.env.client.get_workflow_handle_for(
        IssueSyncWorkflow.run, notice.workflow_id
    ).result()


async def test_a_card_is_synced_with_its_issue(deployment: Deployment) -> None:
    lead = await deployment.open()
    card = (await deployment.until(lead, lambda view: view.lead.card)).lead.card
    number = await deployment.number(lead)
    done = (await sync_notice(deployment, ChangeNotice(card=card, delivery="d1"))).done
    assert done == (f"It is the card of leads {number}",)
    handle = deployment.env.client.get_workflow_handle(f"issue-sync-leads-{number}")
    assert await handle.result()
    assert (await sync_notice(deployment, ChangeNotice(card="PVTI_nonsense"))).done == ()


async def test_a_delivery_does_not_say_who_moved_a_card(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older GitHub Enterprise has no history of cards, and a delivery may be sent again by anybody who saw it."""
    monkeypatch.setattr(board, "card_author", lambda *_: UNKNOWN)
    lead = await deployment.open()
    card = (await deployment.until(lead, lambda view: view.lead.card)).lead.card
    number = await deployment.number(lead)
    deployment.sandbox.person(SALES).move("leads", number, "Hub")
    notice = {"card": card, "sender": SALES, "delivery": "d1"}
    await sync_notice(deployment, ChangeNotice.model_validate(notice))
    assert await deployment.env.client.get_workflow_handle(f"issue-sync-leads-{number}").result()
    (answer,) = await deployment.answers(lead)
    assert "GitHub does not tell who it was, so nothing is decided" in answer


@pytest.mark.usefixtures("at_once")
async def test_a_deleted_issue_is_ignored(deployment: Deployment) -> None:
    assert (await sync_notice(deployment, ChangeNotice(repo="leads", number=4711, comment=1))).done == ()


async def test_the_lead_of_an_emptied_issue_is_found(deployment: Deployment) -> None:
    lead = await deployment.open()
    number = await deployment.number(lead)
    await deployment.until(lead, lambda view: all(effect.status == "done" for effect in view.effects))
    await asyncio.to_thread(deployment.as_person, SALES, "PATCH", f"leads/issues/{number}", {"body": "gone"})
    while not await deployment.leads.by_issue("leads", number):  # visibility is a moment late
        await asyncio.sleep(0.1)
    comment = await deployment.comment(lead, "/lost reason=budget")
    await deployment.sync(lead, comment)
    assert await deployment.stage(lead) == "lost"


async def test_a_failed_comment_does_not_block_the_next(deployment: Deployment) -> None:
    lead = await deployment.open()
    first, second = [
        await deployment.comment(lead, "/help"),
        await deployment.comment(lead, "/lost reason=budget"),
    ]
    forbidden = Fault(system="github", kind="status", status=403, method="POST", path=f"/{first}/reactions$")
    deployment.sandbox.faults.add(forbidden)
    done = (await deployment.sync(lead, first, second)).done
    assert any(line.startswith("Failed: GitHub answered 403") for line in done)
    assert await deployment.stage(lead) == "lost"


@pytest.mark.parametrize("name", ["leads", "prospects"])
async def test_a_command_on_a_transferred_issue_needs_no_reconciliation(
    deployment: Deployment, name: str
) -> None:
    """The same holds if the repository was renamed before, and the lead knows its new name."""
    lead, owner = await deployment.open(), deployment.sandbox.person(OWNER)
    await deployment.until(lead, lambda view: view.lead.card)
    number = await deployment.number(lead)
    if name != "leads":
        owner.rename_repository("leads", name)
        await deployment.leads.check_drift(lead.id, DriftCheck(folder=False))
        await deployment.until(lead, lambda view: view.lead.issue and f"/{name}/" in view.lead.issue.url)
    all_public(deployment)
    there = owner.transfer(name, number, "pilot-hubs").number
    done = (await sync_notice(deployment, ChangeNotice(repo="leads", number=number, delivery="d1"))).done
    assert done == (f"{lead.id} checks its issue", f"It was moved to pilot-hubs {there}")
    await deployment.sync_there("pilot-hubs", there, await deployment.comment_on("pilot-hubs", there, LOST))
    assert await deployment.stage(lead) == "lost"
    (answer,) = await deployment.answers_there("pilot-hubs", there)
    assert "✅ Lost" in answer, "of the labels that were lost on its way, nobody is asked"


async def test_a_command_waits_while_the_lead_checks_where_its_issue_is(
    deployment: Deployment,
) -> None:
    lead = await deployment.open()
    await deployment.until(lead, lambda view: view.lead.card)
    number = await deployment.number(lead)
    all_public(deployment)
    there = deployment.sandbox.person(OWNER).transfer("leads", number, "pilot-hubs").number
    slow = Fault(system="github", kind="status", status=502, path=f"/leads/issues/{number}$", times=3)
    deployment.sandbox.faults.add(slow)
    await deployment.leads.check_drift(lead.id, DriftCheck(folder=False))
    await deployment.sync_there("pilot-hubs", there, await deployment.comment_on("pilot-hubs", there, LOST))
    assert await deployment.stage(lead) == "lost"


@pytest.mark.usefixtures("at_once")
async def test_a_deleted_issue_is_noticed_by_its_webhook(deployment: Deployment) -> None:
    lead = await deployment.open()
    await deployment.until(lead, lambda view: view.lead.card)
    number = await deployment.number(lead)
    while not await deployment.leads.by_issue("leads", number):  # visibility is a moment late
        await asyncio.sleep(0.1)
    deployment.sandbox.person(OWNER).delete("leads", number)
    done = (await sync_notice(deployment, ChangeNotice(repo="leads", number=number, delivery="d1"))).done
    assert done == (f"{lead.id} checks its issue",)
    view = await deployment.until(lead, lambda view: view.attention)
    assert "is gone: have a new one" in view.attention[0]


async def test_a_renamed_repository_is_still_synced(deployment: Deployment) -> None:
    """Deliveries are matched by the repository's id, and cards by their issues."""
    lead = await deployment.open()
    card = (await deployment.until(lead, lambda view: view.lead.card)).lead.card
    number = await deployment.number(lead)
    renamed = deployment.sandbox.person(OWNER).rename_repository("leads", "prospects")
    ours = Repositories(deployment.settings.github)
    assert ours.ours("2i2c-org", "prospects", renamed.id) is None
    await ours.learn()
    assert ours.ours("2i2c-org", "prospects", renamed.id) == "leads"
    assert ours.ours("2i2c-org", "others", 4711) is None
    deployment.sandbox.person(SALES).move("prospects", number, "Hub")
    done = (await sync_notice(deployment, ChangeNotice(card=card, delivery="d1"))).done
    assert done == (f"It is the card of leads {number}",)
    assert await deployment.env.client.get_workflow_handle(f"issue-sync-leads-{number}").result()
    assert "moved the card to “Hub”" in "".join(await deployment.answers_there("prospects", number))
