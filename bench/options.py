"""The command line of a benchmark."""

import argparse
import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.figures import Report, write_reports
from client.connection import run_program


def run_benchmark(description: str | None, measure: Callable[..., Awaitable[Report]]) -> None:
    """Measure with the numbers from the command line, print the report, and keep it as JSON if asked to.

    Each parameter of `measure` is an option, with its default.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, parameter in inspect.signature(measure).parameters.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=parameter.default)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also keep the figures in this file")
    given = vars(parser.parse_args())
    path: Path | None = given.pop("json")

    async def run() -> None:
        report = await measure(**given)
        print(report.text())
        if path:
            write_reports(path, [report])

    asyncio.run(run_program(run()))
