"""The command line of a benchmark."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bench.figures import Report, write_json
from client.connection import run_program


@dataclass(frozen=True)
class Options:
    """Size of a benchmark."""

    count: int
    """Workflows of each kind in one round."""
    at_once: int
    """Workflows that move at the same time."""
    rounds: int


def run_benchmark(
    description: str | None, measure: Callable[[Options], Awaitable[Report]], default: Options
) -> None:
    """Read the options from the command line, measure, print the report, and keep it as JSON if asked to."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, value in asdict(default).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also keep the figures in this file")
    given = vars(parser.parse_args())
    path: Path | None = given.pop("json")

    async def run() -> None:
        report = await measure(replace(default, **given))
        print(report.text())
        if path:
            write_json(path, [report])

    asyncio.run(run_program(run()))
