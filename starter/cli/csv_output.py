"""Comma-separated values for spreadsheets (RFC 4180), in which no cell is read as a formula."""

import csv
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings at which spreadsheets take a cell for a formula."""


def write_csv(columns: Sequence[str], records: Iterable[Sequence[object]]) -> None:
    """Print the records to stdout, below a line with the names of the columns."""
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    writer.writerow(columns)
    for record in records:
        writer.writerow(map(cell, record))
    sys.stdout.flush()


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
