"""After the policy's time, leads that ended long ago name nobody, and chores are gone."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from client.chores import Chores
from client.erasure.finding import find, person_named
from client.erasure.runs import describe
from client.retention import Retaining, due_leads, erased_since
from config.groups import Keys
from config.settings import Settings
from process.policy import Retention
from process.privacy.requests import STEPS, ErasureRequest, LeadErasure, RequestKind
from tests.support.erasures import ADA, ANN, QUEUE, World
from tests.support.waiting import TIMEOUT

RULES = Retention()


def retaining(world: World) -> Retaining:
    return Retaining(world.erasing.stores, Chores(world.client, QUEUE), world.requests, RULES)


async def test_names_go_two_years_after_the_end_and_chores_after_a_month(world: World) -> None:
    client, now = world.client, datetime.now(UTC)
    later = now + timedelta(days=3 * 365)
    chore = await client.start_workflow("ReconcileWorkflow", id="a-chore", task_queue="nobody")
    await chore.terminate()
    async with world.worker():
        lost, going_on = await world.begin("lead-retained", **ADA), await world.begin("lead-going-on", **ADA)
        await lost.decide_all("lost", lost={"reason": "budget", "note": "Frau Zweifelhaft rief an"})
        await lost.settled()
        await going_on.settled()
        async with asyncio.timeout(TIMEOUT):
            while "a-chore" not in [each.id async for each in client.list_workflows("CloseTime IS NOT NULL")]:
                await asyncio.sleep(0.05)
        assert (await retaining(world).apply(now)).request is None
        assert due_leads(world.ledger, [], RULES, later.date()) == [lost.id]

        world.ring.newest("service/2020-01")
        done = await retaining(world).apply(later)
        assert (done.leads, done.failed, done.more) == (1, 0, False)
        assert done.request
        assert (done.request.kind, done.request.keys) == (RequestKind.RETENTION, 1)
        view = await lost.settled()
        assert view.stage == "lost"
        assert "Zweifelhaft" not in view.model_dump_json()
        assert [line.kind for line in view.timeline].count("person_erased") == 1
        assert "Zweifelhaft" in (await going_on.settled()).model_dump_json()
        # the moment of an erasure is that of the clock, which is not three years on
        world.journal.change_lead(done.request.id, lost.id, lambda each: each.replaced(since=later))
        assert retaining(world).due(later.date()) == []
        async with asyncio.timeout(TIMEOUT):
            while await describe(client, "a-chore"):
                await asyncio.sleep(0.05)
        for lead in (lost, going_on):
            await lead.handle.terminate()
    assert world.ring.owners("service/2020") == []
    assert [each.id for each in world.journal.requests()] == [f"retention-{later.date()}"]


async def test_nothing_is_left_to_read_ten_years_after_the_end(world: World) -> None:
    async with world.worker():
        lead = await world.begin("lead-ten-years", **ADA)
        await lead.decide_all("lost", lost={"reason": "budget"})
        await lead.settled()
        later = datetime.now(UTC) + timedelta(days=11 * 365)
        running = await retaining(world).apply(later)
        assert (running.removed, running.leads, running.failed) == (0, 1, 0), (
            "it would be stuck without its key"
        )
        await lead.handle.terminate()
    assert world.ledger.row(lead.id)
    done = await retaining(world).apply(later)
    assert (done.removed, done.failed) == (1, 0)
    assert done.request
    assert done.request.removed == (lead.id,)
    assert all(epoch.destroyed_at for epoch in world.ring.epochs(lead.id))
    assert world.ledger.row(lead.id) is None
    assert world.ledger.last_seq(lead.id) > 1
    assert retaining(world).due_whole(later.date()) == []
    assert find(world.ledger, person_named(["Quixotina Zweifelhaft"])).leads == ()


def test_the_digest_counts_the_leads_of_a_week(world: World, tmp_path: Path) -> None:
    store = SecretStr(f"sqlite:///{tmp_path / 'keys.sqlite'}")
    keys = Keys(master_key=SecretStr("m" * 32), store_url=store)
    settings, now = Settings(_env_file=None, keys=keys), datetime.now(UTC)
    done = LeadErasure(lead_id="lead-a", done=STEPS)
    world.journal.add(
        ErasureRequest(
            id="retention-a",
            kind=RequestKind.RETENTION,
            asked_at=now,
            leads=(done, LeadErasure(lead_id="lead-b")),
        ),
        None,
    )
    assert erased_since(settings, now - timedelta(days=7)) == 1
    assert erased_since(settings, now + timedelta(days=1)) == 0
    assert erased_since(Settings(_env_file=None), now - timedelta(days=7)) == 0


async def test_a_hold_keeps_a_lead_as_it_is(world: World) -> None:
    async with world.worker():
        lead = await world.begin("lead-held", **ADA)
        await lead.decide_all("lost", lost={"reason": "budget"})
        await lead.settled()
        request = world.asked("Quixotina Zweifelhaft")
        await lead.handle.terminate()
    later = datetime.now(UTC).date() + timedelta(days=3 * 365)
    world.journal.change(request.id, lambda each: each.replaced(held_until=later))
    assert retaining(world).due(later) == []
    assert retaining(world).due(later + timedelta(days=1)) == [lead.id]
    assert request.asked_by == world.requests.digest(ANN)


async def test_a_hold_that_begins_while_others_are_erased_keeps_its_lead(world: World) -> None:
    async with world.worker():
        for lead_id in ("lead-a-lost", "lead-b-lost"):
            lead = await world.begin(lead_id, **ADA)
            await lead.decide_all("lost", lost={"reason": "budget"})
            await lead.settled()
            await lead.handle.terminate()
    now = datetime.now(UTC)
    request = world.requests.ask(person_named(["Quixotina Zweifelhaft"]), ["lead-b-lost"], ANN)

    def hold(_: str) -> None:
        until = now.date() + timedelta(days=20 * 365)
        world.journal.change(request.id, lambda each: each.replaced(held_until=until))

    for years, removed in ((3, 0), (11, 1)):
        world.journal.change(request.id, lambda each: each.replaced(held_until=None))
        done = await retaining(world).apply(now + timedelta(days=years * 365), hold)
        assert (done.leads, done.removed, done.failed, done.more) == (1 - removed, removed, 0, False)
        assert "Zweifelhaft" in str(world.ledger.entries("lead-b-lost"))
    assert retaining(world).due(now.date() + timedelta(days=21 * 365)) == ["lead-b-lost"]
