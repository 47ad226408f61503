"""The worker as a process ends with a clear message if it cannot start."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

import worker as program
from client.chores import Chores
from client.server import prepare, prepare_chores
from config.settings import Settings
from starter.cli.check import workers
from tests.support.servers import TEMPORAL
from tests.support.waiting import TIMEOUT

ROOT = Path(__file__).parents[2]


def worker(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "worker.py"],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_invalid_setting_is_named_without_its_value(tmp_path: Path) -> None:
    ended = worker(tmp_path, LEADS_MAIL__PORT="s3cret")
    assert ended.returncode == 1
    assert ended.stderr.startswith("A setting is wrong: LEADS_MAIL__PORT: ")
    assert "s3cret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def message_of(monkeypatch: pytest.MonkeyPatch, folder: Path, **environment: str) -> str:
    """Return the message with which the worker ends. It runs in this process, since its start takes seconds."""
    monkeypatch.chdir(folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(program, "set_up_logs", lambda _: None)
    with pytest.raises(SystemExit) as ended:
        program.main()
    return str(ended.value.code)


def test_a_missing_server_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    message = message_of(monkeypatch, tmp_path, TEMPORAL_ADDRESS="127.0.0.1:1")
    assert message.startswith("The worker can't start: No Temporal server answers at 127.0.0.1:1. Check")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LEADS_PEOPLE", "{octocat", "A setting is wrong: LEADS_PEOPLE: must be JSON; "),
        ("LEADS_DIGEST__ZONE", "Europe/Berlni", "A setting is wrong: LEADS_DIGEST__ZONE: there is no such "),
        ("LEADS_METRICS_ADDRESS", "nonsense", "A setting is wrong: LEADS_METRICS_ADDRESS: Invalid "),
        ("TEMPORAL_PROFILE", "nope", "The worker can't start: Temporal's configuration is wrong: "),
        ("TEMPORAL_ADDRESS", "nonsense", "The worker can't start: The Temporal address must be HOST:PORT, "),
    ],
)
def test_an_invalid_setting_of_any_kind_is_named_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    assert message_of(monkeypatch, tmp_path, **{name: value}).startswith(message)


async def test_a_problem_found_at_the_server_is_named_in_one_sentence(tmp_path: Path, prepared: str) -> None:
    for environment, message in (
        ({"TEMPORAL_NAMESPACE": "nope"}, "Namespace nope is not found. Run `leads init-server`."),
        ({"LEADS_LEDGER_URL": "nonsense"}, "LEADS_LEDGER_URL: The ledger's URL cannot be read. "),
    ):
        ended = await asyncio.to_thread(worker, tmp_path, TEMPORAL_ADDRESS=prepared, **environment)
        assert ended.returncode == 1
        assert f"The worker can't start: {message}" in ended.stderr
        assert "Traceback" not in ended.stderr


async def test_ctrl_c_at_any_moment_stops_it_quietly(tmp_path: Path, prepared: str) -> None:
    for started in ("", "worker ready"):
        working = await asyncio.create_subprocess_exec(
            sys.executable,
            ROOT / "worker.py",
            cwd=tmp_path,
            env=os.environ | {"TEMPORAL_ADDRESS": prepared, "PYTHONVERBOSE": "1"},
            stderr=asyncio.subprocess.PIPE,
        )
        assert working.stderr
        line = b""
        while (started or "import 'asyncio'").encode() not in line:
            line = await working.stderr.readline()
            assert line
        working.send_signal(signal.SIGINT)
        last = await working.stderr.read()
        assert await working.wait() == (0 if started else -signal.SIGINT)
        assert b"Traceback" not in last


HANGING = """
import asyncio, sys, worker
from activities.reconcile.team import TeamReconciler

async def hang(self):
    print("introducing", file=sys.stderr)
    await asyncio.Event().wait()

TeamReconciler.update_at_start = hang
worker.main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_introduces_itself_to_leads_hears_that_it_shall_stop(
    tmp_path: Path, prepared: str, number: signal.Signals
) -> None:
    async with started(tmp_path, prepared, "-c", HANGING, until="introducing") as process:
        process.send_signal(number)
        assert process.stderr
        last = await process.stderr.read()
        assert await process.wait() == 0
    assert b"Traceback" not in last


async def test_a_worker_with_other_settings_refuses_and_makes_no_ledger(
    tmp_path: Path, prepared: str
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    async with started(first, prepared, str(ROOT / "worker.py"), until="worker ready"):
        pass
    ended = await asyncio.to_thread(worker, second, TEMPORAL_ADDRESS=prepared)
    assert ended.returncode == 1
    assert (
        "The worker can't start: The leads in the namespace 'default' belong to other settings: "
        in ended.stderr
    )
    assert "`leads adopt-settings`" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(second.iterdir()) == []


async def test_leads_and_chores_can_have_workers_of_their_own(tmp_path: Path, prepared: str) -> None:
    client = await Client.connect(prepared)
    settings = Settings(_env_file=None, chores_namespace="chores")
    chores = Chores.of(client, settings)
    await prepare_chores(chores.client)

    async def polled() -> list[bool]:
        """Return for each task queue if a worker polls it."""
        places = [(client, "leads"), (client, "leads-chores"), (chores.client, "leads"), chores]
        return [check.ok for place in places async for check in workers(*place)]

    apart = {"LEADS_CHORES_NAMESPACE": "chores", "LEADS_WORKER_ONLY": "leads"}
    async with started(tmp_path, prepared, str(ROOT / "worker.py"), until="worker ready", **apart):
        await eventually(polled, [True, False, False, False])
        assert [each.id async for each in await chores.client.list_schedules()] == []
    apart["LEADS_WORKER_ONLY"] = "chores"
    async with started(tmp_path, prepared, str(ROOT / "worker.py"), until="worker ready", **apart):
        await eventually(polled, [True, False, False, True])  # the other one's polls are remembered
        for schedule in ("reconcile", "weekly-digest", "retention"):
            assert (await chores.client.get_schedule_handle(schedule).describe()).id == schedule
        assert {each.id async for each in await client.list_schedules()} <= {"settings-of-leads"}


async def eventually(ask: Callable[[], Awaitable[object]], expected: object) -> None:
    async with asyncio.timeout(TIMEOUT):
        while await ask() != expected:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def started(
    folder: Path, address: str, *command: str, until: str, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a worker, wait for this line of its log, and stop it at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=folder,
        env=os.environ | {"TEMPORAL_ADDRESS": address, "PYTHONPATH": str(ROOT)} | environment,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    line = b""
    while until.encode() not in line:
        line = await process.stderr.readline()
        assert line
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.communicate()


@pytest.fixture
async def prepared() -> AsyncIterator[str]:
    """The address of a server that is set up for leads."""
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=str(TEMPORAL)) as env:
        await prepare(env.client)
        yield env.client.service_client.config.target_host


async def test_an_unprepared_server_is_named_with_the_command_that_helps(tmp_path: Path) -> None:
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=str(TEMPORAL)) as env:
        address = env.client.service_client.config.target_host
        ended = await asyncio.to_thread(worker, tmp_path, TEMPORAL_ADDRESS=address)
        assert ended.returncode == 1
        assert "lacks LeadStage, " in ended.stderr
        assert "`leads init-server`" in ended.stderr
        assert "Traceback" not in ended.stderr
