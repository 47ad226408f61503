"""A person is erased from running leads and from one that has ended, whatever happens in between."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from client.erasure.erasing import forget_in_pages
from client.erasure.errors import ErasureRefused
from client.erasure.finding import person_named
from client.erasure.runs import is_running, runs_of
from client.erasure.search import StorePlace
from keys.journal import ErasureJournal
from process.privacy.person import Person
from process.privacy.requests import STEPS, HoldReason, LeadErasure, RequestState, Step
from tests.support.erasures import ADA, ANN, BOB, TODAY, World


class Died(Exception):
    """Stands for the end of the program."""


def dying_in(journal: ErasureJournal, monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Let the program die once after each step, before it notes that the step is done. Returns the steps so far."""
    died: list[Step] = []
    change_lead = journal.change_lead

    def dying(request_id: str, lead_id: str, change: Callable[[LeadErasure], LeadErasure]) -> LeadErasure:
        def changed(erasure: LeadErasure) -> LeadErasure:
            after = change(erasure)
            if after.done != erasure.done and after.done[-1] not in died:
                died.append(after.done[-1])
                raise Died
            return after

        return change_lead(request_id, lead_id, changed)

    monkeypatch.setattr(journal, "change_lead", dying)
    return died


async def test_a_person_is_erased_from_running_and_ended_leads(world: World) -> None:
    async with world.worker():
        hub = await world.begin("lead-erased-hub", **ADA)
        await hub.to_hub()
        other = await world.begin("lead-erased-other", person="Somebody Else")
        await other.decide_all("put_on_hold", put_on_hold={"event": "Quixotina Zweifelhaft is back"})
        ended = await world.begin("lead-erased-ended", title="Another hub", **ADA)
        await ended.decide_all(
            "lost", lost={"reason": "budget", "note": "Frau Zweifelhaft, Quixotina, sagte ab"}
        )
        await ended.settled()
        await hub.settled()
        await ended.handle.terminate()
        before = (await hub.overview()).lead
        assert before.invoices

        outcome = await world.carry_out(world.asked("quixotina@zweifelhaft.example"))
        assert outcome.is_complete, outcome.hits
        assert {each.lead_id for each in outcome.request.leads} == {hub.id, other.id, ended.id}

        view = await hub.settled()
        assert [(i.number, i.total) for i in view.lead.invoices] == [
            (i.number, i.total) for i in before.invoices
        ]
        assert view.lead.person != ADA["person"]
        assert "Zweifelhaft" not in view.model_dump_json()
        assert [line.kind for line in view.timeline].count("person_erased") == 1
        entries = world.ledger.entries(hub.id)
        assert [(each.seq, each.summary) for each in entries] == [(n.seq, n.summary) for n in view.timeline]
        await hub.decide_all("put_on_hold", put_on_hold={"event": "it takes decisions"})
        assert len(await runs_of(world.client, hub.id)) == 1
        assert (await runs_of(world.client, ended.id), await is_running(world.client, ended.id)) == (
            [],
            False,
        )
        row = world.ledger.row(ended.id)
        assert row
        assert (row.stage, "Zweifelhaft" in row.heading) == ("lost", False)
    for lead_id in (hub.id, other.id, ended.id):
        old, new = world.ring.epochs(lead_id)
        assert (bool(old.destroyed_at), new.destroyed_at) == (True, None)


async def test_it_may_die_after_each_step_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async with world.worker():
        lead = await world.begin("lead-erased-dying", **ADA)
        await lead.settled()
        request = world.asked("Quixotina Zweifelhaft")
        dying = dying_in(world.journal, monkeypatch)
        for _ in STEPS:
            with pytest.raises(Died):
                await world.carry_out(request)
        assert dying == list(STEPS)
        assert (await world.carry_out(request)).is_complete
        view = await lead.settled()
    assert [line.kind for line in view.timeline].count("person_erased") == 1
    assert [each.seq for each in world.ledger.entries(lead.id)] == [line.seq for line in view.timeline]
    assert [bool(epoch.destroyed_at) for epoch in world.ring.epochs(lead.id)] == [True, False]


class Pages:
    """A store of the pages with one row of the person."""

    rows = 1

    def places(self, person: Person) -> list[StorePlace]:
        return [StorePlace("links")] * self.rows

    def forget(self, person: Person) -> None:
        self.rows = 0


async def test_it_is_not_done_before_the_pages_have_forgotten_wherever_they_are(world: World) -> None:
    async with world.worker():
        lead = await world.begin("lead-erased-pages", **ADA)
        await lead.settled()
        request, pages = world.asked("Quixotina Zweifelhaft"), Pages()
        erasing = replace(world.erasing, no_pages=False)
        outcome = await erasing.carry_out(request.id, TODAY)
        assert (outcome.is_complete, outcome.lacks_pages, outcome.hits) == (False, True, ())
        forget_in_pages(world.requests, pages, request.id, TODAY)
        assert pages.rows == 0
        assert (await erasing.carry_out(request.id, TODAY)).is_complete
        await lead.handle.terminate()


async def test_the_pages_forget_with_the_rest(world: World) -> None:
    async with world.worker():
        lead = await world.begin("lead-erased-with-pages", **ADA)
        await lead.settled()
        erasing = replace(world.erasing, no_pages=False, pages=Pages())
        assert (await erasing.carry_out(world.asked("Quixotina Zweifelhaft").id, TODAY)).is_complete
        await lead.handle.terminate()


async def test_what_is_not_confirmed_is_not_carried_out(world: World) -> None:
    person = person_named(["Quixotina Zweifelhaft"])
    request = world.requests.ask(person, ["lead-x"], ANN)
    with pytest.raises(ErasureRefused, match="requested"):
        await world.carry_out(request)
    world.requests.hold(request.id, ANN, TODAY, HoldReason.INVOICE, TODAY)
    with pytest.raises(ErasureRefused, match="legal hold"):
        await world.carry_out(request)
    assert world.requests.get(request.id).state(TODAY + timedelta(days=1)) is RequestState.REQUESTED


async def test_a_lead_that_only_heard_of_the_person_is_found_and_cleaned_the_next_time(world: World) -> None:
    """Its events say nothing of them: the message was refused, and stands in its history and nowhere else."""
    async with world.worker():
        named = await world.begin("lead-erased-named", **ADA)
        await named.settled()
        heard = await world.begin("lead-erased-heard", person="Somebody Else")
        await heard.signal("quote_accepted", {"note": f"{ADA['person']} said so"})
        await heard.until(lambda view: bool(view.refused))
        request = world.asked(ADA["email"])
        assert [each.lead_id for each in request.leads] == [named.id]

        first = await world.carry_out(request)
        assert {(each.store, each.where) for each in first.hits} == {("history", heard.id)}
        assert (await world.carry_out(request)).is_complete
        assert len((await heard.settled()).timeline) >= 1


async def test_a_request_for_somebody_of_no_lead_comes_to_its_end(world: World) -> None:
    request = world.asked("Otto Ohnelead")
    assert request.leads == ()
    outcome = await world.carry_out(request)
    assert (outcome.is_complete, outcome.hits) == (True, ())


async def test_a_hold_elsewhere_keeps_a_lead_that_names_the_person_since(world: World) -> None:
    async with world.worker():
        lead = await world.begin("lead-names-ada", **ADA)
        other = await world.begin("lead-held-elsewhere", person="Somebody Else")
        for each in (lead, other):
            await each.settled()
        request = world.asked("Quixotina Zweifelhaft")
        held = world.requests.ask(person_named(["Somebody Else"]), [other.id], ANN)
        world.requests.hold(held.id, BOB, TODAY, HoldReason.DISPUTE, TODAY)
        await other.decide_all("put_on_hold", put_on_hold={"event": "Quixotina Zweifelhaft is back"})
        await other.settled_in(world.ledger)
        for _ in range(2):
            with pytest.raises(ErasureRefused, match=f"hold on request {held.id}"):
                await world.carry_out(request)
            assert "Zweifelhaft" in str(world.ledger.entries(other.id))
        assert "Zweifelhaft" not in str(world.ledger.entries(lead.id))
        world.journal.change(held.id, lambda each: each.replaced(held_until=None))
        assert (await world.carry_out(request)).is_complete
        for each in (lead, other):
            await each.handle.terminate()
