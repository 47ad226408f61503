"""Heartbeats of running activities do not depend on what else the worker does."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ActivityOutboundInterceptor, ExecuteActivityInput

import activities.heartbeat
from activities.heartbeat import HeartbeatInterceptor
from tests.support.waiting import TIMEOUT


class Running(ActivityInboundInterceptor):
    """An activity that runs until it has sent a heartbeat, or for some turns of the event loop."""

    def __init__(self, interceptor: HeartbeatInterceptor, turns: int | None) -> None:
        self.interceptor, self.turns = interceptor, turns
        self.beaten = threading.Event()
        self.beats = 0

    def heard(self, *_: Any) -> None:
        self.beats += 1
        self.beaten.set()

    async def execute_activity(self, input: ExecuteActivityInput) -> None:  # noqa: A002 - the SDK's name
        if self.turns is None:
            async with asyncio.timeout(TIMEOUT):
                while not self.beaten.is_set():
                    await asyncio.sleep(0.01)
            return
        for _ in range(self.turns):
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(self.interceptor._thread, int)


async def run(env: ActivityEnvironment, turns: int | None = None) -> int:
    """Run such an activity under the interceptor, and return the number of its heartbeats."""
    interceptor = HeartbeatInterceptor()
    activity = Running(interceptor, turns)
    env.on_heartbeat = activity.heard
    task: Any = None
    await env.run(interceptor.intercept_activity(activity).execute_activity, task)
    return activity.beats


@pytest.mark.parametrize(("kind", "lines"), [("send_mail", ["effect done"]), ("perform_effects", [])])
async def test_each_effect_that_is_done_is_one_line_in_the_log(
    kind: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch logs its effects itself."""
    monkeypatch.setattr(activities.heartbeat, "_log", structlog.get_logger())
    env = ActivityEnvironment()
    env.info = replace(env.info, activity_type=kind)
    with capture_logs() as logs:
        await run(env, turns=1)
    assert [line["event"] for line in logs] == lines


@pytest.fixture
async def hanging_calls() -> AsyncIterator[None]:
    """Calls that hang, more than the event loop has threads for blocking calls."""
    ended = threading.Event()
    loop = asyncio.get_running_loop()
    calls = [loop.run_in_executor(None, ended.wait) for _ in range(64)]
    yield
    ended.set()
    await asyncio.wait(calls)


async def test_calls_that_hang_keep_no_activity_from_its_heartbeats(
    hanging_calls: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activities.heartbeat, "HEARTBEAT_INTERVAL", timedelta(milliseconds=1))
    assert await run(ActivityEnvironment()) >= 1


async def test_an_activity_that_ends_within_the_interval_sends_none() -> None:
    assert await run(ActivityEnvironment(), turns=20) == 0


async def test_a_local_activity_sends_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities.heartbeat, "HEARTBEAT_INTERVAL", timedelta())
    env = ActivityEnvironment()
    assert await run(env, turns=20) > 0
    env.info = replace(env.info, is_local=True)
    assert await run(env, turns=20) == 0


class Telling(ActivityInboundInterceptor):
    """An activity that sends these details with heartbeats of its own, one after the other, between those without."""

    def __init__(self, *details: Any) -> None:
        self.details = details
        self.outbound: Any = None

    def init(self, outbound: ActivityOutboundInterceptor) -> None:
        self.outbound = outbound

    async def execute_activity(self, input: ExecuteActivityInput) -> None:  # noqa: A002 - the SDK's name
        for each in self.details:
            self.outbound.heartbeat()
            self.outbound.heartbeat(each)
        self.outbound.heartbeat()


class Temporal(ActivityOutboundInterceptor):
    """Keeps the details that Temporal would keep."""

    def __init__(self) -> None:
        self.kept: list[tuple[Any, ...]] = []

    def heartbeat(self, *details: Any) -> None:
        self.kept.append(details)


async def test_a_heartbeat_without_details_repeats_the_last_ones() -> None:
    """Temporal keeps only the details of the newest heartbeat, and hands them to the next attempt."""
    env, temporal = ActivityEnvironment(), Temporal()
    env.info = replace(env.info, heartbeat_details=["of the attempt before"])
    interceptor = HeartbeatInterceptor()
    chain = interceptor.intercept_activity(Telling("one", "two"))
    chain.init(temporal)
    task: Any = None
    await env.run(chain.execute_activity, task)
    assert temporal.kept == [("of the attempt before",), ("one",), ("one",), ("two",), ("two",)]
