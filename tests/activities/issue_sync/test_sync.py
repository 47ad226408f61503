"""Where a visit goes: the issue's lead, by what the lead itself says; a card's issue."""

import asyncio

import pytest

from activities.github.repositories import Repositories
from client.notices import request_sync
from process.core.outbox import DriftCheck
from sandbox.faults import Fault
from tests.support.office import OWNER, SALES, Office, all_public
from workflows.issue_sync import ChangeNotice, IssueSyncWorkflow, SyncResult

LOST = "/lost reason=budget"


async def hear(office: Office, notice: ChangeNotice) -> SyncResult:
    await request_sync(office.env.client, notice, task_queue=office.settings.task_queue)
    return await office.env.client.get_workflow_handle_for(IssueSyncWorkflow.run, notice.workflow_id).result()


async def test_a_card_is_looked_at_by_the_desk_of_its_issue(office: Office) -> None:
    lead = await office.open()
    card = (await office.until(lead, lambda view: view.lead.card)).lead.card
    number = await office.number(lead)
    done = (await hear(office, ChangeNotice(card=card, sender=SALES, delivery="d1"))).done
    assert done == (f"It is the card of leads {number}",)
    handle = office.env.client.get_workflow_handle(f"issue-sync-leads-{number}")
    assert await handle.result()
    assert (await hear(office, ChangeNotice(card="PVTI_nonsense"))).done == ()


async def test_an_issue_that_is_gone_is_nothing(office: Office) -> None:
    assert (await hear(office, ChangeNotice(repo="leads", number=4711, comment=1))).done == ()


async def test_a_lead_is_found_though_somebody_emptied_its_issue(office: Office) -> None:
    lead = await office.open()
    number = await office.number(lead)
    await office.until(lead, lambda view: all(effect.status == "done" for effect in view.effects))
    await asyncio.to_thread(office.as_person, SALES, "PATCH", f"leads/issues/{number}", {"body": "gone"})
    while not await office.leads.by_issue("leads", number):  # visibility is a moment late
        await asyncio.sleep(0.1)
    comment = await office.comment(lead, "/lost reason=budget")
    await office.sync(lead, comment)
    assert await office.stage(lead) == "lost"


async def test_what_fails_for_good_keeps_nobody_from_the_next(office: Office) -> None:
    lead = await office.open()
    first, second = [await office.comment(lead, "/help"), await office.comment(lead, "/lost reason=budget")]
    forbidden = Fault(system="github", kind="status", status=403, method="POST", path=f"/{first}/reactions$")
    office.sandbox.faults.add(forbidden)
    done = (await office.sync(lead, first, second)).done
    assert any(line.startswith("Failed: GitHub answered 403") for line in done)
    assert await office.stage(lead) == "lost"


@pytest.mark.parametrize("name", ["leads", "prospects"])
async def test_a_command_at_a_transferred_issue_is_heard_with_no_round(office: Office, name: str) -> None:
    """Also where the repository was renamed before, and the lead knows it by its new name."""
    lead, owner = await office.open(), office.sandbox.person(OWNER)
    await office.until(lead, lambda view: view.lead.card)
    number = await office.number(lead)
    if name != "leads":
        owner.rename_repository("leads", name)
        await office.leads.check_drift(lead.id, DriftCheck(folder=False))
        await office.until(lead, lambda view: view.lead.issue and f"/{name}/" in view.lead.issue.url)
    all_public(office)
    there = owner.transfer(name, number, "pilot-hubs").number
    done = (await hear(office, ChangeNotice(repo="leads", number=number, delivery="d1"))).done
    assert done == (f"{lead.id} checks its issue", f"It was moved to pilot-hubs {there}")
    await office.sync_there("pilot-hubs", there, await office.comment_on("pilot-hubs", there, LOST))
    assert await office.stage(lead) == "lost"
    (answer,) = await office.answers_there("pilot-hubs", there)
    assert "✅ Lost" in answer, "of the labels that were lost on its way, nobody is asked"


async def test_while_a_lead_looks_where_its_issue_is_nobody_is_told_that_there_is_none(
    office: Office,
) -> None:
    lead = await office.open()
    await office.until(lead, lambda view: view.lead.card)
    number = await office.number(lead)
    all_public(office)
    there = office.sandbox.person(OWNER).transfer("leads", number, "pilot-hubs").number
    slow = Fault(system="github", kind="status", status=502, path=f"/leads/issues/{number}$", times=3)
    office.sandbox.faults.add(slow)
    await office.leads.check_drift(lead.id, DriftCheck(folder=False))
    await office.sync_there("pilot-hubs", there, await office.comment_on("pilot-hubs", there, LOST))
    assert await office.stage(lead) == "lost"


async def test_a_deleted_issue_is_known_as_soon_as_github_tells(office: Office) -> None:
    lead = await office.open()
    await office.until(lead, lambda view: view.lead.card)
    number = await office.number(lead)
    while not await office.leads.by_issue("leads", number):  # visibility is a moment late
        await asyncio.sleep(0.1)
    office.sandbox.person(OWNER).delete("leads", number)
    done = (await hear(office, ChangeNotice(repo="leads", number=number, delivery="d1"))).done
    assert done == (f"{lead.id} checks its issue",)
    view = await office.until(lead, lambda view: view.attention)
    assert "is gone: have a new one" in view.attention[0]


async def test_a_renamed_repository_goes_on_being_heard(office: Office) -> None:
    """Its deliveries by the id that GitHub tells, and the cards of its issues."""
    lead = await office.open()
    card = (await office.until(lead, lambda view: view.lead.card)).lead.card
    number = await office.number(lead)
    renamed = office.sandbox.person(OWNER).rename_repository("leads", "prospects")
    ours = Repositories(office.settings.github)
    assert ours.ours("2i2c-org", "prospects", renamed.id) is None
    await ours.learn()
    assert ours.ours("2i2c-org", "prospects", renamed.id) == "leads"
    assert ours.ours("2i2c-org", "others", 4711) is None
    office.sandbox.person(SALES).move("prospects", number, "Hub")
    done = (await hear(office, ChangeNotice(card=card, sender=SALES, delivery="d1"))).done
    assert done == (f"It is the card of leads {number}",)
    assert await office.env.client.get_workflow_handle(f"issue-sync-leads-{number}").result()
    assert "moved the card to “Hub”" in "".join(await office.answers_there("prospects", number))
