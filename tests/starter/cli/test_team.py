"""Workers send leads the team of their settings: only to leads that need it, once, and the newest worker wins."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment

import client.leads
from activities.reconcile.team import TeamReconciler
from process.core import inbox
from process.decisions.registry import DECISIONS
from process.envelope import public_key
from process.policy import Policy, Team
from process.types import Role
from process.views.lead_overview import Overview
from tests.support.commands import Opened, RunLeads, eventually
from tests.support.lives import KEY, Life
from tests.support.waiting import TIMEOUT
from workflows.reconcile import SystemResult
from workflows.search_attributes import PEOPLE

NOW = datetime.now(UTC) - timedelta(hours=1)
Worker = Callable[..., TeamReconciler]


@pytest.fixture
def worker(env: WorkflowEnvironment, queue: str) -> Worker:
    """A function that makes the reconciler of a worker whose settings, read so many hours later, have these addresses."""

    def team(*contracts: str, hours: float = 0, queue: str = queue) -> TeamReconciler:
        policy = Policy(addresses={Role.CONTRACTS: contracts} if contracts else {})
        timeout = timedelta(seconds=TIMEOUT)
        leads = client.leads.LeadsClient(env.client, queue, "http://localhost", timeout, policy, key=KEY)
        return TeamReconciler(leads, NOW + timedelta(hours=hours))

    return team


async def reconcile_once(team: TeamReconciler, cursor: dict[str, Any] | None = None) -> SystemResult:
    return await ActivityEnvironment().run(team.reconcile_team, cursor or {})


async def listed(team: TeamReconciler, checksum: str, leads: int) -> None:
    """Until Temporal's list shows that so many leads know them."""
    async with asyncio.timeout(TIMEOUT):
        query = team.leads.running(f"{PEOPLE.name} = '{checksum}'")
        while (await team.leads.client.count_workflows(query)).count != leads:
            await asyncio.sleep(0.05)


async def changes(team: TeamReconciler, lead: str) -> list[str]:
    view: Overview = await team.leads.overview(await team.leads.find(lead))
    return [line.summary for line in view.timeline if line.kind == "team_changed"]


async def test_a_reconciliation_informs_leads_with_an_old_team_once(opened: Opened, worker: Worker) -> None:
    lead, team = await opened(), worker("new@example.org")
    await listed(team, Team().checksum(), 1)
    first = await reconcile_once(team)
    assert first.found == (f"1 updated with the people of the roles: {lead}",)
    assert (await reconcile_once(team, first.cursor)).found == (), (
        "sent once, though the list may not show it yet"
    )
    await listed(team, team.team.checksum(), 1)
    assert (await reconcile_once(team)).found == ()
    assert await team.update_leads() == 0
    assert await changes(team, lead) == ["The team changed: contracts: new@example.org"]


async def test_two_rounds_and_a_start_at_once_change_it_once(opened: Opened, worker: Worker) -> None:
    lead, team, other = await opened(), worker("new@example.org"), worker("new@example.org", hours=1)
    await listed(team, Team().checksum(), 1)
    await asyncio.gather(
        reconcile_once(team), reconcile_once(other), team.update_leads(), other.update_leads()
    )
    await listed(team, team.team.checksum(), 1)
    assert len(await changes(team, lead)) == 1


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two leads are many already, and are told one by one."""
    monkeypatch.setattr("activities.reconcile.team.FEW", 1)
    monkeypatch.setattr("activities.reconcile.team.PART", 1)


async def test_many_leads_are_told_in_parts(opened: Opened, worker: Worker, many: None) -> None:
    lead, team = await opened(), worker("new@example.org")
    other = await opened("--id", "lead-second", "--not-a-duplicate")
    await listed(team, Team().checksum(), 2)
    assert await team.update_leads() == 0, "workers that start leave them to the reconciliations"
    first = await reconcile_once(team)
    assert first.found == ("1 of 2 are updated with the people of the roles",)
    await listed(team, team.team.checksum(), 1)
    assert len(await changes(team, lead)) + len(await changes(team, other)) == 1
    await reconcile_once(team, first.cursor)
    await listed(team, team.team.checksum(), 2)
    for each in (lead, other):
        assert await changes(team, each) == ["The team changed: contracts: new@example.org"]
    assert (await reconcile_once(team, first.cursor)).found == ()


async def test_many_leads_that_do_not_follow_are_told_once_a_day(
    worker: Worker, many: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list is made up: five leads that never follow, in the order of their starts."""
    team, told = worker("new@example.org"), list[tuple[str, bool]]()
    monkeypatch.setattr("activities.reconcile.team.PART", 2)
    starts = [NOW - timedelta(minutes=number) for number in range(5)]

    class Execution(NamedTuple):
        id: str
        start_time: datetime

    async def list_part(reached: datetime | None) -> list[Execution]:
        later = [each for each in starts if reached is None or each < reached]
        return [Execution(f"lead-{starts.index(each)}", each) for each in later][:2]

    async def tell(lead_ids: list[str], read_at: datetime | None = None, **_: object) -> None:
        told.extend((each, read_at is not None) for each in lead_ids)

    async def count() -> int:
        return 5

    for name, made_up in {"_next_part": list_part, "_tell": tell, "_count": count}.items():
        monkeypatch.setattr(team, name, made_up)
    cursor: dict[str, Any] = {}
    for _ in range(4):
        result = await reconcile_once(team, cursor)
        cursor = result.cursor
    assert told == [(f"lead-{number}", False) for number in range(5)]
    assert result.found == ("5 have not followed the change of the people of the roles yet",)
    cursor["sent_at"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for _ in range(4):
        cursor = (await reconcile_once(team, cursor)).cursor
    assert told[5:] == [(f"lead-{number}", True) for number in range(5)]


async def test_a_lead_that_ended_with_nothing_left_to_do_is_not_told(
    opened: Opened, worker: Worker, leads: RunLeads
) -> None:
    lead, team = await opened(), worker("new@example.org")
    await listed(team, Team().checksum(), 1)
    assert (await leads("lost", lead, "--reason", "budget")).code == 0
    await listed(team, Team().checksum(), 0)
    assert await team.update_leads() == 0
    assert await changes(team, lead) == []


async def test_a_lead_that_knows_the_service_believes_what_a_worker_sends(worker: Worker) -> None:
    team = worker("new@example.org")
    sent = team.leads.signed_team(team.team)
    converter = team.leads.client.data_converter
    received = tuple(await converter.decode(await converter.encode(sent)))
    life = Life()
    life.aggregate = life.aggregate.replaced(keys=(public_key(KEY),))
    life.at(datetime.now(UTC))
    told = inbox.set_team(life.aggregate, received, life.now)
    assert told.lead.policy.addresses[Role.CONTRACTS] == ("new@example.org",)
    assert not inbox.set_team(life.aggregate, received[:1], life.now).lead.policy.addresses


async def test_a_lead_that_was_told_otherwise_is_put_right_after_a_day(
    opened: Opened, worker: Worker
) -> None:
    lead, team = await opened(), worker("new@example.org")
    other = Team(addresses={Role.CONTRACTS: ("other@example.org",)}, read_at=datetime.now(UTC))
    await (await team.leads.find(lead)).signal("set_team", args=team.leads.signed_team(other))
    await listed(team, other.checksum(), 1)
    first = await reconcile_once(
        team
    )  # the lead ignores it: the other news are younger than this worker's start
    cursor = first.cursor
    cursor["leads"]["sent"][lead]["at"] = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await reconcile_once(team, cursor)
    await listed(team, team.team.checksum(), 1)
    assert (await changes(team, lead))[-1] == "The team changed: contracts: new@example.org"


async def test_the_worker_that_started_last_has_the_say(opened: Opened, worker: Worker) -> None:
    lead, old, new = await opened(), worker("old@example.org"), worker("new@example.org", hours=1)
    await listed(old, Team().checksum(), 1)
    cursor = (await reconcile_once(new)).cursor
    await listed(new, new.team.checksum(), 1)
    texts = await reconcile_once(old, cursor)
    assert texts.found == ("a worker that started later has other people in its settings",)
    assert texts.cursor == cursor
    await old.update_leads()  # it starts: without a round's memory the lead itself knows better
    await old.leads.decide(await old.leads.find(lead), DECISIONS["questionnaire_sent"]())
    assert len(await changes(new, lead)) == 1


async def test_settings_that_name_nobody_tell_nobody(opened: Opened, worker: Worker) -> None:
    await opened()
    nobody = worker()
    await listed(nobody, Team().checksum(), 1)
    assert await nobody.update_leads() == 0
    assert (await reconcile_once(nobody)).found == ()


async def test_leads_of_another_queue_are_anothers(opened: Opened, worker: Worker) -> None:
    await opened()
    await listed(worker("new@example.org"), Team().checksum(), 1)
    assert await worker("new@example.org", queue="another").update_leads() == 0


async def test_a_lead_begins_with_whom_the_settings_name(
    leads: RunLeads, opened: Opened, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADS_ADDRESSES__CONTRACTS", '["new@example.org"]')
    await opened()
    team = worker("new@example.org")
    await listed(team, team.team.checksum(), 1)
    assert await team.update_leads() == 0
    await eventually(lambda: leads("policy"), lambda ended: "contracts: new@example.org" in ended.out)
