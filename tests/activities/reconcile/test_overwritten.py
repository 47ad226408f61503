"""Text that we overwrote is restored by reconciliation, too, if no webhook tells of its edit."""

import asyncio

from sandbox.faults import Fault
from tests.support.deployment import SALES, Deployment
from tests.support.lead_issue import LeadIssue
from tests.support.waiting import TIMEOUT

QUOTE = {"amount": "12000", "currency": "USD", "per": "year"}


async def test_reconciliation_finds_what_was_overwritten(deployment: Deployment) -> None:
    lead_issue = await LeadIssue.open(deployment)
    late = Fault(system="github", kind="slow", method="PATCH", path="/leads/issues/", seconds=TIMEOUT)
    body = lead_issue.issue().body or ""
    deployment.sandbox.faults.add(late)
    await lead_issue.lead.execute_update("price_quoted", QUOTE)
    while not late.hits:
        await asyncio.sleep(0.02)
    await lead_issue.act(SALES, "edit", body=f"A note.\n\n{body}")
    deployment.sandbox.faults.remove(late)
    await lead_issue.settled(lambda view: view.stage == "quoted")
    assert not (lead_issue.issue().body or "").startswith("A note.")
    await deployment.reconcile()
    await lead_issue.settled()
    assert (lead_issue.issue().body or "").startswith("A note.")
