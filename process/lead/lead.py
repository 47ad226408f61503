"""A lead: everything that is true of it, folded from its events. Data and what follows from it; no rules."""

from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from pydantic import AwareDatetime

from process.behaviour import Behaviour
from process.calendar import DAY, day_of
from process.lead.contract import Contract, Gap, Vendor
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.hub import Hub
from process.lead.invoice import Invoice, Usage
from process.lead.qualification import Qualification, Questionnaire
from process.lead.quote import ACTIVE, Quote, QuoteStatus
from process.money.pricing import BUILT_IN, PriceBook
from process.policy import Policy
from process.types import Line, Link, Model, Role, Stage, Text

Artifact = Literal["issue", "hub issue", "card", "folder"]
"""What a lead has outside, where somebody may change or delete it."""


class Asset(Model):
    """Anything made for the lead: a budget, a statement of work, notes of a meeting."""

    type: str
    name: Line
    url: str | None = None
    on: date


class Hold(Model):
    """Honest waiting: until a date or an event. A held lead is not stale."""

    since: date
    until: date | None = None
    event: Text | None = None


class Loss(Model):
    reason: str
    said_by: str
    note: Text | None = None
    on: date


class Mail(Model):
    """A mail that was sent, and the addresses that it reached."""

    template: str
    recipients: tuple[str, ...]
    message_id: str
    at: AwareDatetime
    reached: dict[Role, tuple[str, ...]]
    """Addresses that it reached, by role."""
    released_role: Role | None = None
    """Role that the recipients were told they no longer have."""


class Assignee(Model):
    """The person who has a role for one lead."""

    person: Line
    login: Line | None = None
    email: Line | None = None

    def is_called(self, name: str) -> bool:
        return name.casefold() in {
            known.casefold() for known in (self.person, self.login, self.email) if known
        }


class Lead(Model):
    """A lead, as its events make it."""

    id: str
    opened_at: AwareDatetime
    progressed_at: AwareDatetime
    """Last human decision, or the end of a hold."""
    stale_on: date | None = None
    last_seq: int = 0

    org: Line
    person: Line
    title: Line
    email: Line | None = None
    reference: Line | None = None
    """The customer's own, for invoices of contracts that have none."""
    billing_address: Text | None = None
    """Where the customer wants invoices to be addressed to, line by line."""
    service: str = "hub"
    zone: str = "UTC"
    policy: Policy = Policy()
    price_books: tuple[PriceBook, ...] = BUILT_IN
    changes: tuple[str, ...] = ()
    """Names of the changes of the process that it has adopted (`process.behaviour`)."""
    team_read_at: AwareDatetime | None = None
    """Start time of the newest settings that this lead has seen."""
    former_addresses: dict[Role, tuple[str, ...]] = {}
    """Earlier mail addresses of each role."""

    originals: tuple[DuplicateLink, ...] = ()
    """Leads that were there before and look like this one, and what was decided about each."""
    duplicates: tuple[DuplicateLink, ...] = ()
    """Leads that may be, or were merged as, duplicates of this one: what they said themselves last."""
    assigned: dict[Role, Assignee] = {}
    """Who has a role for this lead; for one that is not here, whoever is behind it."""
    questionnaire: Questionnaire = Questionnaire()
    qualification: Qualification = Qualification()
    assets: tuple[Asset, ...] = ()
    quotes: tuple[Quote, ...] = ()
    former: tuple[Contract, ...] = ()
    """Contracts that were renewed, oldest first."""
    contract: Contract = Contract()
    """The first one on its way; once signed, the newest that is signed."""
    renewal: Contract = Contract()
    """The next one on its way. The one that runs is left alone until this is signed."""
    vendor: Vendor = Vendor()
    hub: Hub = Hub()
    usage: tuple[Usage, ...] = ()
    usage_asked_on: date | None = None
    """When engineering was last asked for usage that is missing."""
    invoices: tuple[Invoice, ...] = ()
    unsent_asked_on: date | None = None
    """When the contracts team was last asked to send invoices that lie there."""
    hold: Hold | None = None
    resumed_on: date | None = None
    """When it last went on: the hold was over, or it was reopened."""
    lost: Loss | None = None
    closed_on: date | None = None
    archived: bool = False

    issue: Link | None = None
    card: str | None = None
    card_stage: Stage | None = None
    """The stage in whose column we last put the card, as far as we know: elsewhere, a person moved it."""
    folder_id: str | None = None
    folder: Link | None = None
    hub_issue: Link | None = None
    invoice_files: dict[int, str] = {}
    """Invoice number -> id reserved for its file."""
    mails: tuple[Mail, ...] = ()
    drift: dict[Artifact, Line] = {}
    """What somebody changed outside that only a person can put right: where, and what to do."""

    @property
    def behaviour(self) -> Behaviour:
        """The changed rules that the lead follows."""
        return Behaviour(self.changes)

    @property
    def heading(self) -> str:
        """The issue's title (process.md, The lead's issue)."""
        return f"[{self.org} / {self.person}] - {self.title}"

    @property
    def hub_heading(self) -> str:
        """The title of the hub's issue (process.md, The hub's issue)."""
        return f"[Hub] - {self.hub.name or self.org}"

    @property
    def labels(self) -> tuple[str, ...]:
        """What its issue is to have (process.md, The lead's issue)."""
        names = self.policy.labels
        applies = {
            names.lead: True,
            names.hub_service: self.service == "hub",
            names.customer: self.contract.signed_on is not None,
        }
        return tuple(name for name, does in applies.items() if does)

    @property
    def stage(self) -> Stage:
        """Follows from what is true, never set by hand (process.md, Stages)."""
        if self.closed_on:
            return Stage.CLOSED
        if self.lost:
            return Stage.LOST
        if self.contract.signed_on and self.vendor.settled:
            return Stage.HUB if self.hub.live_on else Stage.CONTRACTED
        return Stage.QUOTED if self.quoted else Stage.LEAD

    @property
    def quoted(self) -> bool:
        """Return True if a price was quoted and the decision was not corrected."""
        return any(quote.status is not QuoteStatus.CORRECTED for quote in self.quotes)

    @property
    def ended(self) -> bool:
        return self.stage in (Stage.LOST, Stage.CLOSED)

    @property
    def undecided(self) -> tuple[DuplicateLink, ...]:
        """Leads that this one may be a duplicate of, as long as nobody has decided that. Until then it does not go on."""
        here = {other.lead_id for other in self.duplicates if other.relation is Relation.MERGED}
        open_ = (other for other in self.originals if other.relation is Relation.UNDECIDED)
        return () if self.ended else tuple(other for other in open_ if other.lead_id not in here)

    @property
    def merged_into(self) -> DuplicateLink | None:
        """The lead that goes on with what this one was, if it was a duplicate."""
        return next((other for other in self.originals if other.relation is Relation.MERGED), None)

    @property
    def signed(self) -> tuple[Contract, ...]:
        """All contracts that were signed, oldest first: the lead's terms."""
        return (*self.former, self.contract) if self.contract.signed_on else ()

    @property
    def pending(self) -> Contract:
        """The contract on its way: the first one, or the next renewal."""
        return self.renewal if self.contract.signed_on else self.contract

    @property
    def contracted_on(self) -> date | None:
        """Since when it is contracted: the first contract signed, and the vendor set-up settled."""
        signed = next((contract.signed_on for contract in self.signed), None)
        if signed is None or not self.vendor.settled:
            return None
        return max(signed, self.vendor.settled_on or signed)

    @property
    def awaits_hub(self) -> bool:
        """Return True if a hub is still to come; a no-hub member only pays for membership (process.md)."""
        return self.hub.live_on is None and (self.service == "hub" or self.hub.requested_on is not None)

    def role_with_person(self, role: Role) -> str:
        """Return the role, followed by the person who has it for this lead."""
        known = self.assigned.get(role)
        return f"{role} ({known.person})" if known else str(role)

    @property
    def awaiting_contract_since(self) -> date | None:
        """From which day on the contracts team's silence counts: days on hold, or in which the lead was lost, do not."""
        heard = self.pending.last_news_on
        return heard and max(heard, self.resumed_on or heard)

    def with_pending(self, contract: Contract) -> "Lead":
        return self.replaced(**{"renewal" if self.contract.signed_on else "contract": contract})

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Days before, between and after the terms in which the hub ran: billed by nobody, and nobody said why."""
        live, down = self.hub.live_on, self.hub.decommissioned_on
        if live is None or not self.signed:
            return ()
        found = []
        for number, (one, other) in enumerate(pairwise((None, *self.signed, None))):
            last = other.start - DAY if other and other.start else down
            until = self._billed_until(one) if one else None
            first = until + DAY if until else live
            if last is None or (other.gap_reason if other else one and one.after_reason):
                continue
            first, last = self._unpaid_from(max(first, live)), min(last, down or last)
            if first <= last:
                found.append(Gap(number, first, last))
        return tuple(found)

    def _unpaid_from(self, day: date) -> date:
        """That day, or the first one after the month that has it and is asked for whole: an extension ends within one."""
        for invoice in self.invoices:
            if invoice.is_valid and invoice.index is not None and invoice.period_start <= day:
                day = max(day, invoice.period_end + DAY)
        return day

    def _billed_until(self, contract: Contract) -> date | None:
        """The last day that is paid for: a price that is asked for once has no month by which an extension is billed."""
        quote = self.quote_of(contract)
        return contract.end if quote and quote.per == "once" else contract.term_ends

    def quote_of(self, contract: Contract) -> Quote | None:
        """The quote that a contract was signed on."""
        return next((quote for quote in self.quotes if quote.version == contract.quote), None)

    @property
    def offers(self) -> tuple[Quote, ...]:
        """Active quotes, open or accepted, that no contract was signed on yet."""
        signed = {contract.quote for contract in self.signed}
        return tuple(q for q in self.quotes if q.status in ACTIVE and q.version not in signed)

    @property
    def quote(self) -> Quote | None:
        """The active quote for the contract on its way. There is never more than one."""
        return next(iter(self.offers), None)

    def today(self, now: datetime) -> date:
        return day_of(now, self.zone)

    @property
    def unsent(self) -> tuple[Invoice, ...]:
        """Prepared, and not sent yet."""
        return tuple(invoice for invoice in self.invoices if invoice.is_valid and not invoice.sent_on)

    def invoice(self, number: int) -> Invoice | None:
        return next((invoice for invoice in self.invoices if invoice.number == number), None)

    def invoice_name(self, number: int) -> str:
        """Unique over all leads, without gaps within this one."""
        return f"{self.id.removeprefix('lead-').upper()}-{number:03d}"

    def brief(self, invoice: int | None = None) -> "Lead":
        """What an activity needs to see, which may be about one invoice: not ten years with every chore."""
        newest = len(self.invoices) - 12
        return self.replaced(
            price_books=(),
            invoices=tuple(i for i in self.invoices if i.number > newest or i.number == invoice),
            usage=self.usage[-12:],
            mails=self.mails[-12:],
        )
