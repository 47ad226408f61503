"""A lead: everything that is true of it, folded from its events. Data and what follows from it; no rules."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from dateutil.relativedelta import relativedelta
from pydantic import AwareDatetime

from process.changes import RELEASE_0_2
from process.days import day_of
from process.model import Line, Model, Role, Stage, Text
from process.money import Money
from process.policy import Policy
from process.pricing import BUILT_IN, PriceBook
from process.quote import ACTIVE, Quote, QuoteStatus
from process.relatives import Relation, Relative

DAY = timedelta(days=1)


class Link(Model):
    """Where something of this lead stands outside: its own id there, and the address a person opens."""

    id: str
    url: str = ""
    home: str = ""
    """Where somebody moved it: an issue's repository, a folder's parent. Else it is where the settings say."""
    name: str = ""
    """What a folder was called when we looked last."""


Place = Literal["issue", "hub issue", "card", "folder"]
"""What a lead has outside, where somebody may change or delete it."""


class Questionnaire(Model):
    sent_on: date | None = None
    nudged_on: date | None = None
    answered_on: date | None = None
    response_id: str | None = None
    submitted_at: AwareDatetime | None = None
    """When that response was sent in, or last edited, as far as the decision said so."""
    answers: tuple[tuple[str, str], ...] = ()


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # unknown is not no


class Answer(Model):
    """One letter of MANIAC-T: the verdict, what it rests on, who said so and when."""

    verdict: Verdict
    evidence: Text | None = None
    said_by: Line
    on: date


MANIAC_T: dict[str, str] = {
    "money": "Is there a specific amount of money set aside? If they seek funding, what are the details?",
    "authority": "Can the contact decide to buy? Who else takes part in the decision?",
    "need": "What are the pain points of their current set-up? Do they really need a change?",
    "impending_event": "Is there an upcoming event that is urgent or pressing?",
    "application": "Does their use fit our infrastructure, or would it need major changes to our hubs?",
    "competition": "What else are they considering: other organisations, their own, doing nothing?",
    "timeline": "What does buying look like for them: finalising a contract, receiving a sub-award?",
}
"""The letters and their questions, after the seed page."""


class Qualification(Model):
    answers: dict[str, Answer] = {}
    in_scope: bool | None = None
    assessed_on: date | None = None


class Asset(Model):
    """Anything made for the lead: a budget, a statement of work, notes of a meeting."""

    type: str
    name: Line
    url: str | None = None
    on: date


class Contract(Model):
    """The contract track: with the contracts team, acknowledged, signed; then its term. A renewal is one of its own."""

    handed_over_on: date | None = None
    handovers: int = 0
    acknowledged_on: date | None = None
    acknowledged_by: Line | None = None
    due: date | None = None
    """When it is to be signed."""
    overdue: bool = False
    news_on: date | None = None
    """When the contracts team was last heard of."""
    reminded: bool = False
    escalated: bool = False
    state: str | None = None
    """How far it is with the contracts team, since `state_on`."""
    state_on: date | None = None
    quote: int | None = None
    """Version of the quote that it was signed on."""
    signed_on: date | None = None
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
    def heard_on(self) -> date | None:
        """When the contracts team was last heard of, or else got it."""
        days = (self.news_on, self.state_on, self.acknowledged_on, self.handed_over_on)
        return next((day for day in days if day), None)

    @property
    def term_ends(self) -> date | None:
        """The last day that is covered: the contract's, or that of its latest extension."""
        return max((day for day in (self.end, self.extended_until) if day), default=None)


class Gap(NamedTuple):
    """Days that no term has, before the term `before` (its place among the signed ones, from 0), or after the last."""

    before: int
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


PENDING = "pending"
"""A value people may give for a hub's field that is not known yet: it is asked for, and it is not forgotten."""

HUB_FIELDS: dict[str, str] = {
    "name": "Hub name",
    "background": "Background",
    "auth_type": "Auth type",
    "administrators": "Administrators",
    "url": "URL",
    "logo_url": "Logo",
    "hub_type": "Type",
    "cluster": "Cluster",
    "image": "Image",
    "config_name": "Config name",
    "representatives": "Community representative(s)",
    "start_date": "Start date",
    "end_date": "End date",
    "important_dates": "Important dates",
}
"""What the hub's issue asks for (process.md, The hub's issue), in its order."""

HUB_OPTIONAL = frozenset({"logo_url", "important_dates", "end_date", "config_name"})


class Gathering(Model):
    """An event of the community, for which its hub must have room: a course, a workshop."""

    name: Line
    first: date
    last: date
    users: int
    """How many are expected."""
    announced_on: date
    notices: tuple[int, ...] = ()
    """Which notices engineering got, in days before it."""

    def __str__(self) -> str:
        days = f"on {self.first}" if self.first == self.last else f"from {self.first} to {self.last}"
        return f"{self.name} {days}, {self.users} users expected"


class Hub(Model):
    information: dict[str, str] = {}
    """Field -> value as given, or `pending`."""
    asked_on: date | None = None
    """When what is missing of it was last asked for."""
    events: tuple[Gathering, ...] = ()
    """In order of their first days."""
    requested_on: date | None = None
    withdrawn_on: date | None = None
    """Since when engineering is told that it is not to bring it up after all: its issue is closed."""
    exception_by: Line | None = None
    exception_reason: Text | None = None
    live_on: date | None = None
    validated_on: date | None = None
    validated_by: Line | None = None
    users: int | None = None
    """How many of the community had logged in when it was validated."""
    validation_reason: Text | None = None
    decommission_on: date | None = None
    notices: tuple[int, ...] = ()
    decommissioned_on: date | None = None

    @property
    def name(self) -> str | None:
        value = self.information.get("name")
        return None if value == PENDING else value

    @property
    def url(self) -> str | None:
        value = self.information.get("url")
        return None if value == PENDING else value

    def unknown(self) -> tuple[str, ...]:
        """The fields that are still to be asked for."""
        return tuple(
            field
            for field in HUB_FIELDS
            if self.information.get(field, PENDING) == PENDING and field not in HUB_OPTIONAL
        )

    def missing(self) -> tuple[str, ...]:
        """Their labels."""
        return tuple(HUB_FIELDS[field] for field in self.unknown())

    @property
    def wanted(self) -> bool:
        """Whether engineering is to have its issue open: it is to come, or it runs."""
        return self.requested_on is not None and self.decommissioned_on is None

    @property
    def running(self) -> bool:
        return self.live_on is not None and self.decommissioned_on is None


class Usage(Model):
    """What a calendar month (`2026-07`) cost: monthly active users, and the cloud's bill passed on without markup."""

    month: str
    active_users: int
    cloud_cost: Decimal = Decimal(0)
    billed_on: int | None = None
    """Number of the invoice that has it."""


class InvoiceLine(Model):
    text: str
    amount: Money
    once_of: int | None = None
    """Version of the quote of which this is an item that is asked for once; None: something else."""


class Invoice(Model):
    """One month's invoice. The contracts and administration team sends it; we prepare and track it."""

    number: int
    index: int | None
    """Which monthly interval it opens, from 0; None for an invoice of usage alone."""
    period_start: date
    period_end: date
    prepared_on: date
    lines: tuple[InvoiceLine, ...]
    usage_months: tuple[str, ...] = ()
    missing_usage: tuple[str, ...] = ()
    reference: Line | None = None
    """The customer's own, as of their purchase order."""
    file: Link | None = None
    sent_on: date | None = None
    paid_on: date | None = None
    overdue: bool = False
    voided_on: date | None = None
    void_reason: Text | None = None

    @property
    def stands(self) -> bool:
        """Whether it counts: a wrong one that was taken back keeps its number, and bills nothing."""
        return self.voided_on is None

    @property
    def owed(self) -> bool:
        """Sent, and not paid yet."""
        return self.stands and self.sent_on is not None and self.paid_on is None

    @property
    def total(self) -> Money:
        first, *rest = self.lines
        return sum((line.amount for line in rest), start=first.amount)


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
    """Which mail reached whom, and when."""

    template: str
    recipients: tuple[str, ...]
    message_id: str
    at: AwareDatetime
    reached: dict[Role, tuple[str, ...]] = {}
    """Whom of each role that it was for; release 0.1 did not say."""
    left: Role | None = None
    """The role that it says is no longer theirs."""


class Assignee(Model):
    """Who in particular has a role for one lead."""

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
    """Changes of the process that it has taken up (`process.changes`)."""
    people_since: AwareDatetime | None = None
    """Since when the worker knew them that last said who is behind the roles."""
    left: dict[Role, tuple[str, ...]] = {}
    """Addresses that were behind a role before."""

    originals: tuple[Relative, ...] = ()
    """Leads that were there before and look like this one, and what was decided about each."""
    duplicates: tuple[Relative, ...] = ()
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
    drift: dict[Place, Line] = {}
    """What somebody changed outside that only a person can put right: where, and what to do."""

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
        """Whether a price was quoted, by a decision that stands."""
        return any(quote.status is not QuoteStatus.CORRECTED for quote in self.quotes)

    @property
    def ended(self) -> bool:
        return self.stage in (Stage.LOST, Stage.CLOSED)

    @property
    def undecided(self) -> tuple[Relative, ...]:
        """Leads that this one may be a duplicate of, as long as nobody has decided that. Until then it does not go on."""
        here = {other.lead for other in self.duplicates if other.relation is Relation.MERGED}
        open_ = (other for other in self.originals if other.relation is Relation.UNDECIDED)
        return () if self.ended else tuple(other for other in open_ if other.lead not in here)

    @property
    def merged_into(self) -> Relative | None:
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

    def whose(self, role: Role) -> str:
        """The role, with who in particular has it for this lead."""
        known = self.assigned.get(role)
        return f"{role} ({known.person})" if known else str(role)

    def with_pending(self, contract: Contract) -> "Lead":
        return self.model_copy(update={"renewal" if self.contract.signed_on else "contract": contract})

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Days before, between and after the terms in which the hub ran: billed by nobody, and nobody said why."""
        live, down = self.hub.live_on, self.hub.decommissioned_on
        if live is None:
            return ()
        found = []
        for number, (one, other) in enumerate(pairwise((None, *self.signed, None))):
            at_an_edge = one is None or other is None
            if at_an_edge and (RELEASE_0_2 not in self.changes or not self.signed):
                continue
            last = other.start - DAY if other and other.start else down
            first = one.term_ends + DAY if one and one.term_ends else live
            if last is None or (other.gap_reason if other else one and one.after_reason):
                continue
            first, last = max(first, live), min(last, down or last)
            if first <= last:
                found.append(Gap(number, first, last))
        return tuple(found)

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
        return tuple(invoice for invoice in self.invoices if invoice.stands and not invoice.sent_on)

    def invoice(self, number: int) -> Invoice | None:
        return next((invoice for invoice in self.invoices if invoice.number == number), None)

    def invoice_name(self, number: int) -> str:
        """Unique over all leads, without gaps within this one."""
        return f"{self.id.removeprefix('lead-').upper()}-{number:03d}"

    def brief(self, invoice: int | None = None) -> "Lead":
        """What an activity needs to see, which may be about one invoice: not ten years with every chore."""
        newest = len(self.invoices) - 12
        return self.model_copy(
            update={
                "price_books": (),
                "invoices": tuple(i for i in self.invoices if i.number > newest or i.number == invoice),
                "usage": self.usage[-12:],
                "mails": self.mails[-12:],
            }
        )


def months_of(start: date, end: date) -> tuple[str, ...]:
    """Calendar months, as `2026-07`, that have a day from `start` to `end`."""
    first, last = start.year * 12 + start.month - 1, end.year * 12 + end.month - 1
    return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, last + 1))


@lru_cache(maxsize=10_000)
def interval(start: date, index: int) -> tuple[date, date]:
    """First and last day of the `index`-th (from 0) monthly service interval of a term that began on `start`."""
    first = start + relativedelta(months=index)
    return first, start + relativedelta(months=index + 1) - DAY
