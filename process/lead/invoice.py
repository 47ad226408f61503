"""Invoices and usage (process.md, Money). The rules are in `process.money.billing`."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from process.calendar import DAY
from process.money.amounts import Money
from process.types import Code, FreeText, Link, Mention, Model, Title


class Usage(Model):
    """The usage of a calendar month (`2026-07`): active users, and the cloud cost in the quote's currency."""

    month: Code
    active_users: int
    cloud_cost: Decimal = Decimal(0)
    invoice_number: int | None = None
    """Number of the invoice that bills it."""


class InvoiceLine(Model):
    """One line of an invoice."""

    text: Mention
    amount: Money
    once_of: int | None = None
    """Version of the quote whose one-time item this line bills; None for other lines."""


class Invoice(Model):
    """An invoice. The service prepares and tracks it; the contracts and administration team sends it."""

    number: int
    index: int | None
    """Number, from 0, of the monthly interval that it begins with; None if it bills no fixed fee."""
    period_start: date
    period_end: date
    prepared_on: date
    lines: tuple[InvoiceLine, ...]
    usage_months: tuple[Code, ...] = ()
    missing_usage: tuple[Code, ...] = ()
    reference: Title | None = None
    """The customer's reference, such as a purchase order number."""
    file: Link | None = None
    sent_on: date | None = None
    paid_on: date | None = None
    overdue: bool = False
    voided_on: date | None = None
    void_reason: FreeText | None = None

    @property
    def is_valid(self) -> bool:
        """True if it is not voided. A voided invoice keeps its number and bills nothing."""
        return self.voided_on is None

    @property
    def owed(self) -> bool:
        """True if it is sent and not paid."""
        return self.is_valid and self.sent_on is not None and self.paid_on is None

    @property
    def settled(self) -> bool:
        """True if it is paid or voided."""
        return self.paid_on is not None or not self.is_valid

    @property
    def total(self) -> Money:
        """The sum of the lines."""
        first, *rest = self.lines
        return sum((line.amount for line in rest), start=first.amount)

    @property
    def status_text(self) -> str:
        """The status with its day, such as `sent on 2026-07-03`."""
        if not self.is_valid:
            return f"voided on {self.voided_on}"
        if self.paid_on:
            return f"paid on {self.paid_on}"
        if self.sent_on:
            return f"sent on {self.sent_on}{', overdue' if self.overdue else ''}"
        return "not sent yet"


def months_of(start: date, end: date) -> tuple[str, ...]:
    """Return the calendar months, such as `2026-07`, that overlap the days from `start` to `end`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))


@lru_cache(maxsize=10_000)
def interval(start: date, index: int) -> tuple[date, date]:
    """Return the first and last day of a term's monthly interval number `index` (from 0)."""
    first = start + relativedelta(months=index)
    return first, start + relativedelta(months=index + 1) - DAY
