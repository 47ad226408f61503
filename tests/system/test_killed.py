"""The worker dies in the middle of each effect; another goes on. Nothing is lost, and nothing is done twice."""

import asyncio
from collections import Counter

import pytest

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
    lives = [await service.begin(f"lead-killed-{number}") for number in range(4)]
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
    with service.ledger() as ledger:
        view = await life.settled_in(ledger)
        assert [entry.seq for entry in ledger.entries(life.id)] == [line.seq for line in view.timeline]
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


EFFECTS = (
    "open_issue",
    "place_card",
    "read_prices",
    "reserve_ids",
    "send_mail",
    "update_issue",
    "create_folder",
    "open_hub_issue",
    "update_hub_issue",
    "prepare_invoice",
)
"""The kinds of effects on the path to a hub. Each is performed by a batch first."""
HOLDS = """
import threading
from pathlib import Path
import worker
from activities.batch import BatchActivities

def hold(lead, kind, moment):
    if lead.id == f"lead-{kind.replace('_', '-')}-{moment}":
        Path(f"held {kind} {moment}").touch()
        threading.Event().wait()

def perform(self, item, lead, right=BatchActivities._perform):
    hold(lead, item.effect.kind, "before")
    result = right(self, item, lead)
    hold(lead, item.effect.kind, "after")
    return result

BatchActivities._perform = perform
worker.main()
"""
"""A worker that goes no further in a batch at the effect that the lead's id names: before it is performed, or after it,
when nobody has heard of its result."""


@pytest.mark.thorough
@pytest.mark.long
async def test_killed_before_and_after_every_effect_of_a_batch(service: Service) -> None:
    moments = [(kind, moment) for kind in EFFECTS for moment in ("before", "after")]
    service.more = {"LEADS_ACTIVITY_THREADS": str(len(moments) + 4)}
    holding = await service.start_worker(HOLDS)
    lives = [await service.begin(f"lead-{kind.replace('_', '-')}-{moment}") for kind, moment in moments]
    await asyncio.gather(*(life.to_hub() for life in lives))
    async with asyncio.timeout(TIMEOUT):
        while len(list(service.folder.glob("held *"))) < len(moments):
            await asyncio.sleep(0.05)
    service.kill(holding)
    await service.start_worker()
    for life in lives:
        await life.settled()
        await _exactly_one_of_everything(service, life)


DIES_AFTER_RECORDING = """
import os, signal
import worker
from activities.ledger import LedgerActivities
from process.views.recording import Recorded, RecordRequest
from temporalio import activity

right = LedgerActivities.record_events

@activity.defn(name="record_events", no_thread_cancel_exception=True)
def record_events(self, request: RecordRequest) -> Recorded:
    recorded = right(self, request)
    if any(event.fact.kind == "price_quoted" for event in request.events):
        os.kill(os.getpid(), signal.SIGKILL)
    return recorded

LedgerActivities.record_events = record_events
worker.main()
"""
"""A worker that dies when the ledger has a quote, before the workflow task that took it is complete."""


@pytest.mark.parametrize("way", ["signal", "update"])
async def test_killed_between_the_ledger_and_the_end_of_the_task(service: Service, way: str) -> None:
    """The task is done again at a later time. The ledger then has the event as the lead has it."""
    mortal = await service.start_worker(DIES_AFTER_RECORDING)
    life = await service.begin(f"lead-recorded-{way}")
    await life.settled()
    price = {"amount": "12000", "currency": "USD", "per": "year"}
    quoted = asyncio.create_task(
        life.signal("price_quoted", price) if way == "signal" else life.decide("price_quoted", **price)
    )
    await asyncio.to_thread(mortal.wait, TIMEOUT)
    with service.ledger() as ledger:
        lost = {entry.kind: entry.at for entry in ledger.entries(life.id)}["price_quoted"]
    query = asyncio.create_task(life.handle.query("options"))  # the other worker hears it before the task
    await service.start_worker()
    await asyncio.gather(quoted, query)
    await life.until(lambda view: any(line.kind == "price_quoted" for line in view.timeline))
    with service.ledger() as ledger:
        view = await life.settled_in(ledger)
        assert [(line.seq, line.kind, line.at) for line in view.timeline] == [
            (entry.seq, entry.kind, entry.at) for entry in ledger.entries(life.id)
        ]
    (taken,) = (line.at for line in view.timeline if line.kind == "price_quoted")
    assert taken > lost
    assert (await life.decide("quote_accepted")).recorded
    mails = [mail for mail in service.sandbox.mailbox.all() if life.id.encode() in mail.raw]
    assert len(mails) == 1


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
