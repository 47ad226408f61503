"""Time in stage: how long leads stayed at the stages that they have left, and who is still there."""

from collections.abc import Sequence
from typing import Final

from process.calendar import day_of
from process.reports.catalog import REPORTS
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, table
from process.reports.rows import Days, Waiting
from process.reports.words import MEDIAN, NINE_IN_TEN, percentile
from process.types import Stage

INFO = REPORTS["time-in-stage"]
STAGES: Final = (Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB)
STILL: Final = "still"
"""Prefix of the figures of leads that are still at a stage."""

_COLUMNS: Final = (
    Column(title="stage"),
    Column(title="times left", kind="count"),
    Column(title="median days", kind="count"),
    Column(title="90 % within days", kind="count"),
    Column(title="still there", kind="count"),
    Column(title="longest since", kind="day"),
)


def time_in_stage(choice: Choice, days: Sequence[Days], waiting: Sequence[Waiting], zone: str) -> Report:
    """Return the report. Days are those of the time zone."""
    times = {stage: [(each.days, each.spans) for each in days if each.stage is stage] for stage in STAGES}
    still = {each.stage: each for each in waiting}
    return INFO.report(
        choice,
        tables=(
            table(
                "By stage",
                _COLUMNS,
                [_line(choice, stage, times[stage], still.get(stage), zone) for stage in STAGES],
            ),
        ),
        chart=_chart(choice, times),
    )


def _line(
    choice: Choice, stage: Stage, times: list[tuple[int, int]], still: Waiting | None, zone: str
) -> list[Cell]:
    left = sum(number for _, number in times)
    return [
        Cell(value=stage.value),
        Cell(value=left, rows=rows_of(INFO.specs, choice, stage.value) if left else ""),
        Cell(value=percentile(times, MEDIAN)),
        Cell(value=percentile(times, NINE_IN_TEN)),
        Cell(
            value=still.leads if still else 0,
            rows=rows_of(INFO.specs, choice, f"{STILL}-{stage.value}") if still else "",
        ),
        Cell(value=day_of(still.longest_since, zone) if still else None),
    ]


def _chart(choice: Choice, times: dict[Stage, list[tuple[int, int]]]) -> Chart:
    series = {"half within": MEDIAN, "nine in ten within": NINE_IN_TEN}
    known = [stage for stage in STAGES if times[stage]]
    marks = []
    for stage in known:
        median, most = (percentile(times[stage], share) or 0 for share in series.values())
        rows = rows_of(INFO.specs, choice, stage.value)
        marks.append(Mark(x=stage.value, series="half within", value=median, rows=rows))
        marks.append(Mark(x=stage.value, series="nine in ten within", value=most, rows=rows))
    said = ", ".join(f"{stage.value} {percentile(times[stage], MEDIAN)}" for stage in known)
    return Chart(
        kind="beside",
        title=INFO.title,
        description=f"Days at each stage; half of the leads stayed no longer than: {said or 'none has left a stage'}.",
        x_title="",
        y_title="days",
        xs=tuple(stage.value for stage in known),
        series=tuple(series),
        marks=tuple(marks),
    )
