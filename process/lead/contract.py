"""The contract track and the vendor track, which run side by side (process.md, Stages)."""

from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from process.types import Line, Model, Text


class Contract(Model):
    """The contract track: with the contracts team, acknowledged, signed; then its term. A renewal is one of its own."""

    handed_over_on: date | None = None
    handovers: int = 0
    acknowledged_on: date | None = None
    acknowledged_by: Line | None = None
    due: date | None = None
    """Day by which it is to be signed."""
    overdue: bool = False
    news_on: date | None = None
    """Day of the contracts team's last news."""
    reminded: bool = False
    escalated: bool = False
    state: str | None = None
    """How far it is with the contracts team, since `state_on`."""
    state_on: date | None = None
    quote: int | None = None
    """Version of the quote that it was signed on."""
    signed_on: date | None = None
    recorded_on: date | None = None
    """When that was recorded, where it was later."""
    signed_by: Line | None = None
    evidence: Text | None = None
    evidence_kind: str | None = None
    billing: Literal["monthly", "yearly"] = "monthly"
    start: date | None = None
    end: date | None = None
    extended_until: date | None = None
    reference: Line | None = None
    """The customer's own, as the number of their purchase order, for its invoices."""
    windows: tuple[int, ...] = ()
    """Renewal windows that have opened, in days before the end."""
    renewal_due: bool = False
    """Its renewal was to have a price by now, and had none."""
    lapsed: bool = False
    decision_due: bool = False
    gap_reason: Text | None = None
    """Why the days between the term before, or the hub's first day, and this one stay unbilled."""
    after_reason: Text | None = None
    """Why the days after it stay unbilled."""

    @property
    def last_news_on(self) -> date | None:
        """When the contracts team was last heard of, or else got it."""
        days = (self.news_on, self.state_on, self.acknowledged_on, self.handed_over_on)
        return next((day for day in days if day), None)

    def with_deadlines_reset(self) -> Self:
        """With nothing of what the calendar had said of a term under it before, which was corrected."""
        said = {"windows": (), "renewal_due": False, "lapsed": False, "decision_due": False}
        return self.replaced(**said)

    @property
    def known_on(self) -> date | None:
        """Since when its dates are known: none that had passed by then comes by the calendar."""
        return self.recorded_on or self.signed_on

    @property
    def term_ends(self) -> date | None:
        """The last day that is covered: the contract's, or that of its latest extension."""
        return max((day for day in (self.end, self.extended_until) if day), default=None)


class Gap(NamedTuple):
    """Days that no term has, before the term `before` (its place among the signed ones, from 0), or after the last."""

    term_index: int
    start: date
    end: date


class VendorStatus(StrEnum):
    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    NOT_NEEDED = "not needed"


VENDOR_FORMS = ("asked for", "sent", "accepted")
"""What happens to the customer's forms, in its order."""


class Vendor(Model):
    """Setting ourselves up as a vendor in the customer's system: a track of its own."""

    status: VendorStatus = VendorStatus.OPEN
    number: Line | None = None
    forms: dict[str, date] = {}
    """Which step with the customer's forms was done when."""
    settled_on: date | None = None

    @property
    def settled(self) -> bool:
        return self.status in (VendorStatus.DONE, VendorStatus.NOT_NEEDED)

    @property
    def latest(self) -> str:
        """The newest step with the customer's forms, to follow other words; empty if there was none."""
        step, day = max(reversed(self.forms.items()), key=lambda item: item[1], default=("", None))
        return f", forms {step} on {day}" if day else ""
