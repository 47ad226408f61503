"""GitHub's rate limits: all requests wait until the limit is over, and nothing is lost."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.github import rate_limits
from activities.github.errors import Limit
from client.directory import LeadHandle
from client.reconcile import NOW
from client.retries import PendingRetry, pending_retries
from process.views.lead_overview import EffectLine
from sandbox.faults import Fault
from sandbox.journal import Exchange
from tests.support.deployment import Deployment, own_env
from tests.support.waiting import TIMEOUT

__all__ = ["own_env"]

SECONDS = 2
LONG = 8
"""Seconds within which even a busy machine takes a decision."""
LATE = timedelta(seconds=45)
"""Longest delay of the next request after a limit. A service that ignored GitHub's hint would wait a minute."""


@pytest.fixture(autouse=True)
def limited_at(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Return the times at which the service met a limit."""
    found: list[datetime] = []
    block = rate_limits.RateLimitGuard.block

    def recording_block(self: rate_limits.RateLimitGuard, api: rate_limits.Api, limit: Limit) -> None:
        block(self, api, limit)
        found.append(datetime.now(UTC))

    monkeypatch.setattr(rate_limits.RateLimitGuard, "block", recording_block)
    return found


def limit(deployment: Deployment, kind: str = "secondary_limit", **more: Any) -> None:
    """Make GitHub report a limit once."""
    fault = {"system": "github", "kind": kind, "seconds": SECONDS, **more}
    deployment.sandbox.faults.add(Fault.model_validate(fault))


def requests(deployment: Deployment) -> list[Exchange]:
    """Return the service's requests."""
    found = deployment.sandbox.journal.all("github")
    return [each for each in found if each.headers.get("user-agent") == "lead-to-hub"]


def check_limit(
    asked: Sequence[Exchange], limited_at: Sequence[datetime], seconds: float = SECONDS, in_flight: int = 0
) -> None:
    """Check that no request came between the service's notice of the limit and its end, and one soon after.

    `in_flight`: number of requests that may have been under way at that moment.
    """
    (limited,) = (each for each in asked if each.fault)
    over = limited.at + timedelta(seconds=seconds)
    early = [f"{each.method} {each.path}" for each in asked if limited_at[0] < each.at < over]
    assert len(early) <= in_flight, early
    assert min(each.at for each in asked if each.at >= over) < over + LATE


async def settled(deployment: Deployment, lead: Any) -> Any:
    return await deployment.until(
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
async def test_a_limit_while_a_lead_opens(
    deployment: Deployment, limited_at: list[datetime], met: dict[str, Any]
) -> None:
    limit(deployment, **met)
    lead = await deployment.open()
    view = await settled(deployment, lead)
    # the issue is brought up to date meanwhile
    check_limit(requests(deployment), limited_at, in_flight=int(met["path"] == "graphql"))
    assert not [effect for effect in view.effects if effect.status == "parked"]
    assert len(deployment.sandbox.github.issues) == len(deployment.sandbox.github.items) == 1


async def test_a_limit_in_a_graphql_response_does_not_stop_rest(
    deployment: Deployment, limited_at: list[datetime]
) -> None:
    limit(deployment, kind="graphql_error", path="graphql")
    lead = await deployment.open()
    await lead.execute_update("questionnaire_sent", {})
    await settled(deployment, lead)
    graphql = [each for each in requests(deployment) if each.path.endswith("graphql")]
    check_limit(graphql, limited_at, in_flight=1)


@pytest.mark.parametrize(
    "met",
    [
        {"method": "GET", "path": "/issues/1$"},
        {"method": "GET", "path": "/issues/comments/"},
        {"method": "GET", "path": "/teams/"},
    ],
    ids=str,
)
async def test_a_limit_before_a_command_is_taken(
    deployment: Deployment, limited_at: list[datetime], met: dict[str, Any]
) -> None:
    lead = await deployment.open()
    await settled(deployment, lead)
    deployment.sandbox.journal.clear()
    comment = await deployment.comment(lead, "/maniac-t-assessed in_scope=true")
    limit(deployment, **met)
    await deployment.sync(lead, comment)
    await settled(deployment, lead)
    check_limit(requests(deployment), limited_at)
    view = await deployment.leads.overview(lead)
    assert [line.kind for line in view.timeline].count("maniac_t_assessed") == 1
    assert not view.refused
    assert len(await deployment.answers(lead)) == 1
    assert await deployment.reactions(comment) == ["+1"]


@pytest.mark.parametrize("path", ["/reactions$", "/issues/1/comments$"])
async def test_a_limit_while_a_comment_is_answered(
    deployment: Deployment, limited_at: list[datetime], path: str
) -> None:
    """The comment asks for help, so that the lead has no effects meanwhile."""
    lead = await deployment.open()
    await settled(deployment, lead)
    deployment.sandbox.journal.clear()
    comment = await deployment.comment(lead, "/options")
    limit(deployment, method="POST", path=path)
    await deployment.sync(lead, comment)
    check_limit(requests(deployment), limited_at)
    assert len(await deployment.answers(lead)) == 1
    assert await deployment.reactions(comment) == ["eyes"]


async def test_a_limit_met_by_one_request_holds_for_all(
    deployment: Deployment, limited_at: list[datetime]
) -> None:
    """A reconciliation meets the limit; a decision is still taken at once, and its effects wait."""
    lead = await deployment.open()
    await settled(deployment, lead)
    deployment.sandbox.journal.clear()
    limit(deployment, path="/issues/comments$", seconds=LONG)
    looking = asyncio.create_task(deployment.reconcile())
    async with asyncio.timeout(TIMEOUT):
        while not limited_at:
            await asyncio.sleep(0.01)
    body = {"amount": "12000", "currency": "USD", "per": "year"}
    decided = datetime.now(UTC)
    answer = await lead.execute_update("price_quoted", body)
    assert answer["accepted"]
    postponed = await _postponed(deployment, lead)
    assert "GitHub's rate limit was reached" in postponed.reason
    assert "it goes on at" in postponed.reason
    assert postponed.next_attempt_at is not None
    assert postponed.next_attempt_at > decided
    again = await _waits(deployment, NOW)
    assert again.kind == "reconcile_github"
    assert again.next_attempt_at is not None
    await looking
    await settled(deployment, lead)
    check_limit(requests(deployment), limited_at, LONG)
    assert await deployment.stage(lead) == "quoted"


async def _waits(deployment: Deployment, workflow: str) -> PendingRetry:
    async with asyncio.timeout(TIMEOUT):
        while not (found := await pending_retries(deployment.env.client.get_workflow_handle(workflow))):
            await asyncio.sleep(0.01)
    return next(each for each in found if each.kind == "reconcile_github")


async def _postponed(deployment: Deployment, lead: LeadHandle) -> EffectLine:
    """Wait until an effect of the lead waits for the end of the limit, and return it as faces show it."""
    view = await deployment.until(lead, lambda view: any(each.next_attempt_at for each in view.effects))
    return next(each for each in view.effects if each.next_attempt_at)


async def test_comments_written_during_a_limit_are_answered_afterwards(
    deployment: Deployment, limited_at: list[datetime]
) -> None:
    lead = await deployment.open()
    await settled(deployment, lead)
    deployment.sandbox.journal.clear()
    comments = [await deployment.comment(lead, f'/put-on-hold event="No {n}"') for n in range(5)]
    limit(deployment, method="GET", path="/issues/comments/")
    await deployment.sync(lead, *comments)
    check_limit(requests(deployment), limited_at)
    assert len(await deployment.answers(lead)) == len(comments)
