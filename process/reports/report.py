"""A report as data: every face can show it without knowing which one it is.

An amount of money is a Decimal in its currency's units, and a share is a Decimal of 1. Nothing is ever a float.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from process.types import Code, Id, Mention, Model, Words

ColumnKind = Literal["text", "count", "money", "percent", "day", "month"]
"""`count`: a whole number; `percent`: a share of 1; `month`: a text such as 2026-12."""
ParameterKind = Literal["month", "currency", "share", "day", "days"]


class Parameter(Model):
    """Something that a person may choose about a report."""

    name: Code
    """Its name in an address, such as `from`."""
    title: Code
    kind: ParameterKind
    takes: Code
    """The values that it takes, in words."""
    value: Mention = ""
    """The present value as it is written; empty if there is none."""
    measured: Code = ""
    """The value that the leads' past shows, in words; empty if none is measured."""
    choices: tuple[Code, ...] = ()
    """Values to choose from; empty if any value of its kind fits."""


class Column(Model):
    """A column of a table."""

    title: Code
    kind: ColumnKind = "text"
    currency: Code = ""
    """Currency of a column of money."""


class Cell(Model):
    """A figure or a text."""

    value: Mention | int | Decimal | date | None = None
    """None if there is no figure, as the median of nothing."""
    rows: Code = ""
    """Query string by which the leads and events of the figure are asked for; empty if it has none."""
    lead_id: Id = ""
    """The lead that the cell names."""


class Row(Model):
    """A line of a table, with a cell for each column."""

    cells: tuple[Cell, ...]
    is_total: bool = False


class Table(Model):
    """A table of a report."""

    title: Code
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    more: int = 0
    """Number of further lines that are not shown."""


class Mark(Model):
    """One bar of a picture, or one part of a stacked bar."""

    x: Code
    series: Code
    value: Decimal | int
    """Height; of a step, by how much it goes up or down."""
    rows: Code = ""
    """As that of a cell."""


ChartKind = Literal["stacked", "bars", "beside", "steps"]
"""`stacked`: bars that stand, of parts; `bars`: bars that lie, of parts; `beside`: lying bars beside each other;
`steps`: from one level to another."""


class Chart(Model):
    """A picture of a report. All of it is in the tables, too."""

    kind: ChartKind
    title: Code
    description: Code
    """One sentence that says what the picture shows, with its main figure."""
    x_title: Code
    y_title: Code
    currency: Code = ""
    """Currency of the values; empty if they are numbers."""
    xs: tuple[Code, ...]
    """The bars, in their order."""
    series: tuple[Code, ...]
    """The parts, the lowest first."""
    marks: tuple[Mark, ...]


class Report(Model):
    """A report as of a day."""

    name: Code
    title: Code
    definition: tuple[Code, ...]
    """Plain sentences: what counts, what does not, and the source."""
    day: date
    """The day as of whose end the figures are."""
    parameters: tuple[Parameter, ...]
    headline: tuple[Mention, ...] = ()
    """The main figures in words, one a line."""
    tables: tuple[Table, ...]
    chart: Chart | None = None
    notes: tuple[Mention, ...] = ()
    """Facts that the reader should know about these figures."""


def table(
    title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell] | Row], more: int = 0
) -> Table:
    """Return a table of these lines."""
    lines = (row if isinstance(row, Row) else Row(cells=tuple(row)) for row in rows)
    return Table(title=title, columns=tuple(columns), rows=tuple(lines), more=more)


def total(cells: Sequence[Cell]) -> Row:
    """Return a line that sums up those above."""
    return Row(cells=tuple(cells), is_total=True)


class FigureRow(Model):
    """A lead, and an event of it if there is one, that is part of a figure."""

    lead_id: Id
    heading: Mention = ""
    """The lead's name for people."""
    seq: int | None = None
    """Number of the event; None if it is no single event."""
    at: datetime | None = None
    """Time of the event."""
    zone: Code = "UTC"
    """The lead's time zone, in which people read that time."""
    what: Words = ""
    """One sentence about it."""
    amount: Decimal | None = None
    """Its part of the figure, before any weight; None if it is no money."""
    currency: Code = ""


class FigurePage(Model):
    """Some of the leads and events of a figure."""

    title: Mention
    rows: tuple[FigureRow, ...]
    after: Id | None = None
    """Cursor of the next ones; None if there are no more."""
