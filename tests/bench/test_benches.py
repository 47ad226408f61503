"""The benchmarks run with their smallest numbers, and report figures. A search runs them all."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import BENCHMARKS
from bench.figures import read_reports

SMALLEST = {
    "path": ("--count", "1", "--rounds", "1"),
    "sealing": ("--count", "1", "--rounds", "1"),
    "latency": ("--count", "1"),
    "memory": ("--count", "1", "--old", "1", "--oldest", "1"),
    "hub_year": (),
    "years": ("--years", "1"),
    "growth": ("--leads", "20"),
    "read_tables": ("--leads", "7", "--appends", "1", "--times", "2", "--rebuilds", "7"),
    "web": ("--leads", "20", "--times", "1", "--clients", "1"),
    "calls": ("--leads", "1"),
    "reconcile": ("--leads", "2"),
    "deliveries": ("--deliveries", "5", "--issues", "2", "--at-once", "2"),
    "what_if": ("--leads", "1", "--years", "1"),
}

LONG = {"sealing", "years", "latency", "memory", "hub_year", "calls", "reconcile", "deliveries"}
"""Benchmarks that take a quarter of a minute or more, on parts that the others use as well."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.thorough if name in LONG else ()) for name in BENCHMARKS]
)
def test_a_benchmark_runs_with_its_smallest_numbers(name: str, tmp_path: Path) -> None:
    kept = tmp_path / "figures.json"
    command = [sys.executable, "-m", f"bench.{name}", *SMALLEST[name], "--json", str(kept)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    (report,) = read_reports(kept)
    assert report.name == name
    assert report.figures
    assert report.text() in ended.stdout
