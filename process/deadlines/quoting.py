"""Deadlines of quotes and of the approval of discounts."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from process.actor import BY_CALENDAR
from process.calendar import add_working_days, end_of, start_of
from process.core.events import BY_DATE, Change, Deadline, Event, EventLog
from process.deadlines.base import Due, Schedules
from process.decisions.base import mail
from process.decisions.quote_outcomes import QuoteExpired
from process.decisions.quoting import ask_for_approval
from process.effects import Effect
from process.lead.lead import Lead
from process.lead.quote import QuoteStatus
from process.types import Role


class QuoteRunningOut(Deadline):
    """Sales is reminded a week before a quote expires."""

    kind = "quote_running_out"
    visible = False
    version: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        quotes = tuple(
            quote.replaced(reminded=True) if quote.version == self.version else quote for quote in lead.quotes
        )
        return lead.replaced(quotes=quotes)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "quote_running_out", Role.SALES, version=str(self.version))

    def summary(self, event_log: EventLog) -> str:
        return f"Version {self.version} of the quote runs out soon"


def _quote(lead: Lead) -> Iterator[Due]:
    quote = lead.quote
    if lead.ended or quote is None or quote.status is not QuoteStatus.OPEN:
        return
    reminder = quote.valid_until - timedelta(days=lead.policy.periods.quote_reminder)
    if not quote.reminded and reminder > quote.quoted_on:
        yield Due(end_of(reminder, lead.zone), QuoteRunningOut(version=quote.version))
    expired = QuoteExpired(version=quote.version, by=BY_CALENDAR, source=BY_DATE)
    yield Due(end_of(quote.valid_until, lead.zone), expired)


class ApprovalReminded(Deadline):
    """The approver of a discount is asked again every three working days."""

    kind = "approval_reminded"
    visible = False
    version: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        today = lead.today(event.at)
        quotes = tuple(
            quote.replaced(discount=quote.discount.replaced(asked_on=today))
            if quote.version == self.version and quote.discount
            else quote
            for quote in lead.quotes
        )
        return lead.replaced(quotes=quotes)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield from ask_for_approval(change)

    def summary(self, event_log: EventLog) -> str:
        return f"The approval of the discount in version {self.version} of the quote was asked for again"


def _approval(lead: Lead) -> Iterator[Due]:
    quote = lead.quote
    if lead.ended or lead.hold or quote is None or quote.discount is None or not quote.asked_approver:
        return
    policy, asked = lead.policy, quote.discount.asked_on
    day = add_working_days(asked or quote.quoted_on, policy.periods.discount_approval, policy.holidays)
    if day <= quote.valid_until:
        # reminders come when a day begins; the first one when a whole day has passed
        when = start_of(day, lead.zone) if asked else end_of(day, lead.zone)
        yield Due(when, ApprovalReminded(version=quote.version))


SCHEDULES: Schedules = {
    QuoteRunningOut.kind: _quote,
    QuoteExpired.kind: _quote,
    ApprovalReminded.kind: _approval,
}
