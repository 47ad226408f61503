"""A lead records its events within the workflow task that makes them; the ledger here is a real one."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from activities.ledger import LedgerActivities
from ledger.ledger import Ledger
from process.views.lead_row import LeadRow
from process.views.recording import Recorded, RecordRequest
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import OPENED, Life
from workflows.runtime.plugin import leads_plugin


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.sqlite"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with closing(Ledger.open(url)) as ledger:
        yield ledger


async def assert_same(life: Life, ledger: Ledger) -> LeadRow:
    """Check that the ledger has the lead's events, no others, and its newest row. Returns the row."""
    view = await life.settled_in(ledger)
    row = ledger.row(life.id)
    assert row
    assert row.last_seq == len(view.timeline)
    entries = ledger.entries(life.id)
    assert [(entry.seq, entry.at, entry.kind) for entry in entries] == [
        (line.seq, line.at, line.kind) for line in view.timeline
    ]
    assert row.stage == view.stage
    return row


async def test_an_answer_means_that_the_event_is_recorded(
    env: WorkflowEnvironment, outside: Outside, lead_id: str, ledger: Ledger
) -> None:
    async with recording_worker(env.client, lead_id, outside, ledger):
        life = await Life.begin(env, outside, lead_id, queue=lead_id)
        answer = await life.decide("price_quoted", amount="12000", currency="USD", per="year")
        assert answer.accepted
        assert [entry.seq for entry in ledger.entries(lead_id) if entry.kind == "price_quoted"] == [
            answer.seq
        ]
        row = ledger.row(lead_id)
        assert row
        assert row.stage == "quoted"
        await assert_same(life, ledger)


async def _serve_until_death(address: str, namespace: str, queue: str, url: str) -> None:
    client = await Client.connect(address, namespace=namespace, plugins=[leads_plugin()])
    keeper = LedgerActivities(Ledger.open(url))

    @activity.defn(name="record_events")
    def write_and_die(request: RecordRequest) -> Recorded:
        keeper.record_events(request)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    async with Worker(
        client,
        task_queue=queue,
        activities=Outside().activities(record_events=write_and_die),
        activity_executor=ThreadPoolExecutor(),
    ):
        await asyncio.Event().wait()


def _die(address: str, namespace: str, queue: str, url: str) -> None:
    asyncio.run(_serve_until_death(address, namespace, queue, url))


async def test_what_a_worker_wrote_before_it_died_is_superseded(
    env: WorkflowEnvironment, outside: Outside, lead_id: str, ledger: Ledger, url: str
) -> None:
    """The task was not complete, so the server has it done again, later."""
    with env.with_time_skipping_disabled():
        handle = await env.client.start_workflow(
            "LeadWorkflow", OPENED, id=lead_id, task_queue=lead_id, task_timeout=timedelta(seconds=3)
        )
    address, namespace = env.client.service_client.config.target_host, env.client.namespace
    doomed = multiprocessing.get_context("spawn").Process(
        target=_die, args=(address, namespace, lead_id, url)
    )
    doomed.start()
    await asyncio.to_thread(doomed.join, TIMEOUT)
    assert doomed.exitcode == -signal.SIGKILL
    [lost] = ledger.entries(lead_id)
    async with recording_worker(env.client, lead_id, outside, ledger):
        life = Life(env, outside, env.client.get_workflow_handle(handle.id))
        await assert_same(life, ledger)
    first = ledger.entries(lead_id)[0]
    assert (first.kind, lost.kind) == ("lead_opened", "lead_opened")
    assert first.at > lost.at


async def test_a_ledger_that_does_not_answer_in_time_holds_up_nothing(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    await life.settled()
    monkeypatch.setattr("workflows.recording.LIMIT", timedelta(milliseconds=200))
    held = life.outside.held[f"record_events {life.id}"] = asyncio.Event()
    await life.decide_all("price_quoted", price_quoted={"amount": 12000, "currency": "USD", "per": "year"})
    await life.decide_all("quote_accepted")
    held.set()
    view = await life.settled()
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    history = await life.handle.fetch_history()
    await Replayer(workflows=[], plugins=[leads_plugin(sandboxed=True)]).replay_workflow(history)
