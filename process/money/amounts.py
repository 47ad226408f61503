"""Exact money: a decimal and a currency, never a float."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from babel.core import get_global
from babel.numbers import get_currency_precision
from pydantic import AfterValidator, Field, StringConstraints

from process.types import Model

CURRENCIES = frozenset(
    code
    for territory in get_global("territory_currencies").values()
    for code, _start, end, tender in territory
    if end is None and tender
)
"""ISO 4217 codes that are legal tender somewhere today (Unicode CLDR). Only new prices are checked."""

MAX_AMOUNT = Decimal(100_000_000_000)
"""Largest amount that is accepted; a larger one is taken for a typing error."""

MAX_DIGITS = 20
"""Maximum number of digits of an amount."""


def _short(amount: Decimal) -> Decimal:
    return amount.normalize() if len(amount.as_tuple().digits) > MAX_DIGITS else amount


Amount = Annotated[Decimal, Field(max_digits=MAX_DIGITS), AfterValidator(_short)]
"""A number that a person wrote as an amount of money. Trailing zeros do not count as digits."""

CurrencyCode = Annotated[
    str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{3}$")
]


class Money(Model):
    """An amount in one currency. It is rounded to the currency's decimals only where a rule requires it."""

    amount: Decimal
    currency: CurrencyCode

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Return no money in this currency."""
        return cls(amount=Decimal(0), currency=currency)

    def _same(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} can't be added; convert one first")

    def __add__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(amount=self.amount + other.amount, currency=self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._same(other)
        return Money(amount=self.amount - other.amount, currency=self.currency)

    def __neg__(self) -> "Money":
        return Money(amount=-self.amount, currency=self.currency)

    def times(self, factor: Decimal | int) -> "Money":
        """Return the unrounded product."""
        return Money(amount=self.amount * factor, currency=self.currency)

    def rounded(self) -> "Money":
        """Return the amount rounded half up to the currency's decimals."""
        unit = Decimal(1).scaleb(-get_currency_precision(self.currency))
        return Money(amount=self.amount.quantize(unit, rounding=ROUND_HALF_UP), currency=self.currency)

    def share(self, index: int, parts: int) -> "Money":
        """Return share `index` (from 0) of `parts` nearly equal, rounded shares that sum to the amount."""
        after = Money(amount=self.amount * (index + 1) / parts, currency=self.currency).rounded()
        before = Money(amount=self.amount * index / parts, currency=self.currency).rounded()
        return after - before

    def __str__(self) -> str:
        return f"{self.rounded().amount:,f} {self.currency}"


def complaint(amount: Decimal, currency: str) -> str | None:
    """Return the reason to refuse this price, or None."""
    if currency not in CURRENCIES:
        return f"{currency} is no currency in use; write three letters, such as USD or EUR"
    if not amount.is_finite() or amount <= 0:
        return f"an amount must be more than zero, not {amount}"
    if amount > MAX_AMOUNT:
        return f"{amount:,} is larger than any price here; check the number"  # not all its digits: 1E+999999
    digits = get_currency_precision(currency)
    if amount != amount.quantize(Decimal(1).scaleb(-digits)):
        return f"{currency} has {digits} decimals, and {amount} has more"
    return None
