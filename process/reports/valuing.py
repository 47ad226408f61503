"""The worth of expected money in a window of months: exact, in minor units, before and after the weights."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from process.calendar import month_number
from process.money.minor_units import weighted, weighted_parts
from process.reports.months import Window
from process.reports.parameters import Choice
from process.reports.rows import Expected

KINDS: Final = ("contract", "renewal", "new")
"""The kinds of expected money, the surest first."""
USUAL_TO_SIGNATURE: Final = 60
"""Days from an offer to its signature as long as none is set or measured: those for which a quote is usually valid."""


def weight_of(kind: str, choice: Choice) -> Decimal:
    """Return the weight of this kind of money: 1, ρ or η."""
    return {"renewal": choice.rho, "new": choice.eta}.get(kind, Decimal(1))


def hoped_month(day: date, to_signature: int) -> int:
    """Return the month in which offers without a start are expected to begin, seen from this day."""
    return month_number(day + timedelta(days=to_signature))


def worth(money: Expected, window: Window, floating: int) -> int:
    """Return what the money is worth within the window. `floating`: its first month if none is known."""
    first = floating if money.first is None else money.first
    rest = money.rest if window.first <= first <= window.last else 0
    return money.month * window.overlap(first, money.months) + rest


class Months(NamedTuple):
    """The money of one kind, month by month."""

    amounts: tuple[int, ...]
    shares: tuple[int, ...]
    """The weighted amounts; they add up to the weighted sum."""

    @property
    def amount(self) -> int:
        """The sum before the weight."""
        return sum(self.amounts)

    @property
    def share(self) -> int:
        """The weighted sum."""
        return sum(self.shares)


def by_month(money: Iterable[Expected], choice: Choice, floating: int) -> dict[str, Months]:
    """Return the money of each kind for each month of the window."""
    amounts = {kind: dict.fromkeys(choice.window, 0) for kind in KINDS}
    for each in money:
        first = floating if each.first is None else each.first
        months = amounts[each.kind]
        for month in range(
            max(first, choice.window.first), min(first + each.months - 1, choice.window.last) + 1
        ):
            months[month] += each.month + (each.rest if month == first else 0)
    return {
        kind: Months(tuple(months.values()), tuple(weighted_parts(months.values(), weight_of(kind, choice))))
        for kind, months in amounts.items()
    }


def sums(money: Iterable[Expected], choice: Choice, floating: int) -> dict[str, int]:
    """Return the sum of each kind over the window, before the weights."""
    found = dict.fromkeys(KINDS, 0)
    for each in money:
        found[each.kind] += worth(each, choice.window, floating)
    return found


def fmrr(amounts: dict[str, int], choice: Choice) -> int:
    """Return the forecast of these sums: contracted + ρ × renewals + η × new."""
    return sum(weighted(amount, weight_of(kind, choice)) for kind, amount in amounts.items())
