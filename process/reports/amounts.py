"""Exact sums of money in minor units, and their weighted parts, which add up to the weighted whole."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from process.money.currencies import decimals_of


def in_units(minor: int, currency: str) -> Decimal:
    """Return an amount of minor units (cents) in the currency's units, with its decimals."""
    digits = decimals_of(currency)
    return Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))


def money_text(minor: int, currency: str) -> str:
    """Return an amount as people read it: 12,000.00 USD."""
    return f"{in_units(minor, currency):,f} {currency}"


def weighted(minor: int, weight: Decimal) -> int:
    """Return the share of an amount, rounded half up to a minor unit."""
    return int((minor * weight).quantize(Decimal(1), ROUND_HALF_UP))


def weighted_parts(parts: Iterable[int], weight: Decimal, before: int = 0) -> list[int]:
    """Return the share of each part. They add up to the share of the sum, because each rounds the running sum.

    `before`: the amount to which the parts are added; shares of it are not part of the result.
    """
    found: list[int] = []
    for part in parts:
        found.append(weighted(before + part, weight) - weighted(before, weight))
        before += part
    return found


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
