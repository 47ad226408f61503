"""The funnel: how many leads of each month have reached each stage."""

from collections.abc import Mapping, Sequence
from typing import Final

from process.reports.catalog import REPORTS
from process.reports.months import last_day, month_name
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Table, table, total
from process.reports.words import counted, share_of
from process.types import Stage

INFO = REPORTS["funnel"]
STAGES: Final = (Stage.LEAD, Stage.QUOTED, Stage.CONTRACTED, Stage.HUB)
TITLES: Final = {
    Stage.LEAD: "opened",
    Stage.QUOTED: "quoted",
    Stage.CONTRACTED: "contracted",
    Stage.HUB: "hub",
    Stage.LOST: "lost at some time",
}
Reached = Mapping[Stage, int]


def funnel(choice: Choice, reached: Sequence[Reached], to_contract: int | None) -> Report:
    """Return the report. `reached`: leads by stage for each month of the window; `to_contract`: median days."""
    whole = {stage: sum(month[stage] for month in reached) for stage in TITLES}
    lines = [
        _line(choice, month_name(month), found, ripe=_is_ripe(choice, month, to_contract))
        for month, found in zip(choice.window, reached, strict=True)
    ]
    return INFO.report(
        choice,
        headline=(
            f"{counted(whole[Stage.LEAD], 'lead was', 'leads were')} opened: {whole[Stage.QUOTED]:,} quoted, "
            f"{whole[Stage.CONTRACTED]:,} contracted, {whole[Stage.HUB]:,} with a hub",
        ),
        tables=(_table([*lines, total(_line(choice, "", whole, ripe=True))]),),
        chart=_chart(choice, whole),
        notes=_notes(to_contract),
    )


def _is_ripe(choice: Choice, month: int, to_contract: int | None) -> bool:
    return to_contract is None or (choice.day - last_day(month)).days >= to_contract


def _notes(to_contract: int | None) -> tuple[str, ...]:
    if to_contract is None:
        return ("No lead has become a contract within 24 months, so no month is marked as not ripe.",)
    days = counted(to_contract, "day", "days")
    return (f"Half of the leads that become contracts do so within {days} (median of the last 24 months).",)


def _table(lines: Sequence[object]) -> Table:
    columns = [Column(title="opened in", kind="month")]
    for stage in STAGES:
        columns.append(Column(title=TITLES[stage], kind="count"))
        if stage is not Stage.LEAD:
            columns.append(Column(title="of those before", kind="percent"))
    columns += [Column(title=TITLES[Stage.LOST], kind="count"), Column(title="")]
    return table("By month of opening", columns, lines)  # type: ignore[arg-type]


def _line(choice: Choice, month: str, reached: Reached, *, ripe: bool) -> list[Cell]:
    def number(stage: Stage) -> Cell:
        rows = rows_of(INFO.specs, choice, stage.value, month) if reached[stage] else ""
        return Cell(value=reached[stage], rows=rows)

    cells = [Cell(value=month or "sum")]
    before = 0
    for stage in STAGES:
        cells.append(number(stage))
        if stage is not Stage.LEAD:
            cells.append(Cell(value=share_of(reached[stage], before)))
        before = reached[stage]
    return [*cells, number(Stage.LOST), Cell(value="" if ripe else "not ripe")]


def _chart(choice: Choice, whole: Reached) -> Chart:
    return Chart(
        kind="bars",
        title=INFO.title,
        description="Leads that were opened within the window, by the stages that they have reached: "
        + ", ".join(f"{TITLES[stage]} {whole[stage]:,}" for stage in STAGES)
        + ".",
        x_title="",
        y_title="leads",
        xs=tuple(TITLES[stage] for stage in STAGES),
        series=("leads",),
        marks=tuple(
            Mark(
                x=TITLES[stage],
                series="leads",
                value=whole[stage],
                rows=rows_of(INFO.specs, choice, stage.value),
            )
            for stage in STAGES
        ),
    )
