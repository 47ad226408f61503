"""Exact money: a decimal and a currency, never a float."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from process.money.currencies import CURRENCIES, decimals_of
from process.money.reading import THOUSANDS, count, looks_like_thousands, meanings_of, number
from process.types import Code, Given

MAX_AMOUNT = Decimal(100_000_000_000)
"""Largest amount that is accepted; a larger one is taken for a typing error."""

MAX_DIGITS = 20
"""Maximum number of digits of an amount."""


def _short(amount: Decimal) -> Decimal:
    if not amount:
        return Decimal(0)  # has no sign
    if len(amount.as_tuple().digits) > MAX_DIGITS:
        amount = amount.normalize()
    digits = f"{amount:f}" if abs(amount.adjusted()) < MAX_DIGITS else ""
    return Decimal(digits) if digits else amount


Amount = Annotated[Decimal, BeforeValidator(number), Field(max_digits=MAX_DIGITS), AfterValidator(_short)]
"""A number that a person wrote as an amount of money. Trailing zeros do not count as digits.

It keeps the decimals that were written, so that `complaint` can ask about `12.000`.
"""

Count = Annotated[int, BeforeValidator(count)]
"""A number of whole things, as a person wrote it: `12.000` users are neither 12 nor 12,000."""

CURRENCY_PATTERN = r"^[A-Za-z]{3}$"
CurrencyCode = Annotated[
    Code, StringConstraints(strip_whitespace=True, to_upper=True, pattern=CURRENCY_PATTERN)
]


class Money(Given):
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
        return Money(amount=-self.amount if self.amount else self.amount, currency=self.currency)

    def times(self, factor: Decimal | int) -> "Money":
        """Return the unrounded product."""
        return Money(amount=self.amount * factor, currency=self.currency)

    def rounded(self) -> "Money":
        """Return the amount rounded half up to the currency's decimals."""
        return Money(amount=self._rounded(self.amount), currency=self.currency)

    def _rounded(self, amount: Decimal) -> Decimal:
        unit = Decimal(1).scaleb(-decimals_of(self.currency))
        amount = amount.quantize(unit, rounding=ROUND_HALF_UP)
        return amount or abs(amount)  # no -0.00

    def share(self, index: int, parts: int) -> "Money":
        """Return share `index` (from 0) of `parts` nearly equal, rounded shares that sum to the amount."""
        after, before = (self._rounded(self.amount * count / parts) for count in (index + 1, index))
        return Money(amount=after - before, currency=self.currency)

    def __str__(self) -> str:
        return f"{self.rounded().amount:,f} {self.currency}"


def complaint(amount: Decimal, currency: str) -> str | None:
    """Return the reason to refuse this price, or None.

    In a currency of three decimals, `12.000` is twelve: these are the decimals in which it is counted.
    """
    if currency not in CURRENCIES:
        return f"{currency} is no currency in use; write three letters, such as USD or EUR"
    if not amount.is_finite() or amount <= 0:
        return f"an amount must be more than zero, not {amount}"
    if amount > MAX_AMOUNT:
        return f"{amount:,} is larger than any price here; check the number"  # not all its digits: 1E+999999
    digits = decimals_of(currency)
    asked = digits != THOUSANDS and looks_like_thousands(amount)
    write = f". Write {meanings_of(amount, digits)}" if asked else ""
    if amount != amount.quantize(Decimal(1).scaleb(-digits)):
        return f"{currency} has {digits} decimals, and {amount} has more{write}"
    return f"{amount:f} can be read in two ways{write}" if asked else None
