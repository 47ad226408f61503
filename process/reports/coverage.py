"""Hubs that run without a contract, and contracts that wait for a hub."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from process.reports.catalog import REPORTS
from process.reports.parameters import Choice, rows_of
from process.reports.report import Cell, Chart, Column, Mark, Report, Table, table
from process.reports.rows import AwaitedHub, HubDays
from process.reports.words import counted

INFO = REPORTS["coverage"]
SHOWN: Final = 100
"""Maximum number of leads in a table; their figures lead to all of them."""


class Covered(NamedTuple):
    """Hubs and contracts on the day, from which the report is made."""

    hubs: int
    """Number of hubs that run on the day."""
    without_contract: Sequence[HubDays]
    without_hub: Sequence[AwaitedHub]

    @property
    def allowed(self) -> int:
        """Number of hubs without a contract that somebody allowed."""
        return sum(bool(hub.exception_by) for hub in self.without_contract)


def coverage(choice: Choice, found: Covered) -> Report:
    """Return the report."""
    bare, waiting = len(found.without_contract), len(found.without_hub)
    return INFO.report(
        choice,
        headline=(
            f"{bare:,} of {counted(found.hubs, 'running hub has', 'running hubs have')} no contract",
            f"{counted(waiting, 'contract waits', 'contracts wait')} for a hub",
        ),
        tables=(_numbers(choice, found), _hubs(found.without_contract), _contracts(found.without_hub)),
        chart=_chart(choice, found),
    )


def _counts(choice: Choice, found: Covered) -> list[tuple[str, int, str]]:
    """Return the name of each figure, the figure, and the query string of its rows."""
    bare = len(found.without_contract)
    return [
        ("hub with a contract", found.hubs - bare, ""),
        ("hub without a contract, allowed", found.allowed, rows_of(INFO.specs, choice, "hubs", "allowed")),
        ("hub without a contract", bare - found.allowed, rows_of(INFO.specs, choice, "hubs", "not-allowed")),
        ("contract without a hub", len(found.without_hub), rows_of(INFO.specs, choice, "contracts")),
    ]


def _numbers(choice: Choice, found: Covered) -> Table:
    lines = [
        [Cell(value=title), Cell(value=number, rows=rows if number else "")]
        for title, number, rows in _counts(choice, found)
    ]
    return table("Numbers", [Column(title=""), Column(title="leads", kind="count")], lines)


def _hubs(hubs: Sequence[HubDays]) -> Table:
    columns = [Column(title="lead"), Column(title="live since", kind="day"), Column(title="allowed by")]
    lines = [
        [
            Cell(value=hub.lead_id, lead_id=hub.lead_id),
            Cell(value=hub.live_on),
            Cell(value=hub.exception_by or ""),
        ]
        for hub in hubs[:SHOWN]
    ]
    return table("Hubs without a contract", columns, lines, max(0, len(hubs) - SHOWN))


def _contracts(leads: Sequence[AwaitedHub]) -> Table:
    columns = [Column(title="lead"), Column(title="contract since", kind="day")]
    lines = [
        [Cell(value=lead.lead_id, lead_id=lead.lead_id), Cell(value=lead.start)] for lead in leads[:SHOWN]
    ]
    return table("Contracts without a hub", columns, lines, max(0, len(leads) - SHOWN))


def _chart(choice: Choice, found: Covered) -> Chart:
    counts = _counts(choice, found)
    return Chart(
        kind="bars",
        title=INFO.title,
        description=f"On {choice.day}: "
        + ", ".join(f"{title} {number:,}" for title, number, _ in counts)
        + ".",
        x_title="",
        y_title="leads",
        xs=tuple(title for title, _, _ in counts),
        series=("leads",),
        marks=tuple(Mark(x=title, series="leads", value=number, rows=rows) for title, number, rows in counts),
    )
