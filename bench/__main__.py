"""Run all benchmarks, print their tables, and keep the figures as JSON: `python -m bench` (`make bench`).

Each benchmark runs in a process of its own, one after the other. With --write-docs the figures are also written into
docs/performance.md.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.docs import PAGE, write_section
from bench.figures import Report, read_reports, write_reports

FIGURES = Path("bench.json")
BENCHMARKS: Mapping[str, Sequence[str]] = {
    "path": ("--count", "16", "--rounds", "1"),
    "sealing": ("--count", "16", "--rounds", "2"),
    "latency": ("--count", "3"),
    "memory": ("--count", "30", "--old", "8"),
    "hub_year": (),
    "years": ("--years", "1"),
    "growth": ("--leads", "1000"),
    "read_tables": ("--leads", "300", "--appends", "5"),
    "web": ("--leads", "1000", "--times", "20"),
    "calls": ("--leads", "1"),
    "reconcile": ("--leads", "50"),
    "deliveries": ("--deliveries", "200"),
    "what_if": ("--leads", "10"),
}
"""Each benchmark, with its options for a short run."""


def run(name: str, options: Sequence[str], folder: Path) -> tuple[Report, ...]:
    """Run one benchmark, which prints its table; return its report, or none if it failed."""
    kept = folder / f"{name}.json"
    command = [sys.executable, "-m", f"bench.{name}", *options, "--json", str(kept)]
    ended = subprocess.run(command, check=False)  # noqa: S603 - our own module
    print(flush=True)
    if ended.returncode:
        print(f"bench.{name} failed", file=sys.stderr)
        return ()
    return read_reports(kept)


def main(names: Sequence[str], *, short: bool, kept: Path, write_docs: bool) -> int:
    """Run these benchmarks, and return the exit code: 0 if none failed."""
    reports: list[Report] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            reports += run(name, BENCHMARKS[name] if short else (), Path(folder))
    write_reports(kept, reports)
    print(f"{sum(len(report.figures) for report in reports)} figures are kept in {kept}")
    if write_docs:
        write_section(PAGE, reports)
    return 0 if len(reports) == len(names) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", choices=[*BENCHMARKS, []], help="benchmarks to run, by default all"
    )
    parser.add_argument("--short", action="store_true", help="with small numbers, for a first look")
    parser.add_argument("--json", type=Path, default=FIGURES, metavar="FILE", help="default: %(default)s")
    parser.add_argument(
        "--write-docs", action="store_true", help="write the figures into docs/performance.md"
    )
    given = parser.parse_args()
    names = given.names or list(BENCHMARKS)
    sys.exit(main(names, short=given.short, kept=given.json, write_docs=given.write_docs))
