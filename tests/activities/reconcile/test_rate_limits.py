"""GitHub's limits, met anywhere: everybody waits as long as GitHub says, to the second, and nothing is lost by it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.github import rate_limits
from activities.github.errors import Limit
from client.reconcile import NOW
from client.retries import PendingRetry, pending_retries
from sandbox.faults import Fault
from sandbox.journal import Exchange
from tests.support.office import Office
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT

SECONDS = 2
LONG = 8
"""Seconds in which a busy machine, too, gets a decision taken."""
LATE = timedelta(seconds=45)
"""So late after its time somebody was told something else than GitHub said: who is told nothing waits for a minute."""


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own: a round looks at all leads there are."""
    async with real_time() as server:
        yield server


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When the service came to know of a limit."""
    found: list[datetime] = []
    block = rate_limits.RateLimitGuard.block

    def recording_block(self: rate_limits.RateLimitGuard, api: rate_limits.Api, limit: Limit) -> None:
        block(self, api, limit)
        found.append(datetime.now(UTC))

    monkeypatch.setattr(rate_limits.RateLimitGuard, "block", recording_block)
    return found


def limit(office: Office, kind: str = "secondary_limit", **more: Any) -> None:
    """From now on, once."""
    fault = {"system": "github", "kind": kind, "seconds": SECONDS, **more}
    office.sandbox.faults.add(Fault.model_validate(fault))


def requests(office: Office) -> list[Exchange]:
    """Those of the service."""
    found = office.sandbox.journal.all("github")
    return [each for each in found if each.headers.get("user-agent") == "lead-to-hub"]


def was_honoured(
    asked: Sequence[Exchange], heard: Sequence[datetime], seconds: float = SECONDS, open_leads: int = 0
) -> None:
    """From the moment when the service knew of the one limit nobody asked before it was over, and then somebody did.

    `in_flight`: how many others may have had a request on their way at that moment.
    """
    (told,) = (each for each in asked if each.fault)
    over = told.at + timedelta(seconds=seconds)
    early = [f"{each.method} {each.path}" for each in asked if heard[0] < each.at < over]
    assert len(early) <= open_leads, early
    assert min(each.at for each in asked if each.at >= over) < over + LATE


async def settled(office: Office, lead: Any) -> Any:
    return await office.until(
        lead, lambda view: view.lead.card and all(e.status in ("done", "blocked") for e in view.effects)
    )


@pytest.mark.parametrize(
    "met",
    [
        {"method": "POST", "path": "/issues$"},
        {"method": "POST", "path": "/issues$", "status": 429},
        {"method": "POST", "path": "/issues$", "kind": "primary_limit"},
        {"path": "graphql", "body": "addProjectV2ItemById"},
    ],
    ids=str,
)
async def test_met_while_a_lead_opens(office: Office, heard: list[datetime], met: dict[str, Any]) -> None:
    limit(office, **met)
    lead = await office.open()
    view = await settled(office, lead)
    # the issue is brought up to date meanwhile
    was_honoured(requests(office), heard, open_leads=int(met["path"] == "graphql"))
    assert not [effect for effect in view.effects if effect.status == "parked"]
    assert len(office.sandbox.github.issues) == len(office.sandbox.github.items) == 1


async def test_graphql_tells_of_its_limit_in_a_good_answer_and_rest_goes_on(
    office: Office, heard: list[datetime]
) -> None:
    limit(office, kind="graphql_error", path="graphql")
    lead = await office.open()
    await lead.execute_update("questionnaire_sent", {})
    await settled(office, lead)
    graphql = [each for each in requests(office) if each.path.endswith("graphql")]
    was_honoured(graphql, heard, open_leads=1)


@pytest.mark.parametrize(
    "met",
    [
        {"method": "GET", "path": "/issues/1$"},
        {"method": "GET", "path": "/issues/comments/"},
        {"method": "GET", "path": "/teams/"},
    ],
    ids=str,
)
async def test_met_before_a_command_is_taken(
    office: Office, heard: list[datetime], met: dict[str, Any]
) -> None:
    lead = await office.open()
    await settled(office, lead)
    office.sandbox.journal.clear()
    comment = await office.comment(lead, "/maniac-t-assessed in_scope=true")
    limit(office, **met)
    await office.sync(lead, comment)
    await settled(office, lead)
    was_honoured(requests(office), heard)
    view = await office.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("maniac_t_assessed") == 1
    assert not view.refused
    assert len(await office.answers(lead)) == 1
    assert await office.reactions(comment) == ["+1"]


@pytest.mark.parametrize("path", ["/reactions$", "/issues/1/comments$"])
async def test_met_while_a_comment_is_answered(office: Office, heard: list[datetime], path: str) -> None:
    """A question, so that the lead has nothing to do outside meanwhile."""
    lead = await office.open()
    await settled(office, lead)
    office.sandbox.journal.clear()
    comment = await office.comment(lead, "/options")
    limit(office, method="POST", path=path)
    await office.sync(lead, comment)
    was_honoured(requests(office), heard)
    assert len(await office.answers(lead)) == 1
    assert await office.reactions(comment) == ["eyes"]


async def test_what_one_was_told_all_others_heed(office: Office, heard: list[datetime]) -> None:
    """A round meets the limit; a decision meanwhile is taken at once, and done outside when it is over."""
    lead = await office.open()
    await settled(office, lead)
    office.sandbox.journal.clear()
    limit(office, path="/issues/comments$", seconds=LONG)
    looking = asyncio.create_task(office.reconcile())
    async with asyncio.timeout(TIMEOUT):
        while not heard:
            await asyncio.sleep(0.01)
    body = {"amount": "12000", "currency": "USD", "per": "year"}
    answer = await lead.execute_update("price_quoted", body)
    assert answer["accepted"]
    again = await _waits(office, lead.id)
    assert "GitHub's rate limit was reached" in again.reason
    assert "it goes on at" in again.reason
    assert again.next_attempt_at is not None
    assert (await _waits(office, NOW)).kind == "reconcile_github"
    await looking
    await settled(office, lead)
    was_honoured(requests(office), heard, LONG)
    assert await office.stage(lead) == "quoted"


async def _waits(office: Office, workflow: str) -> PendingRetry:
    async with asyncio.timeout(TIMEOUT):
        while not (found := await pending_retries(office.env.client.get_workflow_handle(workflow))):
            await asyncio.sleep(0.01)
    return next(each for each in found if each.kind in ("update_issue", "place_card", "reconcile_github"))


async def test_all_that_was_said_meanwhile_is_answered_afterwards(
    office: Office, heard: list[datetime]
) -> None:
    lead = await office.open()
    await settled(office, lead)
    office.sandbox.journal.clear()
    said = [await office.comment(lead, f'/put-on-hold event="No {n}"') for n in range(5)]
    limit(office, method="GET", path="/issues/comments/")
    await office.sync(lead, *said)
    was_honoured(requests(office), heard)
    assert len(await office.answers(lead)) == len(said)
