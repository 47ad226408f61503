"""A lead that goes on in a new run (continue-as-new) loses nothing: decisions, receipts, refusals, effects, timers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import MAILS, Life

PRICE = {"amount": 12000, "currency": "USD", "per": "year"}


@pytest.fixture
async def short_life(short_env: WorkflowEnvironment, outside: Outside, lead_id: str) -> AsyncIterator[Life]:
    async with Worker(short_env.client, task_queue=lead_id, activities=outside.activities()):
        yield await Life.begin(short_env, outside, lead_id, queue=lead_id)


async def _runs(life: Life) -> int:
    """Return the number of the lead's runs."""
    return (await life.env.client.count_workflows(f"WorkflowId = '{life.id}'")).count


async def _has_new_run(life: Life) -> None:
    async with asyncio.timeout(TIMEOUT):
        while await _runs(life) < 2:
            await asyncio.sleep(0.1)


async def test_the_whole_path_over_several_runs(short_life: Life) -> None:
    life = short_life
    first = await life.decide("price_quoted", **PRICE, key="first")
    refused = await life.decide("hub_live")
    await life.decide_all("quote_accepted", "contract_handed_over")
    await _has_new_run(life)
    await life.decide_all(
        "contract_acknowledged",
        "contract_signed",
        "vendor_setup_done",
        "hub_requested",
        "hub_live",
        contract_signed={"evidence": "mail of 3 May", "evidence_kind": "email"},
    )
    view = await life.settled()
    assert view.stage == "hub"
    assert not refused.accepted
    assert [refusal.kind for refusal in view.refused] == ["hub_live"]
    assert await life.decide("price_quoted", **PRICE, key="first") == first.replaced(repeat=True)
    assert life.mails() == [*MAILS]
    done = life.outside.of(life.id)
    assert len(done) == len(set(done))
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]


async def test_parked_and_unfinished_effects_go_along(short_life: Life) -> None:
    life = short_life
    life.outside.broken |= {"place_card": "again", "send_mail": "park"}
    await life.decide("price_quoted", **PRICE)
    for number in range(8):
        await life.decide("asset_attached", name=f"notes {number}")
    await _has_new_run(life)
    view = await life.overview()
    assert "parked" in {effect.status for effect in view.effects}
    assert view.lead.card is None
    life.outside.broken.clear()
    await life.signal("retry")
    view = await life.settled()
    assert {effect.status for effect in view.effects} == {"done"}
    assert view.lead.card is not None
    assert life.outside.templates(life.id) == ["price_quoted"]


async def test_decisions_in_a_burst_around_the_change_of_runs(short_life: Life) -> None:
    life = short_life
    signals = (life.signal("asset_attached", {"name": f"asset {n}"}) for n in range(60))
    await asyncio.gather(*signals, life.handle.cancel())
    await life.until(lambda view: len(view.lead.assets) == 60)
    view = await life.settled()
    assert {asset.name for asset in view.lead.assets} == {f"asset {n}" for n in range(60)}
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    assert await _runs(life) > 1


async def test_deadlines_go_on_in_the_new_run(short_life: Life) -> None:
    life = short_life
    await life.to_hub()
    await _has_new_run(life)
    view = await life.pass_days(100)
    assert [invoice.number for invoice in view.lead.invoices] == [1, 2, 3, 4]
    assert life.outside.templates(life.id).count("invoice") == 4


@pytest.mark.parametrize("failure", ["", "again"])
async def test_decisions_are_answered_while_the_old_run_waits_for_an_effect(life: Life, failure: str) -> None:
    held = life.outside.held[f"open_issue {life.id}"] = asyncio.Event()
    await life.until(lambda _: life.outside.begun[f"open_issue {life.id}"] > 0)
    await life.signal("adopt")
    await life.decide_all("price_quoted", "quote_accepted", price_quoted=PRICE)
    assert life.outside.recorded(life.id)[-1] >= 3
    assert await _runs(life) == 1
    life.outside.broken["open_issue"] = failure
    held.set()
    await _has_new_run(life)
    life.outside.broken.clear()
    view = await life.settled()
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]
    done = life.outside.of(life.id)
    assert len(done) == len(set(done))
