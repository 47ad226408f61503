"""What is offered: a price, what is taken off it, and what comes beside it. An old quote keeps all of it."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from process.money.amounts import Money
from process.money.pricing import Per, Tier
from process.types import Line, Model, Role, Text


class QuoteStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CORRECTED = "corrected"


ACTIVE = frozenset({QuoteStatus.OPEN, QuoteStatus.ACCEPTED})


def each(per: Per) -> str:
    """`a year`, or `once`."""
    return "once" if per == "once" else f"a {per}"


def as_percent(share: Decimal) -> str:
    """`12.5 %`."""
    return f"{share.normalize():f} %"


class LineItem(Model):
    """Something that is quoted beside the price: a training once, more support a year."""

    text: Line
    price: Money
    per: Per

    def __str__(self) -> str:
        return f"{self.text}: {self.price} {each(self.per)}"


class Discount(Model):
    """What is taken off the price, why, and who allows it."""

    amount: Money
    percent: Decimal | None = None
    """The share of the list price, where one was said; None: an amount was."""
    reason: Text
    by: Line
    """Who gave it."""
    approver: Role | None = None
    """Whose approval it needs by the lead's policy; None: nobody's."""
    asked_on: date | None = None
    """When they were asked for it again."""
    settled_on: date | None = None
    approved: bool = False
    settled_by: Line | None = None

    def __str__(self) -> str:
        return str(self.amount) if self.percent is None else as_percent(self.percent)


class Quote(Model):
    """One version of the price. Its book's figures are copied in: an old quote keeps its price."""

    version: int
    price: Money
    """What is agreed for `per`, the discount taken off and without the items."""
    per: Per
    valid_until: date
    quoted_on: date
    status: QuoteStatus = QuoteStatus.OPEN
    book: str | None = None
    plan: str | None = None
    dedicated_cluster: bool = False
    tiers: tuple[Tier, ...] = ()
    items: tuple[LineItem, ...] = ()
    discount: Discount | None = None
    reminded: bool = False
    accepted_by: Line | None = None
    reason: Text | None = None

    @property
    def name(self) -> str:
        """What the price is for, as an invoice has it."""
        return self.plan or "Service"

    @property
    def list_price(self) -> Money:
        """The price before the discount."""
        return self.price + self.discount.amount if self.discount else self.price

    @property
    def recurring(self) -> tuple[LineItem, ...]:
        """Items that are asked for together with the price, each time."""
        return tuple(item for item in self.items if item.per == self.per)

    @property
    def once(self) -> tuple[LineItem, ...]:
        """Items that are asked for once, beside a price that comes again."""
        return tuple(item for item in self.items if item.per != self.per)

    @property
    def total(self) -> Money:
        """What each year or month costs, or all of it where the price is asked for once; usage comes on top."""
        return sum((item.price for item in self.recurring), start=self.price)

    @property
    def total_once(self) -> Money:
        """What the items come to that are asked for once beside it."""
        return sum((item.price for item in self.once), start=Money.zero(self.price.currency))

    @property
    def awaiting_approval_by(self) -> Role | None:
        """Whose approval of its discount it waits for, so that nobody may accept it yet."""
        if self.status is not QuoteStatus.OPEN or self.discount is None or self.discount.settled_on:
            return None
        return self.discount.approver

    @property
    def status_text(self) -> str:
        """Its status in words, with that of its discount where that matters."""
        if self.awaiting_approval_by:
            return f"awaits approval by {self.awaiting_approval_by}"
        if self.discount and self.discount.settled_on and not self.discount.approved:
            return "discount not approved"
        return str(self.status)

    @property
    def reduction(self) -> str:
        """What is taken off the list price, as a share and as an amount; empty if nothing is."""
        if self.discount is None:
            return ""
        amount, percent = self.discount.amount, self.discount.percent
        if percent is None:
            share = (amount.amount * 100 / self.list_price.amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return f"{amount} ({as_percent(share)})"
        return f"{as_percent(percent)} ({amount})"

    @property
    def lines(self) -> tuple[LineItem, ...]:
        """All that it is made of: the list price, what is taken off it, and each item."""
        price = LineItem(text=self.name, price=self.list_price, per=self.per)
        if self.discount is None:
            return (price, *self.items)
        off = LineItem(text=f"Discount of {self.discount}", price=-self.discount.amount, per=self.per)
        return (price, off, *self.items)

    def __str__(self) -> str:
        beside = f" and {self.total_once} once" if self.once else ""
        return f"{self.total} {each(self.per)}{beside}"
