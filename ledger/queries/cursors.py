"""Cursors: where the next page of a list begins. They stand in addresses: nothing in them is secret or trusted."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

LONGEST = 1_000


class BrokenCursor(ValueError):
    """A cursor that this program did not write, or wrote for another list."""


def write_cursor(values: Sequence[Any]) -> str:
    """Return the cursor of a row with these sort values."""
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, *types: type) -> tuple[Any, ...]:
    """Return the sort values of a cursor, of these types. Raises BrokenCursor."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError("too long")
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(values, list):
            raise ValueError("no list")
        return tuple(_read(value, wanted) for value, wanted in zip(values, types, strict=True))
    except (ValueError, RecursionError):
        raise BrokenCursor("This page does not exist: begin at the first one.") from None


def beyond(
    columns: Sequence[ColumnElement[Any]], values: Sequence[Any], *, descends: bool = False
) -> ColumnElement[bool]:
    """Return the condition for rows after these sort values. Its first part alone lets an index begin there."""
    parts = []
    for number, column in enumerate(columns):
        same = (columns[n] == values[n] for n in range(number))
        parts.append(and_(*same, column < values[number] if descends else column > values[number]))
    return and_(columns[0] <= values[0] if descends else columns[0] >= values[0], or_(*parts))


def _read(value: Any, wanted: type) -> Any:
    if issubclass(wanted, datetime):
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        if moment.tzinfo is None:
            raise ValueError("no time zone")
        return moment
    if issubclass(wanted, date):
        return date.fromisoformat(value if isinstance(value, str) else "")
    if type(value) is not wanted or (isinstance(value, int) and abs(value) >= 2**63):
        raise ValueError("another type")
    if isinstance(value, str):
        value.encode()
        if "\0" in value:
            raise ValueError("NUL")
    return value
