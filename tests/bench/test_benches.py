"""The benchmarks run with their smallest numbers."""

import subprocess
import sys

import pytest

SMALLEST = (
    ("path", "--count", "1", "--rounds", "1"),
    ("what_if", "--leads", "1", "--years", "1"),
    ("reconcile", "--leads", "2"),
    ("calls", "--leads", "1"),
    ("deliveries", "--deliveries", "5", "--issues", "2", "--at-once", "2"),
)


@pytest.mark.parametrize(("name", "options"), [(name, options) for name, *options in SMALLEST])
def test_a_benchmark_runs_with_its_smallest_numbers(name: str, options: list[str]) -> None:
    command = [sys.executable, "-m", f"bench.{name}", *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout
