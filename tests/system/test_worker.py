"""The worker as a process ends with a clear message if it cannot start."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from client.server import prepare
from tests.support.servers import TEMPORAL

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


def test_a_missing_server_is_reported(tmp_path: Path) -> None:
    ended = worker(tmp_path, TEMPORAL_ADDRESS="127.0.0.1:1")
    assert ended.returncode == 1
    assert ended.stderr.startswith("The worker can't start: No Temporal server answers at 127.0.0.1:1. Check")
    assert "Traceback" not in ended.stderr


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
    tmp_path: Path, name: str, value: str, message: str
) -> None:
    ended = worker(tmp_path, **{name: value})
    assert ended.returncode == 1
    assert ended.stderr.startswith(message)
    assert "Traceback" not in ended.stderr


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
