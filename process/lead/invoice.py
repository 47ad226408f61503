"""Invoices and the usage that goes on them (process.md, Money). Data; `process.money.billing` has the rules."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from process.calendar import DAY
from process.money.amounts import Money
from process.types import Line, Link, Model, Text


class Usage(Model):
    """What a calendar month (`2026-07`) cost: monthly active users, and the cloud's bill passed on without markup."""

    month: str
    active_users: int
    cloud_cost: Decimal = Decimal(0)
    billed_on: int | None = None
    """Number of the invoice that has it."""


class InvoiceLine(Model):
    text: str
    amount: Money
    once_of: int | None = None
    """Version of the quote of which this is an item that is asked for once; None: something else."""


class Invoice(Model):
    """One month's invoice. The contracts and administration team sends it; we prepare and track it."""

    number: int
    index: int | None
    """Which monthly interval it opens, from 0; None for an invoice of usage alone."""
    period_start: date
    period_end: date
    prepared_on: date
    lines: tuple[InvoiceLine, ...]
    usage_months: tuple[str, ...] = ()
    missing_usage: tuple[str, ...] = ()
    reference: Line | None = None
    """The customer's own, as of their purchase order."""
    file: Link | None = None
    sent_on: date | None = None
    paid_on: date | None = None
    overdue: bool = False
    voided_on: date | None = None
    void_reason: Text | None = None

    @property
    def is_valid(self) -> bool:
        """Return True if it counts: a wrong one that was taken back keeps its number, and bills nothing."""
        return self.voided_on is None

    @property
    def owed(self) -> bool:
        """Sent, and not paid yet."""
        return self.is_valid and self.sent_on is not None and self.paid_on is None

    @property
    def settled(self) -> bool:
        """Paid, or taken back: nobody has to do anything more for it."""
        return self.paid_on is not None or not self.is_valid

    @property
    def total(self) -> Money:
        first, *rest = self.lines
        return sum((line.amount for line in rest), start=first.amount)

    @property
    def status_text(self) -> str:
        """What became of it, as in `sent on 2026-07-03`."""
        if not self.is_valid:
            return f"voided on {self.voided_on}"
        if self.paid_on:
            return f"paid on {self.paid_on}"
        if self.sent_on:
            return f"sent on {self.sent_on}{', overdue' if self.overdue else ''}"
        return "not sent yet"


def months_of(start: date, end: date) -> tuple[str, ...]:
    """Calendar months, as `2026-07`, that have a day from `start` to `end`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))


@lru_cache(maxsize=10_000)
def interval(start: date, index: int) -> tuple[date, date]:
    """First and last day of the `index`-th (from 0) monthly service interval of a term that began on `start`."""
    first = start + relativedelta(months=index)
    return first, start + relativedelta(months=index + 1) - DAY
