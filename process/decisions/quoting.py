"""Quoting a price. At most one quote is active."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationInfo

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, Suggestion, example, give, leave_out, refuse, suggest
from process.decisions.base import Decision, decide_where_known, implausible, mail
from process.effects import Effect, SendMail
from process.effects.reservations import folder_effects
from process.lead.lead import Lead
from process.lead.quote import Discount, Quote, QuoteStatus, each
from process.money.amounts import MAX_AMOUNT, Amount, CurrencyCode, Money, complaint
from process.money.items import Items
from process.money.pricing import Per, Plan, PriceBook
from process.money.reading import number
from process.plain_errors import shown
from process.types import OPEN_STAGES, Coded, FreeText, Role, Stage


def signed(lead: Lead) -> Refused | None:
    """Return the reason to refuse a new price once the contract is signed, or None.

    The vendor set-up may still keep such a lead at `quoted`.
    """
    if lead.contract.signed_on is None or lead.stage is not Stage.QUOTED:
        return None
    if lead.quote:  # the quote of its renewal
        return None
    return refuse(
        f"The contract was signed on {lead.contract.signed_on}, at {lead.quote_of(lead.contract)}",
        suggest("If that was a mistake, correct it", "corrected"),
    )


def too_early_to_renew(lead: Lead, today: date) -> Refused | None:
    """Return the reason to refuse a renewal's quote before the first renewal window, or None."""
    end, days = lead.contract.end, max(lead.policy.periods.renewal_windows, default=0)
    if end is None or lead.contract.lapsed or today >= end - timedelta(days=days):
        return None
    return refuse(
        f"The contract runs until {end}, and its renewal is quoted in the last {days} days",
        f"Quote it from {end - timedelta(days=days)} on",
    )


def _bare_percent(value: Any, info: ValidationInfo) -> Any:
    """Return the value without a percent sign: `10 %` is 10."""
    return number(value.strip().removesuffix("%").rstrip(), info) if isinstance(value, str) else value


Percent = Annotated[
    Decimal, Field(gt=0, lt=100, max_digits=8, decimal_places=4), BeforeValidator(_bare_percent)
]


class PriceQuoted(Decision):
    """An actual price was quoted: bespoke (amount, currency, per), or a plan of a price book.

    A new quote supersedes the one before, and its mail says so. From the first quote on, the contracts team is in the
    conversation.
    While a contract runs, the quote is the price of its renewal; it is possible from the first renewal window on.
    A discount above the limit of sales waits for an approval, and the quote waits with it. It can be approved only if
    it is known who gave it, as on pages to which people sign in or in a comment on GitHub; else nobody is asked, and it
    is to be quoted again there.
    """

    kind = "price_quoted"
    restated_by = "price_quoted"
    irreversible = "If the customer knows this price, only sales can take it back there"
    stages = OPEN_STAGES
    commits = True
    example = {"amount": "12000", "currency": "USD", "per": "year"}
    one_of = (("amount", "currency", "per"), ("book", "plan"))

    amount: Amount | None = Field(
        None, description="the price, such as 12000 or 12000.00; a plan has its own"
    )
    currency: CurrencyCode | None = Field(None, description="its currency, such as USD")
    per: Per | None = Field(None, description="period of the price: a year, a month, or once")
    book: Coded | None = Field(None, description="price book, such as 2026-06")
    plan: Coded | None = Field(None, description="plan in that book, such as Research")
    dedicated_cluster: bool = Field(
        False, description="with a dedicated cluster, where the book has a surcharge"
    )
    item: Items = Field(
        (),
        description='further items, charged once or in each period, as "Training: 2000 once" or "Support: 300"',
    )
    discount_percent: Percent | None = Field(
        None, description="percentage taken off the price (not the items), such as 10"
    )
    discount_amount: Amount | None = Field(
        None, gt=0, description="or the amount taken off the price, such as 1200"
    )
    discount_reason: FreeText | None = Field(None, description="reason for the discount")
    valid_until: date | None = Field(None, description="last day of the offer; by default 30 days from now")

    @classmethod
    def example_for(cls, lead: Lead) -> dict[str, Any]:
        """Return the example, with another price if that one is quoted already."""
        quoted = lead.quote.price.amount if lead.quote else None
        return cls.example | ({"amount": "15000"} if quoted == Decimal(cls.example["amount"]) else {})

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        today = lead.today(now)
        if lead.contract.signed_on and (refusal := too_early_to_renew(lead, today)):
            return signed(lead) or refusal
        if self.valid_until:
            if self.valid_until < today:
                return refuse(
                    f"A quote can't be valid until {self.valid_until}, which has passed",
                    leave_out(("valid_until",), text="or give a later day"),
                )
            if refusal := implausible(self.valid_until, now, name="The last day of the offer"):
                return refusal
        refusal = self._book_complaint(lead) if self.book or self.plan else self._bespoke_complaint()
        refusal = refusal or self._item_complaint(lead) or self._discount_complaint(lead)
        if refusal:
            return refusal
        active, new = lead.quote, self.quote(lead, today)
        if (
            active
            and active.status is QuoteStatus.OPEN
            and _same_offer(active, new)
            and not _vouches(active, new)
        ):
            return refuse(
                f"{new} is already quoted as version {active.version}, valid until {active.valid_until}",
                *((quote_where_known(lead),) if active.lacks_known_giver else ()),
                "Give another last day to prolong it",
            )
        return None

    def _bespoke_complaint(self) -> Refused | None:
        absent = [name for name in ("amount", "currency", "per") if getattr(self, name) is None]
        if absent or self.amount is None or self.currency is None:
            return refuse(
                f"A price needs {' and '.join(', '.join(absent).rsplit(', ', 1))}",
                give(*self.one_of),
                example(self.kind, self.example),
            )
        if self.dedicated_cluster:
            return refuse(
                "The surcharge for a dedicated cluster belongs to a book's plan",
                leave_out(("dedicated_cluster",), text="and let the amount be the whole price"),
            )
        reason = complaint(self.amount, self.currency)
        return refuse(f"That is no price: {reason}") if reason else None

    def _book_complaint(self, lead: Lead) -> Refused | None:
        if not (self.book and self.plan):
            return refuse(
                "A price from a book needs both book and plan",
                give(*reversed(self.one_of)),
            )
        found = self._find(lead)
        if found is None:
            known = "; ".join(
                f"{book.version}: {', '.join(plan.name for plan in book.plans)}" for book in lead.price_books
            )
            return refuse(
                f"There is no plan {shown(self.plan)} in book {shown(self.book)}",
                f"Known are {known}",
                suggest("If the price list changed, read it again", "price_list_requested"),
            )
        book, plan = found
        if self.dedicated_cluster and not book.dedicated_cluster:
            return refuse(
                f"Book {book.version} has no surcharge for a dedicated cluster",
                leave_out(("dedicated_cluster",), ("book", "plan")),
            )
        if (self.currency or book.currency) != book.currency or (self.per or plan.per) != plan.per:
            return refuse(
                f"{plan.name} is priced in {book.currency} per {plan.per}",
                leave_out(("currency", "per"), ("book", "plan")),
            )
        if self.amount is None:
            return None
        if not plan.floor:
            return refuse(
                f"{plan.name} costs {plan.price} in book {book.version}; it takes no other amount",
                leave_out(("book", "plan"), text="for another price"),
            )
        least = book.price(plan, self.dedicated_cluster)
        if reason := complaint(self.amount, book.currency):
            return refuse(f"That is no price: {reason}")
        if self.amount < least.amount:
            return refuse(
                f"{plan.name} starts at {least} in book {book.version}",
                "Give at least that",
                leave_out(("book", "plan"), text="for another price"),
            )
        return None

    def _item_complaint(self, lead: Lead) -> Refused | None:
        price, per = self._listed(lead)
        for item in self.item:
            if reason := item.complaint(price.currency, per):
                return refuse(
                    f"That is no item of this quote: {reason}",
                    f"Write it as “Training: 2000 once”{'' if per == 'once' else f', or for {each(per)}'}",
                )
        if sum((item.amount for item in self.item), start=price.amount) > MAX_AMOUNT:
            return refuse("All together that is larger than any price here", "Check the numbers")
        return None

    def _discount_complaint(self, lead: Lead) -> Refused | None:
        percent, amount = self.discount_percent, self.discount_amount
        if percent is None and amount is None:
            return (
                refuse(
                    "There is a reason for a discount and no discount",
                    give(("discount_percent",), ("discount_amount",)),
                )
                if self.discount_reason
                else None
            )
        if percent is not None and amount is not None:
            return refuse(
                "A discount is a share or an amount, not both",
                leave_out(("discount_percent",), ("discount_amount",)),
            )
        if self.discount_reason is None:
            return refuse("A discount needs a reason", give(("discount_reason",)))
        price, per = self._listed(lead)
        if amount is not None and (reason := complaint(amount, price.currency)):
            return refuse(f"That is no discount: {reason}")
        off = self._off(price)
        if not 0 < off.amount < price.amount:
            return refuse(
                f"A discount of {off} on {price} {each(per)} leaves no price"
                if off.amount
                else f"A discount of {percent} % on {price} comes to nothing",
                "Give another discount",
            )
        return None

    def _off(self, price: Money) -> Money:
        """Return the amount that the discount takes off this list price."""
        if self.discount_percent is not None:
            return price.times(self.discount_percent / 100).rounded()
        return Money(amount=self.discount_amount or Decimal(0), currency=price.currency)

    def _discount(self, lead: Lead, price: Money, today: date) -> Discount | None:
        """Return the discount on this list price, with the role that must approve it, or None."""
        off, rule = self._off(price), lead.policy.discounts
        if not off.amount or not self.discount_reason:
            return None
        percent = self.discount_percent
        needs_approval = (
            percent > rule.without_approval
            if percent is not None
            else off.amount * 100 > price.amount * rule.without_approval
        )
        return Discount(
            amount=off,
            percent=percent,
            reason=self.discount_reason,
            by=self.by,
            actor=self.actor,
            approver=rule.approver if needs_approval else None,
        )

    def _listed(self, lead: Lead) -> tuple[Money, Per]:
        """Return the price before any discount, and its period."""
        found = self._find(lead)
        if found is None:
            return Money(
                amount=self.amount or Decimal(0), currency=self.currency or "USD"
            ), self.per or "year"
        book, plan = found
        if self.amount is not None:
            return Money(amount=self.amount, currency=book.currency), plan.per
        return book.price(plan, self.dedicated_cluster), plan.per

    def _find(self, lead: Lead) -> tuple[PriceBook, Plan] | None:
        for book in lead.price_books:
            if book.version == self.book and (plan := book.plan(self.plan or "")):
                return book, plan
        return None

    def quote(self, lead: Lead, today: date) -> Quote:
        """Return the quote that the decision makes for the lead, with the price book's figures copied in."""
        price, per = self._listed(lead)
        discount, found = self._discount(lead, price, today), self._find(lead)
        quote = Quote(
            version=len(lead.quotes) + 1,
            price=price - discount.amount if discount else price,
            per=per,
            valid_until=self.valid_until or today + timedelta(days=lead.policy.periods.quote_validity),
            quoted_on=today,
            items=tuple(item.line(price.currency, per) for item in self.item),
            discount=discount,
        )
        if found is None:
            return quote
        book, plan = found
        of_book = {
            "book": book.version,
            "plan": plan.name,
            "dedicated_cluster": self.dedicated_cluster,
            "tiers": book.tiers,
        }
        return quote.replaced(**of_book)

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        quote = self.quote(event_log.lead, event_log.lead.today(now))
        items = tuple(
            item.replaced(currency=line.price.currency, per=line.per)
            for item, line in zip(self.item, quote.items, strict=True)
        )
        return self.replaced(valid_until=quote.valid_until, item=items)

    def withdrawn(self, lead: Lead, event: Event) -> Lead:
        quote = self.quote(lead, lead.today(event.at))
        undone = quote.replaced(status=QuoteStatus.CORRECTED)
        return lead.replaced(quotes=(*lead.quotes, undone))

    def apply(self, lead: Lead, event: Event) -> Lead:
        older = tuple(
            quote.replaced(status=QuoteStatus.SUPERSEDED) if quote in lead.offers else quote
            for quote in lead.quotes
        )
        quotes = (*older, self.quote(lead, lead.today(event.at)))
        return lead.replaced(quotes=quotes, folder_wanted=True)

    def follow_ups(self, event_log: EventLog) -> tuple[Suggestion, ...]:
        hopeless = unapprovable(event_log.lead)
        return (Suggestion(text=hopeless.reason), *hopeless.suggestions) if hopeless else ()

    def effects(self, change: Change) -> Iterable[Effect]:
        if not change.before.quoted:  # the contracts team joins at the first actual price (seed)
            yield from folder_effects(change)
        replaced = _replaced(change.before)
        if change.before.quoted and replaced is None:
            yield from ask_for_approval(change)
            return
        fields = {"version": str(change.after.quotes[-1].version)}
        fields |= {"replaces": str(replaced.version)} if replaced else {}
        yield mail(change, "price_quoted", Role.CONTRACTS).replaced(fields=fields)
        if replaced and (former := _former_readers(change.before)):
            yield SendMail(
                key=change.key("price_quoted-former"),
                cause=change.event.seq,
                template="price_quoted",
                addresses=former,
                fields=fields,
            )
        yield from ask_for_approval(change)

    def summary(self, event_log: EventLog) -> str:
        quote = event_log.lead.quotes[-1]
        source = f"{quote.plan} of book {quote.book}" if quote.book else "bespoke"
        renewal = " for the renewal" if event_log.lead.contract.signed_on else ""
        made_of = f" ({'; '.join(str(line) for line in quote.lines)})" if len(quote.lines) > 1 else ""
        until = f"version {quote.version}, valid until {quote.valid_until}"
        why = f", discount because: {quote.discount.reason}" if quote.discount else ""
        waits = f"; it {quote.status_text}" if quote.awaiting_approval_by else ""
        return self.with_note(f"Quoted {quote}{renewal}, {source}{made_of}, {until}{why}{waits}")


def _replaced(lead: Lead) -> Quote | None:
    """Return the quote whose place a new one takes: the active one, or one that was mailed and then corrected."""
    if lead.quoted or not any(mail.template == "price_quoted" for mail in lead.mails):
        return lead.quote
    return lead.quotes[-1]


def _former_readers(lead: Lead) -> tuple[str, ...]:
    """Return the addresses that got a mail about a price and have left the contracts team since."""
    former = set(lead.former_addresses.get(Role.CONTRACTS, ()))
    former -= set(lead.policy.addresses.get(Role.CONTRACTS, ()))
    reached = (to for mail in lead.mails if mail.template == "price_quoted" for to in mail.recipients)
    return tuple(dict.fromkeys(address for address in reached if address in former))


def ask_for_approval(change: Change) -> Iterable[Effect]:
    """Mail the role that must approve the active quote's discount, if one must and can."""
    quote = change.after.quote
    if quote and quote.asked_approver:
        yield mail(change, "discount_approval", quote.asked_approver, version=str(quote.version))


def quote_where_known(lead: Lead) -> Suggestion:
    """Return the suggestion that whoever gives the discount quotes it again where the service knows the person."""
    text = "Whoever gives the discount quotes it again where the service knows them"
    return decide_where_known(lead, text, "price_quoted")


def unapprovable(lead: Lead) -> Refused | None:
    """Return the reason why nobody can approve the active quote's discount, with what would help, or None."""
    if lead.quote is None or not lead.quote.lacks_known_giver:
        return None
    return refuse(
        "Nobody can approve this discount, because it is not known who gave it",
        quote_where_known(lead),
        suggest("Or quote without it", "price_quoted"),
    )


def _vouches(active: Quote, new: Quote) -> bool:
    """Return True if it is known now who gives the discount, and was not before: then it can be approved."""
    before, now = active.discount, new.discount
    return bool(active.awaiting_approval_by and before and now and now.is_vouched and not before.is_vouched)


def _same_offer(one: Quote, other: Quote) -> bool:
    compared = ("price", "list_price", "per", "items", "book", "plan", "dedicated_cluster", "valid_until")
    return all(getattr(one, name) == getattr(other, name) for name in compared)
