"""One report of each kind, with figures, made without a ledger."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from process.reports.catalog import REPORTS
from process.reports.coverage import Covered, coverage
from process.reports.forecast import Known, Measured, forecast
from process.reports.funnel import funnel
from process.reports.invoices import invoices
from process.reports.lost import MonthLost, lost
from process.reports.moved import moved
from process.reports.parameters import Choice
from process.reports.report import Cell, Chart, Report
from process.reports.rows import (
    AwaitedHub,
    Days,
    Expected,
    HubDays,
    Losses,
    LostMoney,
    Moved,
    OpenInvoice,
    Outcomes,
    Renewals,
    UnbilledDays,
    Waiting,
)
from process.reports.time_in_stage import time_in_stage
from process.reports.unbilled import unbilled
from process.types import Stage

TODAY = date(2026, 11, 30)
DECEMBER = 2026 * 12 + 11
MONEY = (
    Expected("contract", DECEMBER - 6, 12, 3, 300_000, 7),
    Expected("renewal", DECEMBER + 2, 12, 2, 200_001, 0),
    Expected("new", DECEMBER + 1, 12, 4, 100_000, 1),
    Expected("new", None, 12, 1, 50_000, 0),
)
MEASURED = Measured(
    Renewals(14, 12), Outcomes(11, 39), (Days(Stage.QUOTED, 20, 5), Days(Stage.QUOTED, 45, 6))
)
KNOWN = Known(MONEY, MEASURED, 3, ("USD", "EUR"))
QUALIFIED: Mapping[Stage, int] = {
    Stage.LEAD: 40,
    Stage.QUOTED: 22,
    Stage.CONTRACTED: 9,
    Stage.HUB: 8,
    Stage.LOST: 12,
}
NOTHING: Mapping[Stage, int] = dict.fromkeys(QUALIFIED, 0)


def usual(name: str, **given: str) -> Choice:
    """Return the parameters of a report, in USD where it has a currency."""
    choice = REPORTS[name].read(given, TODAY)
    return choice._replace(currency="USD") if name in ("forecast", "moved") else choice


def _moved() -> Report:
    moves = [
        Moved(1, "price_quoted", Expected("new", DECEMBER + 1, 12, 2, 80_000, 0)),
        Moved(-1, "lost", Expected("new", DECEMBER, 12, 1, 30_000, 0)),
        Moved(1, "contract_signed", Expected("contract", DECEMBER, 12, 1, 10_000, 0)),
    ]
    return moved(usual("moved"), KNOWN, MONEY, moves)


def _lost() -> Report:
    month = MonthLost(
        [Losses("budget", Stage.QUOTED, False, 5), Losses("timing", Stage.LEAD, True, 2)],
        [LostMoney("budget", Stage.QUOTED, "USD", Expected("new", None, 12, 5, 500_000, 0))],
    )
    return lost(usual("lost"), [month] * usual("lost").window.size)


def _times() -> Report:
    days = [Days(Stage.LEAD, 3, 10), Days(Stage.LEAD, 30, 4), Days(Stage.QUOTED, 21, 9)]
    waiting = [Waiting(Stage.QUOTED, 4, datetime(2026, 9, 1, tzinfo=UTC))]
    return time_in_stage(usual("time-in-stage"), days, waiting, "UTC")


def _unbilled() -> Report:
    gap = UnbilledDays("lead-a", 1, "gap", date(2026, 7, 1), date(2026, 9, 30), "USD", 300_001)
    usage = UnbilledDays("lead-b", 1, "usage", date(2026, 9, 1), date(2026, 9, 30), None, None)
    return unbilled(usual("unbilled"), [gap, usage])


def _coverage() -> Report:
    bare = [HubDays("lead-a", date(2026, 1, 1), None), HubDays("lead-b", date(2026, 2, 1), "Grace Example")]
    return coverage(usual("coverage"), Covered(9, bare, [AwaitedHub("lead-c", date(2026, 10, 1))]))


def _invoices() -> Report:
    found: list[tuple[Any, ...]] = [
        ("lead-a", 1, "USD", 1_200_000, TODAY, None, False),
        ("lead-b", 1, "USD", 300_000, TODAY, date(2026, 7, 1), True),
        ("lead-c", 2, "EUR", 90_050, TODAY, date(2026, 11, 20), False),
    ]
    return invoices(usual("invoices"), [OpenInvoice(*each) for each in found])


def _funnel() -> Report:
    size = usual("funnel").window.size
    return funnel(usual("funnel"), [NOTHING, *[QUALIFIED] * (size - 1)], 45)


EXAMPLES: Mapping[str, Callable[[], Report]] = {
    "forecast": lambda: forecast(usual("forecast"), KNOWN),
    "moved": _moved,
    "funnel": _funnel,
    "time-in-stage": _times,
    "lost": _lost,
    "unbilled": _unbilled,
    "coverage": _coverage,
    "invoices": _invoices,
}


def figures(report: Report) -> Iterator[Cell]:
    """Yield the cells that lead to the leads and events of which they are made."""
    for table in report.tables:
        for row in table.rows:
            yield from (cell for cell in row.cells if cell.rows)


def chart_of(name: str) -> Chart:
    """Return the picture of an example."""
    chart = EXAMPLES[name]().chart
    assert chart
    return chart
