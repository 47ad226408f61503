"""Months as whole numbers (year times 12 plus the month from 0), windows of them, and their names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from process.calendar import DAY

_NAME = re.compile(r"(\d{4})-(\d{2})")


def month_name(month: int) -> str:
    """Return the month as it is written: 2026-12."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


def read_month(text: str) -> int:
    """Return the month with this name. Raises ValueError."""
    found = _NAME.fullmatch(text)
    if not found or not text.isascii() or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"{text!r} is no month")
    return int(found[1]) * 12 + int(found[2]) - 1


def first_day(month: int) -> date:
    """Return the first day of a month."""
    return date(month // 12, month % 12 + 1, 1)


def last_day(month: int) -> date:
    """Return the last day of a month."""
    return first_day(month + 1) - DAY


@dataclass(frozen=True)
class Window:
    """Months from a first one to a last one, both counted."""

    first: int
    last: int

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1))

    @property
    def size(self) -> int:
        """Number of its months."""
        return self.last - self.first + 1

    def overlap(self, first: int, months: int) -> int:
        """Return how many of so many months from `first` on are in the window."""
        return max(0, min(self.last, first + months - 1) - max(self.first, first) + 1)
