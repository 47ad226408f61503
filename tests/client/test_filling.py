"""Events that went into another ledger are written to the right one, from the history of the lead."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from client.directory import Directory
from client.filling import Filled, fill, fill_lead
from ledger.ledger import Ledger
from process.views.lead_overview import Overview
from tests.support.ledgers import recording_worker
from tests.support.outside import Outside
from tests.support.servers import real_time
from tests.support.workflow_lives import Life

QUEUE = "filling"
PRICE = {"amount": "12000", "currency": "USD", "per": "year"}


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    async with real_time() as server:
        yield server


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[tuple[Ledger, Ledger]]:
    ours, other = (Ledger.open(f"sqlite:///{tmp_path / name}.sqlite") for name in ("ours", "other"))
    yield ours, other
    ours.close()
    other.close()


def as_shown(ledger: Ledger, life: Life, view: Overview) -> None:
    """Check that the ledger has all events of the lead, and its row."""
    entries = ledger.entries(life.id)
    assert [(entry.seq, entry.kind) for entry in entries] == [(line.seq, line.kind) for line in view.timeline]
    assert ledger.heads()[0].complete
    row = ledger.row(life.id)
    assert row
    assert row.last_seq == len(entries)


async def test_what_went_into_another_ledger_is_added_and_nothing_changed(
    env: WorkflowEnvironment, ledgers: tuple[Ledger, Ledger]
) -> None:
    (ours, other), outside = ledgers, Outside()
    async with recording_worker(env.client, QUEUE, outside, ours):
        life = await Life.begin(env, outside, "lead-filled", queue=QUEUE)
        await life.settled()
        await life.decide_all("price_quoted", price_quoted=PRICE)
        await life.settled()
    before = ours.entries(life.id)
    async with recording_worker(env.client, QUEUE, outside, other):
        await life.decide_all("quote_accepted", "contract_handed_over")
        view = await life.settled()
    as_shown(other, life, view)  # a ledger that lacks events gets them all
    directory = Directory(env.client, QUEUE, "http://localhost")
    missing = len(view.timeline) - len(before)
    assert missing > 1
    assert [each async for each in fill(directory, ours)] == [Filled(life.id, missing)]
    assert [each async for each in fill(directory, ours)] == [Filled(life.id, 0)]
    as_shown(ours, life, view)
    assert ours.entries(life.id)[: len(before)] == before
    assert ours.entries(life.id) == other.entries(life.id)
    async with recording_worker(env.client, QUEUE, outside, ours):
        await life.decide_all("contract_acknowledged")
        as_shown(ours, life, await life.settled())


async def test_a_lead_writes_itself_what_its_ledger_lacks(
    env: WorkflowEnvironment, ledgers: tuple[Ledger, Ledger]
) -> None:
    (ours, other), outside = ledgers, Outside()
    async with recording_worker(env.client, QUEUE, outside, ours):
        life = await Life.begin(env, outside, "lead-of-two", queue=QUEUE)
        await life.decide_all("price_quoted", price_quoted=PRICE)
        await life.settled()
    async with recording_worker(env.client, QUEUE, outside, other):
        await life.decide_all("quote_accepted", "contract_handed_over")
        await life.settled()
    async with recording_worker(env.client, QUEUE, outside, ours):
        await life.decide_all("contract_acknowledged")
        as_shown(ours, life, await life.settled())


async def test_a_lead_that_temporal_does_not_know_is_named(
    env: WorkflowEnvironment, ledgers: tuple[Ledger, Ledger]
) -> None:
    assert (await fill_lead(env.client, ledgers[0], "lead-x")).problem == "Temporal has no history of it"
