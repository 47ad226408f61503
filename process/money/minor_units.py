"""Amounts in minor units (cents), as read tables hold them: sums are exact, and weighted parts add up."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from process.money.amounts import Money
from process.money.currencies import decimals_of


def minor_of(amount: Decimal, currency: str) -> int:
    """Return an amount in the minor units of its currency, rounded half up."""
    return int(amount.scaleb(decimals_of(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def in_units(minor: int, currency: str) -> Decimal:
    """Return an amount of minor units in the currency's units, with its decimals."""
    digits = decimals_of(currency)
    return Decimal(minor).scaleb(-digits).quantize(Decimal(1).scaleb(-digits))


def money_of(minor: int, currency: str) -> Money:
    """Return an amount of minor units as money."""
    return Money(amount=in_units(minor, currency), currency=currency)


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
