"""Effects are done once, queues side by side; they are retried in passing trouble and parked otherwise."""

import asyncio

import pytest

from process.effects import Effect
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import MAILS, Life


async def test_an_effect_that_fails_for_good_is_parked_shown_and_done_on_retry(life: Life) -> None:
    life.outside.broken["send_mail"] = "park"
    await life.decide("price_quoted", amount=12000, currency="USD", per="year")
    view = await life.settled()
    parked = [effect for effect in view.effects if effect.status == "parked"]
    assert [(effect.summary, effect.reason) for effect in parked] == [
        ("Mail to contracts: price quoted", "send_mail can't be done; mend it")
    ]
    assert view.lead.folder is not None, "nothing else waits for a parked effect"
    assert await life.handle.execute_update("retry") == [parked[0].key]
    assert [e.status for e in (await life.settled()).effects if e.key == parked[0].key] == ["parked"]
    life.outside.broken.clear()
    await life.signal("retry", parked[0].key)
    view = await life.settled()
    assert {effect.status for effect in view.effects} == {"done"}
    assert life.outside.templates(life.id) == ["price_quoted"]


async def test_an_effect_that_fails_in_passing_is_tried_again_by_itself(life: Life) -> None:
    await life.settled()
    name = f"place_card {life.id}"
    before = life.outside.begun[name]
    life.outside.broken["place_card"] = "again"
    await life.decide("price_quoted", amount=12000, currency="USD", per="year")
    async with asyncio.timeout(TIMEOUT):
        while life.outside.begun[name] == before:
            await asyncio.sleep(0.02)
    assert any(effect.status == "waiting" for effect in (await life.overview()).effects)
    life.outside.broken.clear()
    view = await life.settled()
    assert {effect.status for effect in view.effects} == {"done"}
    assert life.outside.begun[name] > before + 1
    assert len(life.outside.of(life.id)) == len(set(life.outside.of(life.id)))


@pytest.mark.parametrize("kind", sorted(Effect.kinds))
async def test_each_effect_may_fail_for_good_without_holding_up_a_decision(life: Life, kind: str) -> None:
    """Break each kind of effect in turn: decisions are still accepted, and all effects are done after a retry."""
    life.outside.broken[kind] = "park"
    await life.decide("questionnaire_answered", response_id="r1")
    await life.to_hub()
    view = await life.settled()
    assert view.stage == "hub"
    life.outside.broken.clear()
    while any(effect.status != "done" for effect in view.effects):
        await life.handle.execute_update("retry")
        view = await life.settled()
    assert {effect.status for effect in view.effects} == {"done"}
    lead = view.lead
    assert all((lead.issue, lead.card, lead.folder, lead.hub_issue, lead.invoices[0].file))
    assert lead.questionnaire.answers
    assert sorted(life.outside.templates(life.id)) == sorted(MAILS)
    done = life.outside.of(life.id)
    assert len(done) == len(set(done))
    assert life.outside.recorded(life.id) == [line.seq for line in view.timeline]


@pytest.mark.parametrize("again", [False, True])
async def test_a_mail_that_is_tried_again_and_again_ends_with_its_decision(life: Life, again: bool) -> None:
    life.outside.broken["send_mail"] = "again"
    answer = await life.decide("price_quoted", amount=12000, currency="USD", per="year")
    async with asyncio.timeout(TIMEOUT):
        while not life.outside.begun[f"send_mail {life.id}"]:
            await asyncio.sleep(0.02)
    correction = await life.decide("corrected", seq=answer.seq, reason="a slip")
    await life.settled()
    async with asyncio.timeout(TIMEOUT):
        while (await life.handle.describe()).raw_description.pending_activities:
            await asyncio.sleep(0.05)
    life.outside.broken.clear()
    if again:  # the decision counts again, and so its mail is to be sent
        await life.decide("corrected", seq=correction.seq, reason="no slip")
    await life.settled()
    assert life.outside.templates(life.id) == ["price_quoted"] * again


async def test_a_mail_sent_while_its_decision_is_corrected_is_recorded(life: Life) -> None:
    name = f"send_mail {life.id}"
    ends = life.outside.held[name] = asyncio.Event()
    answer = await life.decide("price_quoted", amount=12000, currency="USD", per="year")
    async with asyncio.timeout(TIMEOUT):
        while not life.outside.begun[name]:
            await asyncio.sleep(0.02)
    await life.decide("corrected", seq=answer.seq, reason="a slip", compensate=["mail"])
    ends.set()
    view = await life.until(lambda view: len(view.lead.mails) == 2)
    assert [mail.template for mail in view.lead.mails] == ["price_quoted", "correction"]
