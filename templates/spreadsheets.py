"""Comma-separated values for spreadsheets (RFC 4180), in which no cell is read as a formula."""

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TextIO

from process.reports.report import Column, Report

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings at which spreadsheets take a cell for a formula."""


def write_csv(file: TextIO, columns: Sequence[str], records: Iterable[Sequence[object]]) -> None:
    """Write the records, below a line with the names of the columns."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow(map(cell, record))


def write_report(file: TextIO, report: Report) -> None:
    """Write each table of the report below the names of its columns, with an empty line between two tables."""
    for number, table in enumerate(report.tables):
        if number:
            csv.writer(file, lineterminator="\r\n").writerow(())
        values = ([cell.value for cell in row.cells] for row in table.rows)
        write_csv(file, [title_of(column) for column in table.columns], values)


def title_of(column: Column) -> str:
    """Return the name of a column with its currency: `new (USD)`."""
    return f"{column.title} ({column.currency})" if column.currency else column.title


def cell(value: object) -> str:
    """Return the value as a cell. Text that a spreadsheet could take for a formula begins with an apostrophe."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(timespec="seconds")
        case int() | Decimal():
            return f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
