"""Approval of discounts above the limit of sales, by the role in the policy."""

from collections.abc import Iterable

from pydantic import Field

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, refuse
from process.decisions.base import mail
from process.decisions.quote_outcomes import OnQuote
from process.decisions.quoting import unapprovable
from process.effects import Effect
from process.lead.lead import Lead
from process.lead.quote import Quote, QuoteStatus
from process.types import FreeText, Role


class OnDiscount(OnQuote, abstract=True):
    """A decision about the discount of the open quote."""

    deciders = frozenset({Role.CONTRACTS})

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        quote = lead.quote
        if quote and quote.awaiting_approval_by:
            return None
        if quote and quote.discount and quote.discount.approved:
            return refuse(
                f"The discount of version {quote.version} was already approved on {quote.discount.settled_on}"
            )
        return refuse("No discount waits for an approval")

    def _settled(self, lead: Lead, event: Event, *, approved: bool, **more: object) -> Lead:
        def settle(quote: Quote) -> Quote:
            if quote.version != self.version or quote.discount is None or not quote.awaiting_approval_by:
                return quote
            settled = {"approved": approved, "settled_on": lead.today(event.at), "settled_by": self.by}
            return quote.replaced(discount=quote.discount.replaced(**settled), **more)

        return lead.replaced(quotes=tuple(settle(quote) for quote in lead.quotes))


class DiscountApproved(OnDiscount):
    """The discount of the open quote is approved, so the quote can be accepted. Nobody approves their own discount."""

    kind = "discount_approved"

    @property
    def needs_authentication(self) -> bool:
        return True

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return unapprovable(lead)

    def apply(self, lead: Lead, event: Event) -> Lead:
        return self._settled(lead, event, approved=True)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "discount_approved", Role.SALES, version=str(self.version))

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"The discount was approved: {_offer(event_log.lead, self.version)}")


class DiscountDeclined(OnDiscount):
    """The discount of the open quote is not approved. The quote is declined; another price can be quoted."""

    kind = "discount_declined"
    example = {"reason": "Ten percent is what their budget needs"}

    reason: FreeText = Field(description="reason, and a discount that would be approved")

    def apply(self, lead: Lead, event: Event) -> Lead:
        reason = f"Discount not approved: {self.reason}"[:10_000]
        return self._settled(lead, event, approved=False, status=QuoteStatus.DECLINED, reason=reason)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "discount_declined", Role.SALES, version=str(self.version), reason=self.reason)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(
            f"The discount was not approved ({self.reason}): {_offer(event_log.lead, self.version)}"
        )


def _offer(lead: Lead, version: int | None) -> str:
    quote = next(quote for quote in lead.quotes if quote.version == version)
    return f"{quote.reduction} off {quote.list_price}, version {quote.version}"
