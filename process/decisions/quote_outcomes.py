"""Outcomes of the active quote: accepted, declined or expired."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field

from process.calendar import end_of
from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, leave_out, refuse, suggest
from process.decisions.base import Decision, mail
from process.decisions.quoting import PriceQuoted, signed, unapprovable
from process.effects import Effect
from process.lead.lead import Lead
from process.lead.quote import ACTIVE, QuoteStatus
from process.money.amounts import Count
from process.types import OPEN_STAGES, FreeText, PersonName, Role

NO_QUOTE = refuse("No quote is open", suggest("Quote a price first", "price_quoted"))


class OnQuote(Decision, abstract=True):
    """A decision about the active quote."""

    stages = OPEN_STAGES
    in_time: ClassVar[bool] = False
    """True if it counts when it was said before the quote expired and arrived later."""

    version: Count | None = Field(
        None, ge=1, le=1_000_000, description="version of the quote; by default the active one"
    )

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead) or signed(lead):
            return refusal
        if lead.quote is None:
            if lead.quotes and lead.quotes[-1].status is QuoteStatus.EXPIRED:
                return refuse(
                    f"Version {lead.quotes[-1].version} expired on {lead.quotes[-1].valid_until}",
                    suggest("Quote a price again", "price_quoted"),
                )
            return NO_QUOTE
        return None

    def as_said(self, event_log: EventLog, now: datetime) -> EventLog:
        """Return the log with the newest quote open again, if it expired by date after this was said."""
        lead, moment = event_log.lead, self.moment(now)
        newest = lead.quotes[-1] if lead.quotes else None
        if not self.in_time or moment == now or lead.quote or newest is None:
            return event_log
        if newest.status is not QuoteStatus.EXPIRED or moment >= end_of(newest.valid_until, lead.zone):
            return event_log
        by_date = [
            fact.is_by_date for _, fact in event_log.recorded(QuoteExpired) if fact.version == newest.version
        ]
        if not by_date or not by_date[-1]:
            return event_log
        opened = newest.replaced(status=QuoteStatus.OPEN)
        return event_log.replaced(lead=lead.replaced(quotes=(*lead.quotes[:-1], opened)))

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        active = event_log.lead.quote
        quoted = [*event_log.recorded(PriceQuoted)] if self.said_at else []
        if active and quoted and self._was_said_before(*quoted[-1], now):
            return refuse(
                f"That was said before version {active.version} ({active}) was quoted",
                "If it is meant for that version, say it again",
            )
        if active and self.version not in (None, active.version):
            return refuse(
                f"Version {self.version} is not the active quote; version {active.version} ({active}) is",
                leave_out(("version",), text="or give the active one"),
            )
        return None

    def _was_said_before(self, event: Event, quoted: PriceQuoted, now: datetime) -> bool:
        """Return True if the answer was said before the price, and not in the comment that quotes it."""
        comment = (self.key or "").rpartition("/")[0]
        together = bool(comment) and (quoted.key or "").startswith(f"{comment}/")
        return now < quoted.moment(event.at) and not together

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        return self.replaced(version=event_log.lead.quote.version if event_log.lead.quote else self.version)

    @property
    def _judged(self) -> frozenset[QuoteStatus]:
        """The statuses of the quote that the decision changes, as `as_said` has allowed it."""
        return ACTIVE | {QuoteStatus.EXPIRED} if self.in_time and self.said_at else ACTIVE

    def _with(self, lead: Lead, status: QuoteStatus, **more: str | None) -> Lead:
        quotes = tuple(
            quote.replaced(status=status, **more)
            if quote.version == self.version and quote.status in self._judged
            else quote
            for quote in lead.quotes
        )
        return lead.replaced(quotes=quotes)


class QuoteAccepted(OnQuote):
    """The customer agreed to the price. They have not signed: the contract comes next."""

    kind = "quote_accepted"
    by_link = True
    commits = True
    in_time = True

    accepted_by: PersonName | None = Field(None, description="person of the customer who agreed")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.quote and lead.quote.status is QuoteStatus.ACCEPTED:
            return refuse(
                f"Version {lead.quote.version} is already accepted",
                suggest("Hand the contract over next", "contract_handed_over"),
            )
        if hopeless := unapprovable(lead):
            return hopeless
        if lead.quote and lead.quote.awaiting_approval_by:
            return refuse(
                f"Version {lead.quote.version} has a discount of {lead.quote.reduction}, and "
                f"{lead.role_with_person(lead.quote.awaiting_approval_by)} has not approved it",
                suggest("Have that done first", "discount_approved"),
                suggest("Or quote without it", "price_quoted"),
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        return self._with(lead, QuoteStatus.ACCEPTED, accepted_by=self.accepted_by)

    def summary(self, event_log: EventLog) -> str:
        who = f" by {self.accepted_by}" if self.accepted_by else ""
        return self.with_note(f"The quote was accepted{who}: {event_log.lead.quote}")


class QuoteDeclined(OnQuote):
    """The customer declined the price or withdrew their agreement. Quote another one, or record the lead as lost."""

    kind = "quote_declined"
    by_link = True
    in_time = True
    reason: FreeText | None = Field(None, description="reason, as the customer gave it")

    def apply(self, lead: Lead, event: Event) -> Lead:
        return self._with(lead, QuoteStatus.DECLINED, reason=self.reason)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("The quote was declined" + (f" ({self.reason})" if self.reason else ""))


class QuoteExpired(OnQuote):
    """The quote is over. This happens by itself at the end of its last day; an accepted quote never expires."""

    kind = "quote_expired"

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.quote and lead.quote.status is QuoteStatus.ACCEPTED:
            return refuse(
                "An accepted quote does not expire",
                suggest("If they withdrew, record that", "quote_declined"),
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        return self._with(lead, QuoteStatus.EXPIRED)

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.is_by_date:
            yield mail(change, "quote_expired", Role.SALES, version=str(self.version))

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Version {self.version} of the quote expired")
