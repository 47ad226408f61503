"""Requests to GitHub by a reconciliation: one point of the rate limit for a hundred leads, and no more."""

import math
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from client.reconcile import reconcile_now
from config.settings import Settings
from process.types import Stage
from sandbox.server import Sandbox
from tests.support.deployment import SALES
from tests.support.many_leads import in_temporal, on_github, reconciling
from tests.support.servers import real_time
from workflows.reconcile import SystemResult

LEADS = 120


@pytest.fixture
async def env() -> AsyncIterator[WorkflowEnvironment]:
    """Start a server for one test, since a reconciliation checks all leads."""
    async with real_time() as server:
        yield server


@pytest.fixture
async def client(env: WorkflowEnvironment, settings: Settings) -> AsyncIterator[Client]:
    async with reconciling(env.client, settings, settings.task_queue):
        yield env.client


async def look(client: Client, settings: Settings) -> SystemResult:
    part = (await reconcile_now(client, settings.task_queue)).results["reconcile_github"]
    assert not part.failed, part.failed
    return part


def asked(sandbox: Sandbox) -> tuple[int, int]:
    """Return the REST and GraphQL requests since the last call."""
    requests = sandbox.journal.all("github")
    graphql = sum(each.path.endswith("/graphql") for each in requests)
    paid = sum(each.status != 304 and not each.path.endswith("/graphql") for each in requests)
    sandbox.journal.clear()
    return paid, graphql


async def test_without_changes_a_hundred_leads_cost_one_point(
    client: Client, settings: Settings, sandbox: Sandbox
) -> None:
    issues = on_github(sandbox, LEADS)
    await in_temporal(client, sandbox, issues)
    first = await look(client, settings)
    assert first.found[0].startswith(f"{LEADS} to sync")
    for _ in range(3):
        await look(client, settings)  # what is read twice to be sure
    asked(sandbox)
    again = await look(client, settings)
    board, hubs = math.ceil(LEADS / 100), 1
    assert again.found == ()
    assert again.cost == {"requests": 0, "unchanged": 4, "points": board + hubs}
    assert asked(sandbox) == (0, board + hubs)


async def test_one_change_costs_what_it_needs(client: Client, settings: Settings, sandbox: Sandbox) -> None:
    issues = on_github(sandbox, 3)
    await in_temporal(client, sandbox, issues)
    for _ in range(2):
        await look(client, settings)
    sandbox.person(SALES).move("leads", issues[1].number, Stage.QUOTED.capitalize())
    moved = await look(client, settings)
    assert moved.found == (f"1 to sync: leads#{issues[1].number}",)
    assert (await look(client, settings)).found == ()  # reported once, not every time
