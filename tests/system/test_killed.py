"""The worker dies in the middle of each effect; another goes on. Nothing is lost, and nothing is done twice."""

import asyncio
from collections import Counter

from ledger.events import Ledger
from sandbox.faults import Fault
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from tests.system.conftest import Service

BOUNDARIES = (
    Fault(system="github", method="POST", path="/leads/issues$", kind="slow", seconds=3),
    Fault(system="github", method="PATCH", path="/leads/issues/", kind="slow", seconds=3),
    Fault(system="github", method="POST", path="/pilot-hubs/issues$", kind="slow", seconds=3),
    Fault(system="github", path="graphql", body="addProjectV2ItemById", kind="slow", seconds=3),
    Fault(system="github", path="graphql", body="updateProjectV2ItemFieldValue", kind="slow", seconds=3),
    Fault(system="drive", path="generateIds", kind="slow", seconds=3),
    Fault(system="drive", method="POST", path="/drive/v3/files$", kind="slow", seconds=3),
    Fault(system="drive", method="POST", path="/upload/", kind="slow", seconds=3),
    Fault(system="sheets", kind="slow", seconds=3),
)
"""A slow request of each kind. The sandbox completes it even if the worker that sent it was killed."""


async def test_killed_in_the_middle_of_every_effect(service: Service) -> None:
    first = await service.start_worker()
    faults = [service.sandbox.faults.add(fault.model_copy()) for fault in BOUNDARIES]
    lives = [await service.begin(f"lead-killed-{number}") for number in range(6)]
    await asyncio.gather(*(life.to_hub() for life in lives))
    async with asyncio.timeout(TIMEOUT):
        while not all(fault.exhausted for fault in faults):
            await asyncio.sleep(0.02)
    service.kill(first)
    await service.start_worker()
    await service.start_worker()
    for life in lives:
        async with asyncio.timeout(TIMEOUT):
            while any(effect.status != "done" for effect in (await life.overview()).effects):
                await asyncio.sleep(0.2)
    for life in lives:
        await _exactly_one_of_everything(service, life)


async def _exactly_one_of_everything(service: Service, life: Life) -> None:
    view = await life.overview()
    lead, github, google = view.lead, service.sandbox.github, service.sandbox.google
    assert view.stage == "hub"
    issues = [issue for issue in github.issues.values() if life.id in (issue.body or "")]
    assert len(issues) == 2, [issue.title for issue in issues]  # the lead's and the hub's
    cards = [item for item in github.items.values() if item.issue_id in {issue.id for issue in issues}]
    assert len(cards) == 1
    mine = [file for file in google.files.values() if file.app_properties.get("leadId") == life.id]
    assert lead.folder
    assert lead.invoices[0].file
    assert sorted(file.id for file in mine) == sorted([lead.folder.id, lead.invoices[0].file.id])
    mails = Counter(mail.message_id for mail in service.sandbox.mailbox.all() if life.id.encode() in mail.raw)
    assert len(mails) == 5
    ledger = Ledger.open(service.ledger_url)
    assert [entry.seq for entry in ledger.entries(life.id)] == [line.seq for line in view.timeline]
    ledger.close()


COMPENSATIONS = (
    Fault(system="github", method="POST", path="/leads/issues/[0-9]+/comments$", kind="slow", seconds=3),
    Fault(system="github", method="POST", path="/pilot-hubs/issues/[0-9]+/comments$", kind="slow", seconds=3),
    Fault(system="github", method="PATCH", path="/pilot-hubs/issues/", kind="slow", seconds=3),
)


async def test_killed_in_the_middle_of_a_compensation(service: Service) -> None:
    first = await service.start_worker()
    lives = [await service.begin(f"lead-mistaken-{number}") for number in range(2)]
    for life in lives:
        await life.to_signed()
        await life.decide_all("hub_requested")
        await life.settled()
    faults = [service.sandbox.faults.add(fault.model_copy()) for fault in COMPENSATIONS]
    for life in lives:
        seq = next(line.seq for line in (await life.overview()).timeline if line.kind == "hub_requested")
        answer = await life.decide("corrected", seq=seq, reason="Too early", compensate="all")
        assert answer.accepted, str(answer)
    async with asyncio.timeout(TIMEOUT):
        while not all(fault.exhausted for fault in faults):
            await asyncio.sleep(0.02)
    service.kill(first)
    await service.start_worker()
    for life in lives:
        async with asyncio.timeout(TIMEOUT):
            while any(effect.status != "done" for effect in (await life.overview()).effects):
                await asyncio.sleep(0.2)
        _everybody_was_notified_once(service, life)


def _everybody_was_notified_once(service: Service, life: Life) -> None:
    github = service.sandbox.github
    issues = [issue for issue in github.issues.values() if life.id in (issue.body or "")]
    assert sorted((issue.state, issue.state_reason) for issue in issues) == [
        ("closed", "not_planned"),
        ("open", None),
    ]
    for issue in issues:
        (comment,) = github.comments_of(issue)
        assert "was a mistake and **no longer counts**" in comment.body
    mails = [mail for mail in service.sandbox.mailbox.to("engineering@example.org") if life.id in mail.text]
    assert len({mail.message_id for mail in mails}) == 2  # the request, and its correction
