"""Where a visit goes: the issue's lead, by what the lead itself says; a card's issue."""

import asyncio

from sandbox.faults import Fault
from starter.desk.hints import hand_in
from tests.desk.conftest import SALES, Office
from workflows.desk import Attended, DeskWorkflow, Hint


async def hear(office: Office, hint: Hint) -> Attended:
    await hand_in(office.env.client, hint, task_queue=office.settings.task_queue)
    return await office.env.client.get_workflow_handle_for(DeskWorkflow.run, hint.desk).result()


async def test_a_card_is_looked_at_by_the_desk_of_its_issue(office: Office) -> None:
    lead = await office.open()
    card = (await office.until(lead, lambda view: view.facts.card)).facts.card
    number = await office.number(lead)
    done = (await hear(office, Hint(card=card, sender=SALES, delivery="d1"))).done
    assert done == (f"It is the card of leads {number}",)
    desk = office.env.client.get_workflow_handle(f"desk-leads-{number}")
    assert await desk.result()
    assert (await hear(office, Hint(card="PVTI_nonsense"))).done == ()


async def test_an_issue_that_is_gone_is_nothing(office: Office) -> None:
    assert (await hear(office, Hint(repo="leads", number=4711, comment=1))).done == ()


async def test_a_lead_is_found_though_somebody_emptied_its_issue(office: Office) -> None:
    lead = await office.open()
    number = await office.number(lead)
    await office.until(lead, lambda view: all(effect.status == "done" for effect in view.effects))
    await asyncio.to_thread(office.as_person, SALES, "PATCH", f"leads/issues/{number}", {"body": "gone"})
    while not await office.leads.by_issue("leads", number):  # visibility is a moment late
        await asyncio.sleep(0.1)
    comment = await office.say(lead, "/lost reason=budget")
    await office.hear(lead, comment)
    assert await office.stage(lead) == "lost"


async def test_what_fails_for_good_keeps_nobody_from_the_next(office: Office) -> None:
    lead = await office.open()
    first, second = [await office.say(lead, "/help"), await office.say(lead, "/lost reason=budget")]
    forbidden = Fault(system="github", kind="status", status=403, method="POST", path=f"/{first}/reactions$")
    office.sandbox.faults.add(forbidden)
    done = (await office.hear(lead, first, second)).done
    assert any(line.startswith("Failed: GitHub answered 403") for line in done)
    assert await office.stage(lead) == "lost"
