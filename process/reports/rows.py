"""The rows of which reports are made, as the ledger answers them. Amounts are minor units of one currency."""

from datetime import date, datetime
from typing import NamedTuple

from process.types import Stage
from process.views.lead_row import UnbilledKind


class Days(NamedTuple):
    """Number of spans at a stage that lasted so many days."""

    stage: Stage
    days: int
    spans: int


class Waiting(NamedTuple):
    """Leads that are still at a stage."""

    stage: Stage
    leads: int
    longest_since: datetime
    """Time since which the first of them is there."""


class StageTimes(NamedTuple):
    """Times of leads at the stages that they have left, and the leads that are still at an open one."""

    left: list[Days]
    waiting: list[Waiting]


class Expected(NamedTuple):
    """Money that is expected alike by several leads: the same months and kind."""

    kind: str
    """`contract`, `renewal` or `new`."""
    first: int | None
    """First month, as its year times 12 plus its number from 0; None if it is not known yet."""
    months: int
    spans: int
    month: int
    """Sum for each month."""
    rest: int
    """Sum for the first month in addition."""


class Moved(NamedTuple):
    """Money that events of one kind let expect (`sign` 1), or expect no longer (-1)."""

    sign: int
    event: str
    """Kind of the events; empty if the ledger lacks them."""
    money: Expected


class Outcomes(NamedTuple):
    """First quotes that were decided in a time."""

    signed: int
    lost: int


class Renewals(NamedTuple):
    """Terms that ended in a time, and how many of them were followed by another one."""

    ended: int
    renewed: int


class Losses(NamedTuple):
    """Leads that were lost in a month for one reason, from one stage."""

    reason: str
    before: Stage | None
    """The stage at which they were lost."""
    reopened: bool
    leads: int


class LostMoney(NamedTuple):
    """Money that leads let expect no longer because they were lost in a month for one reason, from one stage."""

    reason: str
    before: Stage | None
    currency: str
    money: Expected


class UnbilledDays(NamedTuple):
    """Days or months of a lead that nobody is billed for."""

    lead_id: str
    number: int
    kind: UnbilledKind
    start: date
    end: date
    currency: str | None
    estimate: int | None


class OpenInvoice(NamedTuple):
    """An invoice that is neither paid nor voided."""

    lead_id: str
    number: int
    currency: str
    total: int
    prepared_on: date | None
    sent_on: date | None
    """None if it is only prepared."""
    overdue: bool


class HubDays(NamedTuple):
    """A running hub without a contract."""

    lead_id: str
    live_on: date
    exception_by: str | None
    """The person who allowed it."""


class AwaitedHub(NamedTuple):
    """A lead that has a contract and still waits for a hub."""

    lead_id: str
    start: date
    """First day of the contract."""
