"""A person comments on the issue of a lead that is stuck."""

import asyncio

import pytest

from client.notices import request_sync
from tests.support.deployment import SALES, Deployment
from tests.support.stuck import code_that_fails, impatient_env, until_not_ready, until_stuck
from tests.support.waiting import TIMEOUT
from workflows.issue_sync import ChangeNotice

__all__ = ["impatient_env"]

PRICE = "/price-quoted amount=12000 currency=USD per=year"


@pytest.mark.long
async def test_commands_wait_for_a_stuck_lead_and_say_so(deployment: Deployment) -> None:
    lead = await deployment.open()
    number, client = await deployment.number(lead), deployment.env.client
    with code_that_fails(lead.id):
        await lead.signal("details_changed", {"title": "Another title"})
        await until_stuck(client, lead.id)
        await until_not_ready(client, lead.id)  # a query would wait for half a minute before
        comment = await deployment.comment_on("leads", number, PRICE)
        words = await deployment.comment_on("leads", number, "No command in here")
        notices = [ChangeNotice(repo="leads", number=number, comment=each) for each in (comment, words)]
        await request_sync(client, *notices, task_queue=deployment.settings.chores_queue)
        async with asyncio.timeout(TIMEOUT):
            while not (answers := await deployment.answers_there("leads", number)):
                await asyncio.sleep(0.1)
        (answer,) = answers
        assert f"The lead `{lead.id}` is stuck (the worker's code fails for it)" in answer
        assert "no code for this" not in answer, "what Temporal says may hold personal data"
    await client.get_workflow_handle(notices[0].workflow_id).result()
    view = await deployment.leads.overview(lead)
    assert [line.by for line in view.timeline if line.kind == "price_quoted"] == [f"@{SALES}"]
    (answer,) = await deployment.answers_there("leads", number)
    assert "Quoted 12,000.00 USD a year" in answer, "the answer takes the notice's place"
    assert await deployment.reactions(comment) == ["+1"]
