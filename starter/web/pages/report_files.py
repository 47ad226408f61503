"""Writes a report as a file for a spreadsheet."""

import csv
from io import StringIO

from process.reports.report import Report
from starter.cli.csv_output import cell


def report_csv(report: Report) -> str:
    """Return the tables of the report, one below the other, each under its title and the names of its columns."""
    written = StringIO(newline="")
    writer = csv.writer(written, lineterminator="\r\n")
    for number, table in enumerate(report.tables):
        if number:
            writer.writerow([])
        writer.writerow([cell(table.title)])
        writer.writerow([cell(f"{c.title} ({c.currency})" if c.currency else c.title) for c in table.columns])
        writer.writerows([cell(each.value) for each in row.cells] for row in table.rows)
    return written.getvalue()
