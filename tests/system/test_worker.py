"""The worker as a process: how it ends when it can't begin."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from temporalio.testing import WorkflowEnvironment

from tests.conftest import TEMPORAL

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


def test_a_setting_that_cant_be_meant_is_named_without_its_value(tmp_path: Path) -> None:
    ended = worker(tmp_path, LEADS_MAIL__PORT="s3cret")
    assert ended.returncode == 1
    assert ended.stderr.startswith("A setting can't be meant: LEADS_MAIL__PORT: ")
    assert "s3cret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_a_server_it_says_so(tmp_path: Path) -> None:
    ended = worker(tmp_path, TEMPORAL_ADDRESS="127.0.0.1:1")
    assert ended.returncode == 1
    assert "The worker can't start: " in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_server_of_an_earlier_release_is_to_be_set_up_first(tmp_path: Path) -> None:
    async with await WorkflowEnvironment.start_local(dev_server_existing_path=str(TEMPORAL)) as env:
        address = env.client.service_client.config.target_host
        ended = await asyncio.to_thread(worker, tmp_path, TEMPORAL_ADDRESS=address)
        assert ended.returncode == 1
        assert "lacks LeadStage, " in ended.stderr
        assert "`leads init-server`" in ended.stderr
        assert "Traceback" not in ended.stderr
