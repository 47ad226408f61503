"""Quotes: a price, its discount and its items."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cached_property

from process.actor import Actor, shown
from process.money.amounts import Money
from process.money.pricing import Per, Tier
from process.types import Code, FreeText, Model, PersonName, Role, Title


class QuoteStatus(StrEnum):
    """The status of a quote, apart from the approval of its discount."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    CORRECTED = "corrected"


ACTIVE = frozenset({QuoteStatus.OPEN, QuoteStatus.ACCEPTED})


def each(per: Per) -> str:
    """Return the period as text: `a year`, `a month` or `once`."""
    return "once" if per == "once" else f"a {per}"


def as_percent(share: Decimal) -> str:
    """Return a share in percent as text, such as `12.5 %`."""
    return f"{share.normalize():f} %"


class LineItem(Model):
    """An item that is quoted in addition to the price, such as a training once or support a year."""

    text: Title
    price: Money
    per: Per

    def __str__(self) -> str:
        return f"{self.text}: {self.price} {each(self.per)}"


class Discount(Model):
    """A discount on the list price, with its reason and its approval."""

    amount: Money
    percent: Decimal | None = None
    """Share of the list price, if the discount was given in percent; None if as an amount."""
    reason: FreeText
    by: PersonName
    """The person who gave it."""
    actor: Actor | None = None
    """The same person, as the face knew them."""
    approver: Role | None = None
    """Role that must approve it by the lead's policy; None if no approval is needed."""
    asked_on: date | None = None
    """Day of the last reminder to the approver."""
    settled_on: date | None = None
    approved: bool = False
    settled_by: PersonName | None = None

    @property
    def is_vouched(self) -> bool:
        """True if the face knew who gave it."""
        return bool(self.actor and self.actor.authenticated and self.actor.identity)

    @property
    def given_by(self) -> str:
        """The person who gave it, as the history shows them."""
        return shown(self.by, authenticated=self.is_vouched)

    def __str__(self) -> str:
        return str(self.amount) if self.percent is None else as_percent(self.percent)


class Quote(Model):
    """One version of the price. The price book's figures are copied, so that an old quote keeps its price."""

    version: int
    price: Money
    """Price for the period `per`, after the discount and without the items."""
    per: Per
    valid_until: date
    quoted_on: date
    status: QuoteStatus = QuoteStatus.OPEN
    book: Code | None = None
    plan: Code | None = None
    dedicated_cluster: bool = False
    tiers: tuple[Tier, ...] = ()
    items: tuple[LineItem, ...] = ()
    discount: Discount | None = None
    reminded: bool = False
    accepted_by: PersonName | None = None
    reason: FreeText | None = None

    @property
    def name(self) -> str:
        """The name of the service on invoices."""
        return self.plan or "Service"

    @property
    def list_price(self) -> Money:
        """The price before the discount."""
        return self.price + self.discount.amount if self.discount else self.price

    @property
    def recurring(self) -> tuple[LineItem, ...]:
        """The items that recur with the price."""
        return tuple(item for item in self.items if item.per == self.per)

    @property
    def once(self) -> tuple[LineItem, ...]:
        """The one-time items of a recurring price."""
        return tuple(item for item in self.items if item.per != self.per)

    @cached_property
    def total(self) -> Money:
        """The price and its recurring items, for each period. Usage is billed in addition."""
        return sum((item.price for item in self.recurring), start=self.price)

    @cached_property
    def total_once(self) -> Money:
        """The sum of the one-time items."""
        return sum((item.price for item in self.once), start=Money.zero(self.price.currency))

    @property
    def awaiting_approval_by(self) -> Role | None:
        """Role whose approval of the discount is missing, so that the quote cannot be accepted; or None."""
        if self.status is not QuoteStatus.OPEN or self.discount is None or self.discount.settled_on:
            return None
        return self.discount.approver

    @property
    def lacks_known_giver(self) -> bool:
        """True if nobody can approve the discount that waits for it, because it is not known who gave it."""
        return bool(self.awaiting_approval_by and self.discount and not self.discount.is_vouched)

    @property
    def asked_approver(self) -> Role | None:
        """Role that is asked to approve the discount; None if none is needed, or if nobody can approve it."""
        return None if self.lacks_known_giver else self.awaiting_approval_by

    @property
    def status_text(self) -> str:
        """The status as text, with that of the discount if it matters."""
        if self.lacks_known_giver:
            return "can't be approved: it is not known who gave the discount"
        if self.awaiting_approval_by:
            return f"awaits approval by {self.awaiting_approval_by}"
        if self.discount and self.discount.settled_on and not self.discount.approved:
            return "discount not approved"
        return str(self.status)

    @property
    def reduction(self) -> str:
        """The discount as a share and an amount, for people; empty if there is none."""
        if self.discount is None:
            return ""
        amount, percent = self.discount.amount, self.discount.percent
        if percent is None:
            share = (amount.amount * 100 / self.list_price.amount).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return f"{amount} ({as_percent(share)})"
        return f"{as_percent(percent)} ({amount})"

    @property
    def lines(self) -> tuple[LineItem, ...]:
        """The lines of the quote: the list price, the discount and each item."""
        price = LineItem(text=self.name, price=self.list_price, per=self.per)
        if self.discount is None:
            return (price, *self.items)
        discount = LineItem(text=f"Discount of {self.discount}", price=-self.discount.amount, per=self.per)
        return (price, discount, *self.items)

    def __str__(self) -> str:
        once = f" and {self.total_once} once" if self.once else ""
        return f"{self.total} {each(self.per)}{once}"
