"""Usage and invoices. The contracts and administration team sends them."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, refuse, suggest
from process.decisions.base import Decision, mail
from process.effects import Effect
from process.lead.invoice import Usage
from process.lead.lead import Lead
from process.money.amounts import Amount, Count, CurrencyCode, Money, complaint
from process.money.billing import BILLED
from process.money.terms import agreed, priced_by
from process.types import Code, FreeText, Role, Stage

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def _month(value: str) -> str:
    if not _MONTH.fullmatch(value):
        raise PydanticCustomError("month", "write the month as 2026-07")
    return value


Month = Annotated[Code, AfterValidator(_month)]


class UsageReported(Decision):
    """The monthly active users and the cloud provider's bill of one month. The bill is passed on without markup."""

    kind = "usage_reported"
    deciders = frozenset({Role.ENGINEERING, Role.CONTRACTS})
    stages = BILLED
    too_early = refuse(
        "Nothing is billed before the contract is signed and the vendor set-up settled",
        suggest("Record the signature", "contract_signed"),
        suggest("Record that the vendor set-up is done", "vendor_setup_done"),
        suggest("Or that none is needed", "vendor_setup_not_needed"),
    )
    example = {"month": "2026-07", "active_users": 280, "cloud_cost": "412.07", "currency": "USD"}

    month: Month = Field(description="the calendar month, such as 2026-07")
    active_users: Count = Field(ge=0, le=100_000_000, description="monthly active users")
    cloud_cost: Amount = Field(Decimal(0), ge=0, description="the cloud provider's bill for the month")
    currency: CurrencyCode | None = Field(None, description="its currency; must be that of the contract")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return None if agreed(lead) else cls.too_early

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        quote = priced_by(lead, self.month)
        if quote is None:
            return self.too_early
        if self.month > f"{lead.today(now):%Y-%m}":
            return refuse(f"{self.month} has not come yet", "Report it when it is over")
        if lead.hub.live_on is None or self.month < f"{lead.hub.live_on:%Y-%m}":
            return refuse(f"No hub of this lead was live in {self.month}")
        down = lead.hub.decommissioned_on
        if down and self.active_users and self.month > f"{down:%Y-%m}":
            return refuse(
                f"The hub was taken down on {down}, so nobody used it in {self.month}",
                "If the cloud still cost something, report that with 0 active users",
            )
        if self.currency and self.currency != quote.price.currency:
            return refuse(
                f"The contract is in {quote.price.currency}, not {self.currency}",
                f"Give the cost in {quote.price.currency}",
            )
        if self.cloud_cost and (reason := complaint(self.cloud_cost, quote.price.currency)):
            return refuse(f"That is no cost: {reason}")
        known = next((usage for usage in lead.usage if usage.month == self.month), None)
        # An invoice stands even if the usage that it bills was corrected.
        if invoice := next((i for i in lead.invoices if self.month in i.usage_months and i.is_valid), None):
            return refuse(
                f"The usage of {self.month} is already billed, on invoice {invoice.number}",
                "Settle the difference with the contracts team"
                if invoice.paid_on
                else suggest(
                    "Void that invoice and report this before the next one is due, a day later",
                    "invoice_voided",
                    number=invoice.number,
                ),
            )
        if known and (known.active_users, known.cloud_cost) == (self.active_users, self.cloud_cost):
            return refuse(f"The usage of {self.month} is already reported")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        others = [usage for usage in lead.usage if usage.month != self.month]
        usage = Usage(month=self.month, active_users=self.active_users, cloud_cost=self.cloud_cost)
        return lead.replaced(usage=tuple(sorted([*others, usage], key=lambda usage: usage.month)))

    def summary(self, event_log: EventLog) -> str:
        quote = priced_by(event_log.lead, self.month)
        cost = Money(amount=self.cloud_cost, currency=quote.price.currency) if quote else self.cloud_cost
        return self.with_note(f"Usage of {self.month}: {self.active_users} active users, cloud cost {cost}")


class OnInvoice(Decision, abstract=True):
    """A decision about one of the lead's invoices."""

    deciders = frozenset({Role.CONTRACTS})
    stages = BILLED | {Stage.LOST}
    too_early = refuse("No invoice has been prepared yet; that happens by itself when one is due")

    _done: ClassVar[str] = ""
    number: Count = Field(ge=1, le=1_000_000, description="number of the invoice within the lead, from 1")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return None if lead.invoices else cls.too_early

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        if lead.invoice(self.number) is None:
            return refuse(
                f"There is no invoice {self.number}",
                f"The newest is {len(lead.invoices)}" if lead.invoices else "",
            )
        if (invoice := lead.invoice(self.number)) and invoice.voided_on:
            return refuse(f"Invoice {self.number} was voided on {invoice.voided_on}")
        return None

    def _on_its_day(
        self, lead: Lead, now: datetime, on: date | None, earliest: date | None
    ) -> Refused | None:
        """Return the reason to refuse this day, or None."""
        if on and on > lead.today(now):
            return refuse(f"{on} has not come yet", "Record it when it is done")
        if on and earliest and on < earliest:
            return refuse(
                f"Invoice {self.number} can't have been {self._done} on {on}, before {earliest}",
                "Check the day, or leave it out for today",
            )
        return None

    def _with(self, lead: Lead, **update: object) -> Lead:
        invoices = tuple(
            invoice.replaced(**update) if invoice.number == self.number else invoice
            for invoice in lead.invoices
        )
        return lead.replaced(invoices=invoices)


class InvoiceSent(OnInvoice):
    """The contracts and administration team sent an invoice. It is overdue if it is unpaid after 60 days."""

    kind = "invoice_sent"
    irreversible = (
        "An invoice that the customer has got is still with them: the contracts team is to write to them"
    )
    example = {"number": 1}
    _done = "sent"

    on: date | None = Field(None, description="the day on which it was sent; by default today")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if refusal := super().check(event_log, now):
            return refusal
        invoice = event_log.lead.invoice(self.number)
        if invoice and invoice.sent_on:
            return refuse(f"Invoice {self.number} was already sent on {invoice.sent_on}")
        return self._on_its_day(event_log.lead, now, self.on, invoice.prepared_on if invoice else None)

    def apply(self, lead: Lead, event: Event) -> Lead:
        return self._with(lead, sent_on=self.on or lead.today(event.at))

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Invoice {self.number} was sent{f' on {self.on}' if self.on else ''}")


class InvoicePaid(OnInvoice):
    """The customer paid an invoice."""

    kind = "invoice_paid"
    example = {"number": 1}
    _done = "paid"

    on: date | None = Field(None, description="the day on which it was paid; by default today")
    reference: FreeText | None = Field(None, description="the payment's reference")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if refusal := super().check(event_log, now):
            return refusal
        invoice = event_log.lead.invoice(self.number)
        if invoice and invoice.paid_on:
            return refuse(f"Invoice {self.number} was already paid on {invoice.paid_on}")
        if invoice and invoice.sent_on is None:
            return refuse(
                f"Invoice {self.number} was not sent yet", suggest("Record that first", "invoice_sent")
            )
        return self._on_its_day(event_log.lead, now, self.on, invoice.sent_on if invoice else None)

    def apply(self, lead: Lead, event: Event) -> Lead:
        return self._with(lead, paid_on=self.on or lead.today(event.at), overdue=False)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Invoice {self.number} was paid{f' on {self.on}' if self.on else ''}")


class InvoiceVoided(OnInvoice):
    """An invoice was wrong and is cancelled. It keeps its number; the same days are billed again on the next day.

    Until then, correct the cause: report the usage again, or correct the decision that led to it.
    """

    kind = "invoice_voided"
    example = {"number": 1, "reason": "The price was another"}

    reason: FreeText = Field(description="reason why it was wrong")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if refusal := super().check(event_log, now):
            return refusal
        if (invoice := event_log.lead.invoice(self.number)) and invoice.paid_on:
            return refuse(
                f"Invoice {self.number} was paid on {invoice.paid_on}",
                "Settle the difference with the contracts team",
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        usage = tuple(
            month.replaced(invoice_number=None) if month.invoice_number == self.number else month
            for month in lead.usage
        )
        voided = self._with(lead, voided_on=lead.today(event.at), void_reason=self.reason, overdue=False)
        return voided.replaced(usage=usage)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "invoice_voided", Role.CONTRACTS, number=str(self.number), reason=self.reason)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Invoice {self.number} was taken back: {self.reason}")
