"""The lead: its state, folded from its events, and values derived from that. No rules."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args

from pydantic import AwareDatetime

from process.behaviour import Behaviour
from process.calendar import DAY, day_of
from process.corrections.unresolved import UnresolvedCorrection
from process.identity import invoices_of
from process.lead.assignee import Assignee
from process.lead.contract import Contract, Gap, Vendor
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.hub import Hub
from process.lead.invoice import Invoice, Usage
from process.lead.qualification import Qualification, Questionnaire
from process.lead.quote import ACTIVE, Quote, QuoteStatus
from process.money.pricing import BUILT_IN, PriceBook
from process.personal import Personal
from process.policy import Policy
from process.types import (
    Address,
    Artifact,
    Code,
    FreeText,
    Id,
    Link,
    MailAddress,
    Mention,
    Model,
    PersonName,
    Role,
    Stage,
    Text,
    Title,
)

RESERVED_IDS = 12
"""Number of the next invoices for whose files ids are reserved."""
LEAST_IDS = 3
"""Number of ids below which the next ones are reserved."""
LeadPart = Literal[
    "assets",
    "duplicates",
    "former",
    "invoice_files",
    "invoices",
    "mails",
    "originals",
    "qualification",
    "questionnaire",
    "usage",
]
"""A part of the lead that only some activities need."""
PARTS: tuple[LeadPart, ...] = get_args(LeadPart)
SHOWN_ONLY = frozenset(
    {
        "last_seq",
        "mails",
        "issue",
        "card",
        "card_stage",
        "folder_id",
        "folder_wanted",
        "folder",
        "invoice_files",
    }
)
"""Fields of what effects bring back, on which no date, no concern and no money depends. They change most often."""

NEWEST = 12
"""Number of the newest invoices, mails and months of usage that an activity is given."""


class Asset(Model):
    """Material made for the lead, such as a budget, a statement of work or notes of a meeting."""

    type: Code
    name: Title
    url: Mention | None = None
    on: date


class Hold(Model):
    """A pause until a date or an event. A lead on hold does not become stale."""

    since: date
    until: date | None = None
    event: FreeText | None = None


class Loss(Model):
    """The end of a lead without a service, with the coded reason."""

    reason: Code
    said_by: Code
    note: FreeText | None = None
    on: date


class SentMail(Model):
    """A mail that was sent."""

    template: Code
    recipients: tuple[Address, ...]
    message_id: Id
    at: AwareDatetime
    reached: dict[Role, tuple[Address, ...]]
    """Role -> addresses of that role to which it was sent."""
    released_role: Role | None = None
    """Role that this mail tells its recipients they no longer have."""


class Lead(Model):
    """The state of a lead, folded from its events."""

    id: Id
    opened_at: AwareDatetime
    progressed_at: AwareDatetime
    """Time of the last human decision, or of the end of a hold."""
    stale_on: date | None = None
    last_seq: int = 0

    org: Title
    person: PersonName
    title: Title
    email: MailAddress | None = None
    reference: Title | None = None
    """The customer's reference for invoices of contracts that have none of their own."""
    billing_address: Annotated[Text, Personal.ADDRESS] | None = None
    """The customer's address on invoices, of several lines."""
    service: Code = "hub"
    zone: Code = "UTC"
    policy: Policy = Policy()
    price_books: tuple[PriceBook, ...] = BUILT_IN
    changes: tuple[Code, ...] = ()
    """Names of the changed rules that the lead has adopted (`process.behaviour`)."""
    team_read_at: AwareDatetime | None = None
    """Time at which the newest team settings that the lead received were read."""
    former_addresses: dict[Role, tuple[Address, ...]] = {}
    """Earlier mail addresses of each role."""

    originals: tuple[DuplicateLink, ...] = ()
    """Earlier leads that this one matches, with the decision about each."""
    duplicates: tuple[DuplicateLink, ...] = ()
    """Later leads that are, or may be, duplicates of this one, by their own latest notices."""
    assigned: dict[Role, Assignee] = {}
    """Role -> person who has it for this lead. Other roles belong to their whole teams."""
    questionnaire: Questionnaire = Questionnaire()
    qualification: Qualification = Qualification()
    assets: tuple[Asset, ...] = ()
    quotes: tuple[Quote, ...] = ()
    former: tuple[Contract, ...] = ()
    """Earlier contracts that were renewed, oldest first."""
    contract: Contract = Contract()
    """The newest signed contract; before the first signature, the contract in preparation."""
    renewal: Contract = Contract()
    """The next contract in preparation. It replaces `contract` when it is signed."""
    vendor: Vendor = Vendor()
    hub: Hub = Hub()
    usage: tuple[Usage, ...] = ()
    usage_asked_on: date | None = None
    """Day on which engineering was last asked for missing usage."""
    invoices: tuple[Invoice, ...] = ()
    unsent_asked_on: date | None = None
    """Day on which the contracts team was last reminded of unsent invoices."""
    hold: Hold | None = None
    resumed_on: date | None = None
    """Day of the latest end of a hold, or of the latest reopening."""
    lost: Loss | None = None
    closed_on: date | None = None
    archived: bool = False

    issue: Link | None = None
    card: Id | None = None
    card_stage: Stage | None = None
    """Stage whose column we last put the card in. If the card is elsewhere, a person moved it."""
    folder_id: Id | None = None
    """Id that is reserved for its Drive folder, from its opening on."""
    folder_wanted: bool = False
    """True from the first decision on that needs the folder."""
    folder: Link | None = None
    hub_issue: Link | None = None
    invoice_files: dict[int, Id] = {}
    """Invoice number -> id that is reserved for its file, of the next invoices and of those whose file is not made yet."""
    mails: tuple[SentMail, ...] = ()
    unresolved: tuple[UnresolvedCorrection, ...] = ()
    """Corrections after which something outside still says the contrary, oldest first."""
    drift: dict[Artifact, Title] = {}
    """Changes outside that only a person can undo, by object, with the thing to do."""

    @cached_property
    def derived(self) -> dict[object, Any]:
        """Values that were derived from this lead (`process.core.cache`). They are no part of it."""
        return {}

    def _keeps_derived(self, changes: Mapping[str, Any]) -> bool:
        values = vars(self)
        return all(name in SHOWN_ONLY or values[name] is value for name, value in changes.items())

    @property
    def behaviour(self) -> Behaviour:
        """The changed rules that the lead follows."""
        return Behaviour(self.changes)

    @property
    def heading(self) -> str:
        """The title of the lead's issue (process.md, The lead's issue)."""
        return f"[{self.org} / {self.person}] - {self.title}"

    @property
    def hub_heading(self) -> str:
        """The title of the hub's issue (process.md, The hub's issue)."""
        return f"[Hub] - {self.hub.name or self.org}"

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the lead's issue (process.md, The lead's issue)."""
        names = self.policy.labels
        applies = {
            names.lead: True,
            names.hub_service: self.service == "hub",
            names.customer: self.contract.signed_on is not None,
        }
        return tuple(name for name, does in applies.items() if does)

    @cached_property
    def stage(self) -> Stage:
        """The stage, derived from the other fields and never set by hand (process.md, Stages)."""
        if self.closed_on:
            return Stage.CLOSED
        if self.lost:
            return Stage.LOST
        if self.contract.signed_on and self.vendor.settled:
            return Stage.HUB if self.hub.live_on else Stage.CONTRACTED
        return Stage.QUOTED if self.quoted else Stage.LEAD

    @property
    def quoted(self) -> bool:
        """True if a price was quoted and that decision was not corrected."""
        return any(quote.status is not QuoteStatus.CORRECTED for quote in self.quotes)

    @cached_property
    def ended(self) -> bool:
        """True if the lead is lost or closed."""
        return self.stage in (Stage.LOST, Stage.CLOSED)

    @cached_property
    def undecided(self) -> tuple[DuplicateLink, ...]:
        """Possible originals that nobody has decided about yet. The lead is held until somebody does."""
        merged_here = {other.lead_id for other in self.duplicates if other.relation is Relation.MERGED}
        open_ = (other for other in self.originals if other.relation is Relation.UNDECIDED)
        return () if self.ended else tuple(other for other in open_ if other.lead_id not in merged_here)

    @property
    def merged_into(self) -> DuplicateLink | None:
        """The lead that this one was merged into, or None."""
        return next((other for other in self.originals if other.relation is Relation.MERGED), None)

    @cached_property
    def signed(self) -> tuple[Contract, ...]:
        """The signed contracts, oldest first."""
        return (*self.former, self.contract) if self.contract.signed_on else ()

    @property
    def pending(self) -> Contract:
        """The contract in preparation: the first one, or the next renewal."""
        return self.renewal if self.contract.signed_on else self.contract

    @property
    def contracted_on(self) -> date | None:
        """Day from which it is contracted: the first contract is signed and the vendor set-up settled."""
        signed = next((contract.signed_on for contract in self.signed), None)
        if signed is None or not self.vendor.settled:
            return None
        return max(signed, self.vendor.settled_on or signed)

    @property
    def hub_stands_unwanted(self) -> bool:
        """True if the hub's issue is there and not withdrawn, and no hub is requested."""
        there = self.hub_issue is not None and "hub issue" not in self.drift
        return there and not (self.hub.requested_on or self.hub.withdrawn_on)

    @property
    def awaits_hub(self) -> bool:
        """True if a hub is still expected; a member without a hub only pays for membership (process.md)."""
        return self.hub.live_on is None and (self.service == "hub" or self.hub.requested_on is not None)

    def role_with_person(self, role: Role) -> str:
        """Return the role as text, with the person who has it for this lead."""
        known = self.assigned.get(role)
        return f"{role} ({known.person})" if known else str(role)

    @property
    def awaiting_contract_since(self) -> date | None:
        """Day from which the wait for the contracts team counts; time on hold or lost does not count."""
        news_on = self.pending.last_news_on
        return news_on and max(news_on, self.resumed_on or news_on)

    def with_pending(self, contract: Contract) -> "Lead":
        """Return the lead with another contract in preparation."""
        return self.replaced(**{"renewal" if self.contract.signed_on else "contract": contract})

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Days on which the hub ran outside the terms, unbilled and without a reason given."""
        live, down = self.hub.live_on, self.hub.decommissioned_on
        if live is None or not self.signed:
            return ()
        found = []
        for index, (before, after) in enumerate(pairwise((None, *self.signed, None))):
            last = after.start - DAY if after and after.start else down
            until = self._billed_until(before) if before else None
            first = until + DAY if until else live
            if last is None or (after.gap_reason if after else before and before.after_reason):
                continue
            first, last = self._unpaid_from(max(first, live)), min(last, down or last)
            if first <= last:
                found.append(Gap(index, first, last))
        return tuple(found)

    def _unpaid_from(self, day: date) -> date:
        """Return the first day from `day` on that no invoice covers; invoices bill whole months."""
        for invoice in self.invoices:
            if invoice.is_valid and invoice.index is not None and invoice.period_start <= day:
                day = max(day, invoice.period_end + DAY)
        return day

    def _billed_until(self, contract: Contract) -> date | None:
        """Return the last day that the contract bills. A one-time price does not bill extensions."""
        quote = self.quote_of(contract)
        return contract.end if quote and quote.per == "once" else contract.term_ends

    def quote_of(self, contract: Contract) -> Quote | None:
        """Return the quote on which the contract was signed, or None."""
        return next((quote for quote in self.quotes if quote.version == contract.quote), None)

    @property
    def offers(self) -> tuple[Quote, ...]:
        """The active quotes (open or accepted) without a signed contract."""
        signed = {contract.quote for contract in self.signed}
        return tuple(q for q in self.quotes if q.status in ACTIVE and q.version not in signed)

    @cached_property
    def quote(self) -> Quote | None:
        """The active quote for the contract in preparation, or None. There is never more than one."""
        return next(iter(self.offers), None)

    def today(self, now: datetime) -> date:
        """Return the day at `now` (aware) in the lead's time zone."""
        return day_of(now, self.zone)

    @property
    def unsent(self) -> tuple[Invoice, ...]:
        """The valid invoices that are not sent yet."""
        return tuple(invoice for invoice in self.invoices if invoice.is_valid and not invoice.sent_on)

    def invoice(self, number: int) -> Invoice | None:
        """Return the invoice with this number, or None."""
        return next((invoice for invoice in self.invoices if invoice.number == number), None)

    @property
    def invoices_without_id(self) -> tuple[int, ...]:
        """Numbers of the invoices whose files need an id: those that are due, and the next dozen."""
        due = (i.number for i in self.invoices if i.file is None or self.folder_id is None)
        following = len(self.invoices) + 1
        ahead = range(following, following + RESERVED_IDS)
        return tuple(number for number in (*due, *ahead) if number not in self.invoice_files)

    @property
    def lacks_ids(self) -> bool:
        """True if the folder or a due invoice has no id, or if few ids are left for the next invoices."""
        missing, following = self.invoices_without_id, len(self.invoices) + 1
        return self.folder_id is None or any(number < following + LEAST_IDS for number in missing)

    def invoice_name(self, number: int) -> str:
        """Return the invoice number for people: unique over all leads, without gaps within this one."""
        return f"{invoices_of(self.id)}-{number:03d}"

    def brief(self, needs: Collection[LeadPart] = (), *numbers: int | None) -> "Lead":
        """Return the lead as input of an activity: of its parts only those named, with their newest entries.

        `numbers` are those of invoices that are included in any case.
        """
        dropped = {part: default for part, default in _DEFAULTS.items() if part not in needs}
        newest = len(self.invoices) - (NEWEST if "invoices" in needs else 0)
        kept = {
            "invoices": tuple(i for i in self.invoices if i.number > newest or i.number in numbers),
            "usage": self.usage[-NEWEST:] if "usage" in needs else (),
            "mails": self.mails[-NEWEST:] if "mails" in needs else (),
            "price_books": (),
        }
        return self.replaced(**dropped | kept)


_DEFAULTS: dict[str, Any] = {part: Lead.model_fields[part].get_default() for part in PARTS}
