"""Leads that may be one request, on the real server: each has its workflow, and they notify each other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.errors import again
from activities.relation_notices import RelationNoticeActivities
from process.effects.requests import EffectRequest, Outcome
from process.views.lead_overview import EffectLine, Overview
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life


def relations(view: Overview) -> list[tuple[str, str]]:
    return [(other.lead_id, other.relation.value) for other in view.lead.duplicates]


def parked(view: Overview) -> list[EffectLine]:
    return [effect for effect in view.effects if effect.status == "parked"]


@pytest.fixture
async def queue(env: WorkflowEnvironment, outside: Outside, lead_id: str) -> AsyncIterator[str]:
    """Leads on a worker whose activities notify other leads."""
    real = RelationNoticeActivities(env.client).notify_leads
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities(notify_leads=real)):
        yield lead_id


@pytest.fixture
def begin(env: WorkflowEnvironment, outside: Outside, queue: str) -> Callable[..., Any]:
    async def begin(name: str, *originals: str, **more: Any) -> Life:
        """Start a lead that matches these."""
        alike = [{"lead_id": f"{queue}-{other}", "reasons": ["same organisation"]} for other in originals]
        more |= {"originals": alike} if alike else {}
        return await Life.begin(env, outside, f"{queue}-{name}", queue=queue, **more)

    return begin


async def knows(life: Life, wanted: list[tuple[str, str]]) -> Overview:
    return await life.until(lambda view: relations(view) == wanted)


async def test_a_duplicate_is_held_merged_and_taken_back(begin: Callable[..., Any]) -> None:
    first = await begin("first")
    twin = await begin("twin", "first", email="ada@example.org")
    await knows(first, [(twin.id, "may be the same")])
    await twin.decide("questionnaire_answered", response_id="r1")
    stood = await twin.settled()
    assert stood.next_step.startswith(f"merge it into {first.id}")
    refused = await twin.decide("price_quoted", amount=12000, currency="USD", per="year")
    assert f"It may be the same request as {first.id} (same organisation)" in str(refused)

    merged = await twin.decide("merged", into=first.id)
    assert merged.accepted
    view = await knows(first, [(twin.id, "merged")])
    assert (view.lead.email, view.lead.questionnaire.response_id) == ("ada@example.org", "r1")
    assert view.lead.questionnaire.answers
    ended = await twin.settled()
    assert ended.stage == "lost"
    assert ended.lead.merged_into
    assert ended.lead.merged_into.url == f"https://github.example.org/{first.id}"
    assert f"merged into {first.id}" in str(await twin.decide("questionnaire_sent"))
    await first.decide("asset_attached", name="Budget")

    await twin.decide("corrected", seq=merged.seq, reason="Another faculty")
    view = await knows(first, [(twin.id, "may be the same")])
    assert (view.lead.email, view.lead.questionnaire.response_id) == (None, None)
    assert [asset.name for asset in view.lead.assets] == ["Budget"]
    back = await twin.settled()
    assert (back.stage, back.next_step) == ("lead", stood.next_step)
    assert back.lead.questionnaire == stood.lead.questionnaire


async def test_a_duplicate_is_held_and_kept_apart(begin: Callable[..., Any]) -> None:
    first = await begin("first")
    twin = await begin("twin", "first")
    await knows(first, [(twin.id, "may be the same")])
    await twin.decide_all("kept_apart")
    await knows(first, [(twin.id, "another one")])
    await twin.signal("flag_duplicates", {"originals": [{"lead_id": first.id}]})
    await twin.to_signed()
    assert (await twin.settled()).stage == "contracted"


async def test_a_match_that_is_found_later_holds_the_lead_once(begin: Callable[..., Any]) -> None:
    first, twin = await begin("first"), await begin("twin")
    for _ in range(2):
        await twin.signal("flag_duplicates", {"originals": [{"lead_id": first.id}]})
    await knows(first, [(twin.id, "may be the same")])
    kinds = [line.kind for line in (await twin.settled()).timeline]
    assert kinds.count("duplicates_flagged") == 1
    await twin.signal("flag_duplicates", "nonsense")
    view = await twin.until(lambda view: view.refused)
    assert [refusal.kind for refusal in view.refused] == ["flag_duplicates"]


async def test_a_notice_reaches_the_other_lead_once_although_the_worker_is_killed(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    real, tries = RelationNoticeActivities(env.client), []

    @activity.defn(name="notify_leads")
    async def dies(request: EffectRequest) -> Outcome:
        tries.append(request)
        if len(tries) == 1:
            raise again("killed before it notified")
        outcome = await real.notify_leads(request)
        if len(tries) == 2:
            raise again("killed after it notified")
        return outcome

    async with Worker(env.client, task_queue=lead_id, activities=outside.activities(notify_leads=dies)):
        first = await Life.begin(env, outside, f"{lead_id}-first", queue=lead_id)
        twin = await Life.begin(env, outside, f"{lead_id}-twin", queue=lead_id)
        await twin.settled()
        await twin.decide_all("merged", merged={"into": first.id})
        await twin.settled()
        view = await knows(first, [(twin.id, "merged")])
    assert len(tries) == 3
    assert [line.kind for line in view.timeline].count("relation_noticed") == 1
    assert [line.kind for line in (view.timeline)].count("corrected") == 0


async def test_an_ended_lead_refuses_a_merge_and_nothing_is_lost(begin: Callable[..., Any]) -> None:
    first, twin = await begin("first"), await begin("twin")
    await first.decide_all("lost", lost={"reason": "budget"})
    merged = await twin.decide("merged", into=first.id)
    assert merged.accepted, "a signal asks nobody"
    (no,) = parked(await twin.settled())
    assert no.reason == (f"{first.id} is lost. Reopen that one first. Then retry, or correct the merge")
    assert (await first.overview()).refused[-1].by == twin.id
    await first.decide_all("reopened", reopened={"reason": "They came back"})
    await twin.signal("retry")
    await knows(first, [(twin.id, "merged")])

    third = await begin("third")
    merged = await third.decide("merged", into="lead-nowhere")
    (no,) = parked(await third.settled())
    assert "There is no lead lead-nowhere" in no.reason
    await third.decide("corrected", seq=merged.seq, reason="A slip")
    view = await third.settled()
    assert not parked(view)
    assert view.stage == "lead"


async def test_two_leads_merged_into_each_other_at_once_wait_for_a_person(begin: Callable[..., Any]) -> None:
    one, other = await begin("one"), await begin("other")
    for life in (one, other):
        await life.settled()
    first, _ = await asyncio.gather(one.decide("merged", into=other.id), other.decide("merged", into=one.id))
    for life in (one, other):
        (no,) = parked(await life.settled())
        assert "was itself merged into" in no.reason
    await one.decide("corrected", seq=first.seq, reason="The other way round")
    await other.signal("retry")
    await knows(one, [(other.id, "merged")])
    assert not parked(await other.settled())
    assert (await one.settled()).stage == "lead"


async def test_a_chain_of_merges_is_followed_to_its_end(begin: Callable[..., Any]) -> None:
    first, second, third = await begin("first"), await begin("second"), await begin("third")
    await third.decide("questionnaire_answered", response_id="r1")
    await third.settled()
    await third.decide_all("merged", merged={"into": second.id})
    await knows(second, [(third.id, "merged")])
    await second.decide_all("merged", merged={"into": first.id})
    view = await knows(first, [(second.id, "merged")])
    assert view.lead.questionnaire.response_id == "r1"
    answer = await first.decide("merged", into=third.id)
    assert answer.accepted
    (no,) = parked(await first.settled())
    assert f"{third.id} was merged into {second.id}. Merge into {second.id}" in no.reason


async def fails_once(life: Life) -> None:
    """Wait until an activity of this lead has failed, and is to be tried again."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            pending = (await life.handle.describe()).raw_description.pending_activities
            if any(each.attempt > 1 for each in pending):
                return
            await asyncio.sleep(0.05)


async def test_a_notice_without_an_answer_is_sent_again(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    hasty = RelationNoticeActivities(env.client, timeout=timedelta(milliseconds=300)).notify_leads
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities(notify_leads=hasty)):
        twin = await Life.begin(env, outside, f"{lead_id}-twin", queue=lead_id)
        first = await Life.begin(env, outside, f"{lead_id}-first", queue=f"{lead_id}-elsewhere")
        await twin.decide_all("merged", merged={"into": first.id})
        await fails_once(twin)
        assert "notify_leads" in {
            e.key.rpartition("/")[2] for e in (await twin.overview()).effects if e.status == "waiting"
        }
    real = RelationNoticeActivities(env.client).notify_leads
    async with (
        Worker(env.client, task_queue=lead_id, activities=outside.activities(notify_leads=real)),
        Worker(env.client, task_queue=f"{lead_id}-elsewhere", activities=outside.activities()),
    ):
        await knows(first, [(twin.id, "merged")])
        await twin.settled()


async def test_duplicates_survive_many_runs(
    short_env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    env, real = short_env, RelationNoticeActivities(short_env.client).notify_leads
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities(notify_leads=real)):
        first = await Life.begin(env, outside, f"{lead_id}-first", queue=lead_id)
        alike = [{"lead_id": first.id, "reasons": ["same organisation"]}]
        twin = await Life.begin(env, outside, f"{lead_id}-twin", queue=lead_id, originals=alike)
        for number in range(20):
            await first.decide("asset_attached", name=f"of the first {number}")
            await twin.decide("asset_attached", name=f"of the twin {number}")
        seq = (await twin.decide("merged", into=first.id)).seq
        await knows(first, [(twin.id, "merged")])
        for number in range(20):
            await first.decide("asset_attached", name=f"later {number}")
        await twin.decide("corrected", seq=seq, reason="Another faculty")
        view = await knows(first, [(twin.id, "may be the same")])
        assert len(view.lead.assets) == 40
        assert (await env.client.count_workflows(f"WorkflowId = '{first.id}'")).count > 1
        assert (await twin.settled()).lead.undecided
