"""Failure 8 of process.md: the contracts team changes its address in the settings while leads are open."""

import asyncio
from collections import Counter

from client.leads import LeadsClient
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from tests.system.conftest import QUEUE, Service
from workflows.search_attributes import PEOPLE

OLD, NEW = "old@example.org", "new@example.org"


def contracts(address: str) -> dict[str, str]:
    return {"LEADS_ADDRESSES__CONTRACTS": f'["{address}"]'}


async def team_changed(life: Life) -> None:
    """Wait until the lead knows the new address, and its effects are done."""
    await life.until(lambda view: any(line.kind == "team_changed" for line in view.timeline))
    await life.settled()


def reached(service: Service, life: Life) -> list[tuple[str, list[str]]]:
    """Return the beginning of the text and the recipients of each mail; repeated deliveries count once."""
    mails = {mail.message_id: mail for mail in service.sandbox.mailbox.all() if life.id.encode() in mail.raw}
    return [(mail.text[:23], mail.received.recipients) for mail in mails.values()]


async def in_conversation(service: Service, lead_id: str) -> Life:
    """Open a lead as the command line does, and hand it over to the contracts team."""
    life = await service.begin(lead_id, policy={"addresses": {"contracts": [OLD]}})
    await life.decide_all(
        "price_quoted",
        "quote_accepted",
        "contract_handed_over",
        price_quoted={"amount": "12000", "currency": "USD", "per": "year"},
    )
    await life.settled()
    return life


async def test_a_new_address_is_notified_once_despite_crashes(service: Service) -> None:
    service.more = contracts(OLD)
    first = await service.start_worker()
    lives = [await in_conversation(service, f"lead-open-{number}") for number in range(4)]
    early = await service.begin("lead-early")
    await early.settled()
    leads = LeadsClient(service.env.client, QUEUE, "http://localhost")
    async with asyncio.timeout(TIMEOUT):
        while (await leads.client.count_workflows(leads.running(f"{PEOPLE.name} IS NOT NULL"))).count != 5:
            await asyncio.sleep(0.05)
    service.kill(first)

    service.more = contracts(NEW)
    second = await service.start_worker()
    service.kill(second)  # while it notifies the leads, and while they react
    await service.start_worker()
    await service.start_worker()  # two at once: each notifies the leads
    for life in lives:
        await team_changed(life)

    for life in lives:
        mails = reached(service, life)
        assert Counter(to for _, (to,) in mails) == {OLD: 3, NEW: 1}
        assert min(mails) == ("Example University agre", [OLD])
        assert sum(text.startswith("From today on, mail to ") for text, _ in mails) == 2
        (thread,) = [
            thread for thread in service.sandbox.mailbox.threads() if life.id.encode() in thread[0].raw
        ]
        (news,) = {mail.message_id: mail for mail in thread if mail.received.recipients == [NEW]}.values()
        assert f"goes to {NEW}. Until now it went to {OLD}." in news.text
        assert f"handover, to {OLD}" in news.text
        (issue,) = (i for i in service.sandbox.github.issues.values() if f" {life.id} " in (i.body or ""))
        assert "| address changed | new@" in (issue.body or "")
    assert reached(service, early) == [], "it was not in the conversation yet"
