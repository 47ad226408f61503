"""The worker as a process: how it ends when it can't begin."""

import os
import subprocess
import sys
from pathlib import Path

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
