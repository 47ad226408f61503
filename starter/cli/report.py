"""`leads report`: figures of many leads, as tables, CSV, JSON or a picture."""

import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.text import Text

from client.reports import Reports
from process.calendar import day_of
from process.reports.catalog import REPORTS
from process.reports.parameters import ParameterRefused
from process.reports.report import Cell, Column, Report, Row, Table
from process.reports.report import Parameter as Chosen
from starter.cli.arguments import Json, flag
from starter.cli.configuration import read_settings
from starter.cli.exits import CommandFailed, ExitCode
from starter.cli.output import Output
from templates.spreadsheets import title_of, write_report

Name = Literal["forecast", "moved", "funnel", "time-in-stage", "lost", "unbilled", "coverage", "invoices"]


async def report(
    name: Annotated[Name | None, Parameter(help="The report. By default all are listed.")] = None,
    /,
    *,
    from_: Annotated[str | None, Parameter("--from", help="First month, as 2026-12.")] = None,
    to: Annotated[str | None, Parameter(help="Last month, as 2027-05.")] = None,
    day: Annotated[
        date | None, Parameter(help="As of the end of this day (coverage: on this day). By default today.")
    ] = None,
    since: Annotated[
        date | None, Parameter(help="What moved since the end of this day. By default a week ago.")
    ] = None,
    currency: Annotated[
        str | None, Parameter(help="Currency, as USD. By default the most frequent one.")
    ] = None,
    rho: Annotated[str | None, Parameter(help="Share of renewals that are signed, from 0 to 1.")] = None,
    eta: Annotated[str | None, Parameter(help="Share of new offers that are signed, from 0 to 1.")] = None,
    to_signature: Annotated[
        int | None,
        Parameter(
            help="Days from an offer to its signature, where no start is known. By default as measured."
        ),
    ] = None,
    definition: Annotated[bool, flag("Also what the figures mean: what counts, and what does not.")] = False,
    csv: Annotated[bool, flag("Comma-separated values for a spreadsheet instead of text.")] = False,
    json: Json = False,
    png: Annotated[Path | None, Parameter(help="Draw the report's picture into this file instead.")] = None,
) -> None:
    """Show figures of many leads. It reads the ledger: no lead is asked, and no worker is needed.

    Examples: leads report, leads report forecast --currency EUR, leads report moved --since 2026-11-01,
    leads report funnel --from 2026-01 --to 2026-06 --csv, leads report forecast --png forecast.png
    """
    if sum(map(bool, (csv, json, png))) > 1:
        raise CommandFailed(ExitCode.USAGE, "Choose one of --csv, --json and --png.")
    out = Output(as_json=json)
    given = {
        "from": from_,
        "to": to,
        "day": day,
        "since": since,
        "currency": currency,
        "rho": rho,
        "eta": eta,
    }
    texts = {
        key: str(value)
        for key, value in (given | {"to-signature": to_signature}).items()
        if value is not None
    }
    if name is None:
        if csv or png or texts:
            raise CommandFailed(ExitCode.USAGE, f"Name a report: {', '.join(REPORTS)}.")
        _list(out)
        return
    found = _made(name, texts)
    if csv:
        write_report(sys.stdout, found)
    elif png:
        _draw(found, png, out)
    elif not out.value(found):
        _print(found, out, definition=definition)


def _list(out: Output) -> None:
    if not out.value(
        [{"name": info.name, "title": info.title, "summary": info.summary} for info in REPORTS.values()]
    ):
        out.table(("report", "shows"), ((info.name, info.summary) for info in REPORTS.values()))


def _made(name: str, texts: dict[str, str]) -> Report:
    settings = read_settings()
    with closing(Reports.of(settings)) as reports:
        try:
            return reports.make(name, texts, day_of(datetime.now(UTC), settings.zone))
        except ParameterRefused as error:
            raise CommandFailed(ExitCode.USAGE, f"--{error.name}: {error.clause}") from None


def _draw(found: Report, file: Path, out: Output) -> None:
    from templates.charts import draw_png  # it loads the library that draws

    if found.chart is None:
        raise CommandFailed(ExitCode.USAGE, f"{found.title} has no picture.")
    try:
        file.write_bytes(draw_png(found.chart))
    except OSError as error:
        raise CommandFailed(ExitCode.USAGE, f"{file} can't be written: {error.strerror}.") from None
    out.line(f"{found.chart.description} The picture is in {file}.")


# ---- text


def _print(found: Report, out: Output, *, definition: bool) -> None:
    out.line(f"{found.title}, {found.day}", "bold")
    out.items(found.headline)
    if found.parameters:
        out.line()
        out.items([_parameter(each) for each in found.parameters], "dim")
    for table in found.tables:
        _print_table(table, out)
    for title, sentences in (("Notes", found.notes), ("Definition", found.definition if definition else ())):
        if sentences:
            out.heading(title)
            out.items(sentences)


def _parameter(parameter: Chosen) -> str:
    measured = f" (measured {parameter.measured})" if parameter.measured else ""
    return f"{parameter.name}: {parameter.value or 'not set'}{measured}"


def _print_table(table: Table, out: Output) -> None:
    if not table.rows:
        return
    out.heading(table.title)
    columns = [title_of(column) for column in table.columns]
    lines = [[_shown(cell, column) for cell, column in _pairs(row, table)] for row in table.rows]
    widths = [max(map(len, each)) for each in zip(columns, *lines, strict=True)]
    out.table(
        [
            _aligned(title, column, width)
            for title, column, width in zip(columns, table.columns, widths, strict=True)
        ],
        (
            [
                Text(_aligned(text, column, width), "bold" if row.is_total else "")
                for text, column, width in zip(line, table.columns, widths, strict=True)
            ]
            for row, line in zip(table.rows, lines, strict=True)
        ),
    )
    if table.more:
        out.line(f"and {table.more:,} more", "dim")


def _pairs(row: Row, table: Table) -> Iterator[tuple[Cell, Column]]:
    return zip(row.cells, table.columns, strict=True)


def _aligned(text: str, column: Column, width: int) -> str:
    return text.rjust(width) if column.kind in ("count", "money", "percent") else text


def _shown(cell: Cell, column: Column) -> str:
    match cell.value:
        case None:
            return ""
        case Decimal() as share if column.kind == "percent":
            return f"{share * 100:.1f} %"
        case Decimal() | int() as number:
            return f"{number:,f}" if isinstance(number, Decimal) else f"{number:,}"
    return str(cell.value)


# ---- CSV
