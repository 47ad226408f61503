"""Small words and numbers that several reports write."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

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
    """Return the kind of an event as a title: Price quoted."""
    return kind.replace("_", " ").capitalize() if kind else "Unknown event"


def listed(texts: Sequence[str]) -> str:
    """Return the texts as a list in a sentence: EUR, GBP and USD."""
    return " and ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))
