"""A build is taken back: leads that began under it go on under the build before."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Literal
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from client.worker_options import deployment
from config.settings import Settings
from process.behaviour import CHANGES
from starter.cli.exits import CommandFailed
from starter.cli.promote import route
from tests.support.changed_rule import NEXT_CHANGES, KnownBehaviour, NextBehaviour, deploy
from tests.support.outside import Outside
from tests.support.servers import real_time
from tests.support.waiting import TIMEOUT
from tests.support.workflow_lives import Life
from workflows.runtime.plugin import leads_plugin

QUEUE = "leads"
MAIL = "questionnaire_unanswered"
"""The mail that the changed rule brings."""


@contextmanager
def code(behaviour: type[NextBehaviour] | None) -> Iterator[None]:
    """Run the code of a build with this behaviour; None: of one that does not know the rule."""
    with pytest.MonkeyPatch.context() as patch:
        if behaviour:
            deploy(patch, behaviour)
        yield


@asynccontextmanager
async def build(
    env: WorkflowEnvironment,
    outside: Outside,
    name: str,
    behaviour: type[NextBehaviour] | None,
    versioning: Literal["auto-upgrade", "pinned"] = "auto-upgrade",
) -> AsyncIterator[None]:
    """Run a worker of this build, with its own code. Only one at a time: all share this process."""
    settings = Settings(_env_file=None, worker_build=name, worker_versioning=versioning)
    with code(behaviour):
        worker = Worker(
            env.client,
            task_queue=QUEUE,
            activities=outside.activities(),
            deployment_config=deployment(settings),
        )
        async with worker:
            yield


async def promote(env: WorkflowEnvironment, name: str) -> None:
    """Promote the build, once the server knows its worker."""
    async with asyncio.timeout(TIMEOUT):
        while True:
            try:
                return await route(env.client, "leads", name, 100)
            except CommandFailed:
                await asyncio.sleep(0.1)


async def build_of(life: Life) -> str:
    info = (await life.handle.describe()).raw_description.workflow_execution_info.versioning_info
    return info.deployment_version.build_id


async def sends_the_questionnaire(life: Life) -> int:
    """Send it, settle, take it back, and return how many mails of the changed rule went out."""
    before = life.outside.templates(life.id).count(MAIL)
    answer = await life.decide("questionnaire_sent")
    assert answer.accepted, answer
    await life.settled()
    assert (await life.decide("corrected", seq=answer.seq, reason="not sent at all")).accepted
    await life.settled()
    return life.outside.templates(life.id).count(MAIL) - before


async def adopts(life: Life) -> None:
    """Ask for a new run, and wait until it has begun: what arrives with the request still belongs to the old one."""
    run = (await life.handle.describe()).run_id
    await life.signal("adopt")
    async with asyncio.timeout(TIMEOUT):
        while (await life.handle.describe()).run_id == run:
            await asyncio.sleep(0.05)


async def replays(life: Life) -> bool:
    replayer = Replayer(workflows=[], plugins=[leads_plugin()])
    result = await replayer.replay_workflow(await life.handle.fetch_history(), raise_on_replay_failure=False)
    return result.replay_failure is None


async def test_leads_that_began_under_a_build_go_on_under_the_build_before() -> None:
    outside = Outside()
    async with real_time() as env:
        async with build(env, outside, "before", KnownBehaviour):
            await promote(env, "before")
            old = await Life.begin(env, outside, "lead-old", queue=QUEUE)
            assert await sends_the_questionnaire(old) == 0
            assert (await old.overview()).lead.changes == CHANGES
        async with build(env, outside, "next", NextBehaviour):
            await promote(env, "next")
            new = await Life.begin(env, outside, "lead-new", queue=QUEUE)
            assert await sends_the_questionnaire(new) == 1
            assert (await new.overview()).lead.changes == NEXT_CHANGES
            assert await sends_the_questionnaire(old) == 0, "in the middle of a run nothing changes"
        with code(None):
            assert not await replays(new), "a build that does not know the rule would be stuck"
        async with build(env, outside, "before", KnownBehaviour):
            await promote(env, "before")
            assert await sends_the_questionnaire(new) == 1, "it follows the rule that it has adopted"
            assert await sends_the_questionnaire(old) == 0
            assert {await build_of(new), await build_of(old)} == {"before"}
            other = await Life.begin(env, outside, "lead-other", queue=QUEUE)
            assert await sends_the_questionnaire(other) == 0, "no run adopts it there"
            for life in (new, old):
                await adopts(life)
            assert await sends_the_questionnaire(new) == 1, "nothing adopted is given up"
            assert await sends_the_questionnaire(old) == 0
        async with build(env, outside, "next", NextBehaviour):
            await promote(env, "next")
            assert [await sends_the_questionnaire(life) for life in (new, old, other)] == [1, 0, 0]
            await adopts(old)
            assert await sends_the_questionnaire(old) == 1
            assert all([await replays(life) for life in (new, old, other)])


async def test_a_pinned_lead_moves_with_its_next_run_forth_and_back() -> None:
    """Pinned, a lead needs no build that knows the rule: no run meets the code of another build."""
    outside = Outside()
    async with real_time() as env:
        async with build(env, outside, "before", None, "pinned"):
            await promote(env, "before")
            life = await Life.begin(env, outside, "lead-1", queue=QUEUE)
            assert await sends_the_questionnaire(life) == 0
        async with build(env, outside, "next", NextBehaviour, "pinned"):
            await promote(env, "next")
            first = (await life.handle.describe()).run_id
        async with build(env, outside, "before", None, "pinned"):
            await moves_on(life, first)
        async with build(env, outside, "next", NextBehaviour, "pinned"):
            assert await sends_the_questionnaire(life) == 1
            assert await build_of(life) == "next"
            second = (await life.handle.describe()).run_id
            await promote(env, "before")
            await moves_on(life, second)
        async with build(env, outside, "before", None, "pinned"):
            assert await sends_the_questionnaire(life) == 0
            assert await build_of(life) == "before"
            assert (await life.overview()).lead.changes == NEXT_CHANGES
            assert await replays(life)


async def moves_on(life: Life, run: str | None) -> None:
    """Decide something until the lead has another run than this one: the server tells of the promotion a moment later."""
    async with asyncio.timeout(TIMEOUT):
        while (await life.handle.describe()).run_id == run:
            assert (await life.decide("details_changed", title=str(uuid4()))).accepted
            await asyncio.sleep(0.2)
