"""Figures of a benchmark, printed as a table and kept as JSON."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import TypeAdapter

from process.types import DISCREET


@dataclass(frozen=True)
class Target:
    """The value that a figure must reach: its ratio to the bare workflow, or itself if it has none."""

    value: float
    bound: Literal["at most", "at least"] = "at most"

    def holds(self, reached: float) -> bool:
        """Return True if the target is reached."""
        return reached <= self.value if self.bound == "at most" else reached >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.bound == 'at most' else '≥'} {self.value:g}"


@dataclass(frozen=True)
class Figure:
    """One measured value, with that of the bare workflow where there is one.

    `ratio` is the median over the rounds, `low` and `high` are its extremes: their distance tells how far to trust it.
    """

    name: str
    value: float
    unit: str = ""
    bare: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    target: Target | None = None

    @classmethod
    def of_rounds(
        cls, name: str, unit: str, rounds: Sequence[tuple[float, float]], target: Target | None = None
    ) -> Self:
        """Return the figure of pairs (lead, bare), one from each round."""
        ratios = [lead / bare for lead, bare in rounds]
        return cls(
            name,
            statistics.median(lead for lead, _ in rounds),
            unit,
            statistics.median(bare for _, bare in rounds),
            statistics.median(ratios),
            min(ratios),
            max(ratios),
            target,
        )

    @property
    def reached(self) -> bool | None:
        """Tell if the target is reached. None if there is none."""
        if self.target is None:
            return None
        return self.target.holds(self.value if self.ratio is None else self.ratio)

    @property
    def row(self) -> tuple[str, ...]:
        """Return the cells of the table's row."""
        return (
            self.name + (f" ({self.unit})" if self.unit else ""),
            short(self.value),
            short(self.bare),
            self._ratio,
            str(self.target or ""),
            {None: "", True: "yes", False: "no"}[self.reached],
        )

    @property
    def _ratio(self) -> str:
        if self.ratio is None:
            return ""
        if self.low is None or self.high is None or self.low == self.high:
            return f"{self.ratio:.2f}"
        return f"{self.ratio:.2f} ({self.low:.2f}–{self.high:.2f})"


HEAD = ("", "value", "bare", "ratio", "target", "reached")


@dataclass(frozen=True)
class Report:
    """The figures of one benchmark. `setting` says with which numbers they were measured."""

    name: str
    title: str
    setting: str
    figures: tuple[Figure, ...]

    def text(self) -> str:
        """Return the report as Markdown."""
        rows = [HEAD, *(figure.row for figure in self.figures)]
        return f"{self.title} ({self.setting})\n\n{table(rows)}\n"


Reports = TypeAdapter(tuple[Report, ...], config=DISCREET)


def write_reports(path: Path, reports: Sequence[Report]) -> None:
    """Keep the reports in a file, as JSON."""
    path.write_bytes(Reports.dump_json(tuple(reports), indent=1) + b"\n")


def read_reports(path: Path) -> tuple[Report, ...]:
    """Return the reports of a file."""
    return Reports.validate_json(path.read_bytes())


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown. The first row is its head; columns that are empty below it are left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(len(cell) for cell in column) for column in columns]
    head, *body = ("| " + " | ".join(_pad(row, widths)) + " |" for row in zip(*columns, strict=True))
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join((head, rule, *body))


def _pad(cells: Sequence[str], widths: Sequence[int]) -> Iterable[str]:
    first, *others = zip(cells, widths, strict=True)
    yield first[0].ljust(first[1])
    yield from (cell.rjust(width) for cell, width in others)


def short(value: float | None) -> str:
    """Return the number with three digits, or all of a larger one; nothing for None."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
