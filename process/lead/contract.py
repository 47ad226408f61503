"""The contract track and the vendor track, which run in parallel (process.md, Stages)."""

from datetime import date
from enum import StrEnum
from typing import Literal, NamedTuple, Self

from process.types import Code, FreeText, Model, PersonName, Title


class Contract(Model):
    """A contract, from the hand-over to the end of its term. A renewal is a contract of its own."""

    handed_over_on: date | None = None
    handovers: int = 0
    acknowledged_on: date | None = None
    acknowledged_by: PersonName | None = None
    due: date | None = None
    """Day by which it should be signed."""
    overdue: bool = False
    news_on: date | None = None
    """Day of the latest news from the contracts team."""
    reminded: bool = False
    escalated: bool = False
    state: Code | None = None
    """Progress at the contracts team, as reported on `state_on`."""
    state_on: date | None = None
    quote: int | None = None
    """Version of the quote that was signed."""
    signed_on: date | None = None
    recorded_on: date | None = None
    """Day on which the signature was recorded, if that was after `signed_on`."""
    signed_by: PersonName | None = None
    evidence: FreeText | None = None
    evidence_kind: Code | None = None
    billing: Literal["monthly", "yearly"] = "monthly"
    start: date | None = None
    end: date | None = None
    extended_until: date | None = None
    reference: Title | None = None
    """The customer's reference for its invoices, such as a purchase order number."""
    windows: tuple[int, ...] = ()
    """Renewal windows that have opened, as days before the end of the contract."""
    renewal_due: bool = False
    """True if the day came by which its renewal needed a price, and it had none."""
    lapsed: bool = False
    decision_due: bool = False
    gap_reason: FreeText | None = None
    """Reason why the days between the previous term (or the hub's first day) and this one stay unbilled."""
    after_reason: FreeText | None = None
    """Reason why the days after its term stay unbilled."""

    @property
    def last_news_on(self) -> date | None:
        """Day of the latest sign of life from the contracts team, at the earliest the hand-over."""
        days = (self.news_on, self.state_on, self.acknowledged_on, self.handed_over_on)
        return next((day for day in days if day), None)

    def with_deadlines_reset(self) -> Self:
        """Forget which deadlines of its term have passed, because that term was corrected."""
        return self.replaced(windows=(), renewal_due=False, lapsed=False, decision_due=False)

    @property
    def known_on(self) -> date | None:
        """Day from which its dates are known. Deadlines up to that day are skipped."""
        return self.recorded_on or self.signed_on

    @property
    def term_ends(self) -> date | None:
        """Last day of the service: the end of the contract or of its latest extension."""
        if self.end and self.extended_until:
            return max(self.end, self.extended_until)
        return self.end or self.extended_until


class Gap(NamedTuple):
    """Days outside all terms: before the term `term_index` (from 0), or after the last one."""

    term_index: int
    start: date
    end: date


class VendorStatus(StrEnum):
    """The progress of our registration as a vendor."""

    OPEN = "open"
    STARTED = "started"
    DONE = "done"
    NOT_NEEDED = "not needed"


VENDOR_FORMS = ("asked for", "sent", "accepted")
"""Steps with the customer's forms, in their order."""


class Vendor(Model):
    """Our registration as a vendor in the customer's system, a track beside the contract."""

    status: VendorStatus = VendorStatus.OPEN
    number: Title | None = None
    forms: dict[Code, date] = {}
    """Step with the customer's forms -> day on which it was done."""
    settled_on: date | None = None

    @property
    def settled(self) -> bool:
        """True if the registration is done or not needed."""
        return self.status in (VendorStatus.DONE, VendorStatus.NOT_NEEDED)

    @property
    def latest(self) -> str:
        """The newest step with the customer's forms, as text to append; empty if there was none."""
        step, day = max(reversed(self.forms.items()), key=lambda item: item[1], default=("", None))
        return f", forms {step} on {day}" if day else ""
