"""Worker versioning, on the real server: a build gets work when it is promoted, and leads in flight go on with it."""

import asyncio

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from client.worker_options import deployment
from config.settings import Settings
from process.views.lead_overview import Overview
from starter.cli.check import builds, workers
from starter.cli.exits import CommandFailed
from starter.cli.promote import route
from tests.support.outside import Outside
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import OPENED


def _worker(env: WorkflowEnvironment, outside: Outside, build: str) -> Worker:
    settings = Settings(_env_file=None, worker_deployment="leads", worker_build=build)
    return Worker(
        env.client,
        task_queue="leads",
        activities=outside.activities(),
        deployment_config=deployment(settings),
    )


async def _promote(env: WorkflowEnvironment, build: str, share: int = 100) -> None:
    """Wait until the server knows the build's worker."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            try:
                return await route(env.client, "leads", build, share)
            except CommandFailed:
                await asyncio.sleep(0.1)


async def _build(handle: WorkflowHandle[object, object]) -> str:
    info = (await handle.describe()).raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


async def _checked(env: WorkflowEnvironment, build: str) -> str:
    """Return the reports about builds once the server knows this one's worker."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            found = [check async for check in workers(env.client, "leads")]
            if any(build in check.detail for check in found[1:]):
                return "".join(check.detail for check in found if not check.ok)
            await asyncio.sleep(0.1)


async def _settled(handle: WorkflowHandle[object, object]) -> Overview:
    async with asyncio.timeout(TIMEOUT):
        while True:
            view: Overview = await handle.query("lead", result_type=Overview)
            if all(effect.status == "done" for effect in view.effects):
                return view
            await asyncio.sleep(0.05)


def test_without_a_build_nothing_is_versioned() -> None:
    assert deployment(Settings(_env_file=None)) is None


async def test_a_lead_goes_on_with_the_build_that_is_promoted() -> None:
    outside = Outside()
    async with real_time() as env:
        with pytest.raises(CommandFailed, match="Start it first"):
            await route(env.client, "leads", "one", 100)
        async with _worker(env, outside, "one"):
            assert await _checked(env, "one") == "None was promoted: `leads promote one`"
            await _promote(env, "one")
            assert await _checked(env, "one") == ""
            handle = await env.client.start_workflow("LeadWorkflow", OPENED, id="lead-1", task_queue="leads")
            await _settled(handle)
            assert await _build(handle) == "one"
            async with _worker(env, outside, "two"):
                await handle.execute_update("questionnaire_sent")
                await _settled(handle)
                assert await _build(handle) == "one", "until it is promoted, the other gets nothing"
                await _promote(env, "two")
        async with _worker(env, outside, "two"):  # the first one is gone
            await handle.execute_update("questionnaire_answered")
            view = await _settled(handle)
            assert await _build(handle) == "two"
    assert [line.kind for line in view.timeline if line.kind.startswith("quest")] == [
        "questionnaire_sent",
        "questionnaire_answered",
    ]
    done = outside.of("lead-1")
    assert len(done) == len(set(done))


def test_a_promoted_build_without_a_worker_is_reported() -> None:
    check = builds("two", ["one"])
    assert not check.ok
    assert check.detail.startswith(
        "They continue with two, but the running builds are: one. Start a worker with"
    )
    some = builds("two", ["one"], 30)
    assert (some.ok, some.name) == (False, "30 % of the leads continue with a running build")


async def test_a_share_of_the_leads_on_another_build_is_reported_and_ends_with_the_rollback() -> None:
    async with real_time() as env, _worker(env, Outside(), "one"), _worker(env, Outside(), "two"):
        await _promote(env, "one")
        await _promote(env, "two", 30)
        await _goes_on(env, "", "30 % of the ")
        for _ in range(2):
            await _promote(env, "one")
            await _goes_on(env, "")


async def _goes_on(env: WorkflowEnvironment, *shares: str) -> None:
    """Wait until the checks name these shares of the leads."""
    what = "leads continue with a running build"
    shown: list[str] = []
    async with asyncio.timeout(TIMEOUT):
        while shown != list(shares):
            found = [check.name async for check in workers(env.client, "leads")]
            shown = [each.removesuffix(what) for each in found if each.endswith(what)]
            await asyncio.sleep(0.1)
