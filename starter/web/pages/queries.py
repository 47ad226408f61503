"""Kinds of values in the query of an address: what is left empty in a form counts as not given."""

from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import HTTPException
from pydantic import BeforeValidator, StringConstraints

T = TypeVar("T")

EARLIEST = date(2000, 1, 1)
"""First day that pages show; no lead is older."""


def _given(value: Any) -> Any:
    return None if value == "" else value


Maybe = Annotated[T | None, BeforeValidator(_given)]
"""A value that may be missing or empty."""

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
"""Words to search for."""

Cursor = Annotated[str, StringConstraints(max_length=1_000)]
"""The place at which a list goes on."""


def check_past(day: date, today: date) -> None:
    """Raise HTTPException for a day that is not over yet, or before all leads."""
    if day >= today:
        raise HTTPException(422, f"as-of: {day} is not over yet. Choose a day before {today}.")
    if day < EARLIEST:
        raise HTTPException(422, f"as-of: {day} is before all leads. Choose a day from {EARLIEST} on.")
