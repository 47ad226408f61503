"""A new lead learns the service's keys before it takes its first message, so nobody uses the time before."""

import asyncio
from collections.abc import Callable
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from process.actor import Actor, Face
from process.envelope import EVERY_LEAD, THE_SERVICE, Envelope, public_key, sign
from process.types import Role
from process.views.recording import Recorded, RecordRequest
from tests.support.lives import DISCOUNTED, KEY, known_person
from tests.support.outside import Outside
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin

LOOSER = {"policy": {"version": "x", "discounts": {"without_approval": "100"}}}
CLAIMS = Envelope(actor=Actor(face=Face.COMMAND_LINE, identity="mallory")).model_dump(mode="json")
SALES = known_person("amara-sales", Face.COMMENT, Role.SALES)
CONTRACTS = known_person("chidi", Face.COMMENT, Role.CONTRACTS)


def signed(life: Life, kind: str, body: dict[str, Any], person: Actor) -> list[Any]:
    return [body, sign(KEY, life.id, kind, body, person).model_dump(mode="json")]


def team(address: str) -> dict[str, Any]:
    return {"addresses": {"contracts": [address]}}


async def test_messages_that_came_before_the_lead_knew_the_key_are_judged_by_it(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    life = await Life.begin(env, outside, lead_id, queue=lead_id)
    handle, news = life.handle, team("team@example.org")
    await handle.signal("policy_adopted", args=[LOOSER, CLAIMS])
    await handle.signal("set_team", team("somebody@evil.example"))
    service = sign(KEY, EVERY_LEAD, "set_team", news, THE_SERVICE).model_dump(mode="json")
    await handle.signal("set_team", args=[news, service])
    await handle.signal("price_quoted", args=signed(life, "price_quoted", DISCOUNTED, SALES))
    await handle.signal("discount_approved", args=signed(life, "discount_approved", {}, CONTRACTS))
    async with Worker(env.client, task_queue=lead_id, activities=outside.activities()):
        view = await life.settled()
        assert [line.kind for line in view.timeline if line.source != "worker"][:1] == ["lead_opened"]
        decided = [line for line in view.timeline if line.kind in ("price_quoted", "discount_approved")]
        assert [(line.kind, line.authenticated) for line in decided] == [
            ("price_quoted", True),
            ("discount_approved", True),
        ]
        assert view.lead.policy.version != "x"
        assert view.lead.policy.addresses[Role.CONTRACTS] == ("team@example.org",)
        assert {refusal.kind for refusal in view.refused} == {"policy_adopted", "set_team"}
        history = await handle.fetch_history()
    await Replayer(plugins=[leads_plugin()], workflows=[]).replay_workflow(history)


def away_within_tasks(calls: list[bool]) -> Callable[..., Any]:
    """Return a ledger that answers only to an effect, as one that was away does later."""

    @activity.defn(name="record_events")
    async def record(request: RecordRequest) -> Recorded:
        calls.append(activity.info().is_local)
        if activity.info().is_local and False not in calls:
            raise ApplicationError("the ledger is away")
        return Recorded(seq=request.after + len(request.events), keys=(public_key(KEY),))

    return record


async def test_without_a_ledger_a_lead_takes_decisions_and_learns_the_key_when_it_is_back(
    env: WorkflowEnvironment, outside: Outside, lead_id: str
) -> None:
    calls: list[bool] = []
    activities = outside.activities(record_events=away_within_tasks(calls))
    life = await Life.begin(env, outside, lead_id, queue=lead_id)
    await life.handle.signal("policy_adopted", args=[LOOSER, CLAIMS])
    await life.handle.signal("put_on_hold", args=[{"event": "x"}, CLAIMS])
    async with Worker(env.client, task_queue=lead_id, activities=activities):
        view = await life.settled()
        assert (view.lead.policy.version != "x", view.lead.hold is not None) == (True, True)
        body = {"by": "@amara-sales"}
        async with asyncio.timeout(TIMEOUT):
            await life.handle.execute_update("resumed", args=signed(life, "resumed", body, SALES))
        view = await life.settled()
        assert view.timeline[-1].authenticated
