"""Small words and numbers that several reports write."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from process.core.refusal import title

MEDIAN: Final = Decimal("0.5")
NINE_IN_TEN: Final = Decimal("0.9")


def counted(number: int, one: str, many: str) -> str:
    """Return the number with its noun: 1 lead, 2,000 leads."""
    return f"{number:,} {one if number == 1 else many}"


def share_of(part: int, whole: int) -> Decimal | None:
    """Return the part as a share of 1 with three decimals; None of nothing."""
    if not whole:
        return None
    return (Decimal(part) / whole).quantize(Decimal("0.001"), ROUND_HALF_UP)


def percent_text(part: int, whole: int) -> str:
    """Return the part of the whole as a share with two decimals: 0.86."""
    return f"{(Decimal(part) / whole).quantize(Decimal('0.01'), ROUND_HALF_UP):f}"


def event_title(kind: str) -> str:
    """Return the kind of an event as a title; an empty one is of an event that is not known."""
    return title(kind) if kind else "Unknown event"


def percentile(counts: Sequence[tuple[int, int]], share: Decimal) -> int | None:
    """Return the smallest value that at least this share of all values does not exceed; None if there are none.

    `counts`: values in ascending order, each with how often it occurs.
    """
    wanted = share * sum(count for _, count in counts)
    seen = 0
    for value, count in counts:
        seen += count
        if seen >= wanted:
            return value
    return None


def listed(texts: Sequence[str]) -> str:
    """Return the texts as a list in a sentence: EUR, GBP and USD."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))
