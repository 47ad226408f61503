"""The row of a lead in the table `ledger_leads`: what is stored of it, and the filters by which rows are found."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, or_

from ledger.tables import FILTERS, LEADS, storable
from process.views.lead_row import LeadRow

Filter = ColumnElement[bool]
"""A condition on the columns of `ledger_leads`, made by the functions below."""


def columns_of(row: LeadRow) -> dict[str, Any]:
    """Return the values to store for a row: those that lists filter by, and the whole row as JSON."""
    values = {column.name: _stored(getattr(row, column.name)) for column in FILTERS}
    values["value"] = row.value or 0  # so that it can be sorted by on both engines
    return values | {"document": storable(row.model_dump_json())}


OFTEN_WRITTEN: Final = frozenset(
    ("owner", "attention", "next_date", "updated_at", "right_until", "agenda_from", "sort_date", "document")
)
"""The columns that differ after most writings. The others are written only if one of them differs."""


def seldom_written(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return those values of a row that stay the same with most writings."""
    return {name: value for name, value in columns.items() if name not in OFTEN_WRITTEN}


NO_ROW: Final[dict[str, Any]] = dict.fromkeys((*(column.name for column in FILTERS), "document"))
"""The values of a lead that has no row."""


def _stored(value: Any) -> Any:
    match value:
        case "":
            return None
        case str():
            return storable(str(value))  # not the member of an enumeration
        case tuple():
            return len(value)
        case _:
            return value


def equals(column: str, value: object) -> Filter:
    """Select rows with this value; None selects those without one."""
    return LEADS.c[column].is_(None) if value is None else LEADS.c[column] == value


def differs(column: str, value: object) -> Filter:
    """Select rows with another value or none."""
    return LEADS.c[column].is_distinct_from(value)


def one_of(column: str, values: Collection[object]) -> Filter:
    """Select rows with one of these values."""
    return LEADS.c[column].in_(values)


def above(column: str, value: object) -> Filter:
    """Select rows with a higher value, or a later one in the order of characters."""
    return LEADS.c[column] > value


def from_(column: str, value: object) -> Filter:
    """Select rows with this value, or a higher or later one."""
    return LEADS.c[column] >= value


def below(column: str, value: object) -> Filter:
    """Select rows with a lower or earlier value."""
    return LEADS.c[column] < value


def mentions(text: str) -> Filter:
    """Select rows that have this ASCII text in any place, in upper or lower case."""
    return LEADS.c.document.icontains(text, autoescape=True)


def up_to(column: str, value: object) -> Filter:
    """Select rows with this value, or a lower or earlier one."""
    return LEADS.c[column] <= value


def any_of(*filters: Filter) -> Filter:
    """Select rows that at least one of these filters selects."""
    return or_(*filters)


def needs_attention() -> Filter:
    """Select rows of leads with a concern, or with an effect that failed for good."""
    return any_of(above("attention", 0), above("parked", 0))


def order_by(names: Sequence[str]) -> list[ColumnElement[Any]]:
    """Return the order by these columns, each descending if it begins with a minus, rows without a value last."""
    return [*(part for name in names for part in _order_by(name)), LEADS.c.lead_id]


def _order_by(name: str) -> Iterator[ColumnElement[Any]]:
    attribute = name.removeprefix("-")
    column = LEADS.c[attribute]
    if not LeadRow.model_fields[attribute].is_required():
        yield column.is_(None)  # as the index of the next date has it
    yield column.desc() if name.startswith("-") else column
