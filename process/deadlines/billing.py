"""Deadlines of invoices and of the usage that they bill."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Self

from dateutil.relativedelta import relativedelta

from process.calendar import end_of, start_of
from process.core.events import Change, Deadline, Event, EventLog
from process.deadlines.base import Due, Schedules
from process.decisions.base import mail
from process.effects import Effect
from process.effects.reservations import id_effects, prepare_invoice
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.money.billing import BILLED, make_invoice, next_draft
from process.money.usage import missing_usage, next_usage
from process.types import Code, Role


class InvoiceDue(Deadline):
    """The next invoice is prepared, with its period's fixed fee and the usage and cloud cost of earlier months.

    The contracts team, which sends it, gets one mail about it once its file is there.
    """

    kind = "invoice_due"
    number: int
    invoice: Invoice | None = None

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        lead = event_log.lead
        draft = next_draft(lead)
        return self.replaced(invoice=make_invoice(lead, draft, lead.today(now)) if draft else None)

    def apply(self, lead: Lead, event: Event) -> Lead:
        if self.invoice is None:
            return lead
        months = self.invoice.usage_months
        usage = tuple(
            month.replaced(invoice_number=self.number) if month.month in months else month
            for month in lead.usage
        )
        return lead.replaced(invoices=(*lead.invoices, self.invoice), usage=usage)

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.number in change.after.invoice_files:
            yield prepare_invoice(change, self.number)
        yield mail(change, "invoice", Role.CONTRACTS, number=str(self.number))
        yield from id_effects(change)

    def summary(self, event_log: EventLog) -> str:
        invoice = self.invoice
        if invoice is None:
            return f"Invoice {self.number} is due"
        missing = (
            f"; usage not reported for {', '.join(invoice.missing_usage)}" if invoice.missing_usage else ""
        )
        return (
            f"Invoice {self.number} is due: {invoice.total} for {invoice.period_start} to "
            f"{invoice.period_end}{missing}"
        )


class InvoiceOverdue(Deadline):
    """An invoice is still unpaid 60 days after it was sent."""

    kind = "invoice_overdue"
    number: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        # an invoice whose sending was corrected is not owed
        invoices = tuple(
            invoice.replaced(overdue=True) if invoice.number == self.number and invoice.owed else invoice
            for invoice in lead.invoices
        )
        return lead.replaced(invoices=invoices)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "invoice_overdue", Role.CONTRACTS, number=str(self.number))

    def summary(self, event_log: EventLog) -> str:
        return f"Invoice {self.number} is overdue"


class InvoicesUnsent(Deadline):
    """The contracts team is asked every two weeks to send the invoices that were prepared."""

    kind = "invoices_unsent"
    visible = False
    numbers: tuple[int, ...] = ()

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        lead = event_log.lead
        latest = lead.today(now) - timedelta(days=lead.policy.periods.invoice_unsent)
        unsent = tuple(invoice.number for invoice in lead.unsent if invoice.prepared_on <= latest)
        return self.replaced(numbers=unsent)

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(unsent_asked_on=lead.today(event.at))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "invoices_unsent", Role.CONTRACTS, numbers=self._numbers)

    def summary(self, event_log: EventLog) -> str:
        return f"The contracts team was asked to send invoice {self._numbers}"

    @property
    def _numbers(self) -> str:
        return ", ".join(str(number) for number in self.numbers)


class UsageMissing(Deadline):
    """Engineering is asked, then weekly, for the usage of past months that nobody has reported."""

    kind = "usage_missing"
    visible = False
    months: tuple[Code, ...] = ()

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        lead = event_log.lead
        grace = timedelta(days=lead.policy.periods.usage_reminder)
        return self.replaced(months=missing_usage(lead, lead.today(now) - grace))

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(usage_asked_on=lead.today(event.at))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "usage_missing", Role.ENGINEERING, months=", ".join(self.months))

    def summary(self, event_log: EventLog) -> str:
        return f"Engineering was asked for the usage of {', '.join(self.months)}"


def _usage(lead: Lead) -> Iterator[Due]:
    if lead.archived or lead.stage not in BILLED:
        return
    if month := next_usage(lead):
        day = date.fromisoformat(f"{month}-01") + relativedelta(
            months=1, days=lead.policy.periods.usage_reminder
        )
        if lead.usage_asked_on:
            day = max(day, lead.usage_asked_on + timedelta(days=7))
        yield Due(start_of(day, lead.zone), UsageMissing())


def _unsent(lead: Lead) -> Iterator[Due]:
    if lead.archived or not lead.unsent:
        return
    days = timedelta(days=lead.policy.periods.invoice_unsent)
    oldest = min(invoice.prepared_on for invoice in lead.unsent)
    day = max(oldest, lead.unsent_asked_on or oldest) + days
    yield Due(start_of(day, lead.zone), InvoicesUnsent())


def _invoices(lead: Lead) -> Iterator[Due]:
    if (draft := next_draft(lead)) is not None:
        yield Due(start_of(draft.due_on, lead.zone), InvoiceDue(number=draft.number))
    for invoice in lead.invoices:
        if invoice.owed and invoice.sent_on and not invoice.overdue:
            day = invoice.sent_on + timedelta(days=lead.policy.periods.invoice_overdue)
            yield Due(end_of(day, lead.zone), InvoiceOverdue(number=invoice.number))


SCHEDULES: Schedules = {
    UsageMissing.kind: _usage,
    InvoicesUnsent.kind: _unsent,
    InvoiceDue.kind: _invoices,
    InvoiceOverdue.kind: _invoices,
}
