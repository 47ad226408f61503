"""The row of a lead as data: everything that lists show of it and search for."""

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from process.calendar import day_of
from process.identity import issue_name, same_text
from process.lead.assignee import Assignee
from process.money.amounts import Money
from process.money.pricing import Per
from process.types import Artifact, Code, Id, Mention, Model, Named, Role, Stage, Words
from process.views.agenda_items import AgendaItem, TimedItem

GRACE = timedelta(minutes=15)
"""Time that a lead has to write its row anew: a worker may just restart."""


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


ROWS_VERSION = 1
"""Version of the rules by which the read tables are made. With a higher one, all leads are read anew in time."""


class OpenInvoice(Model):
    """An invoice that is neither paid nor voided."""

    number: int
    total: Money
    period_start: date
    period_end: date
    prepared_on: date | None = None
    sent_on: date | None = None
    """Day on which it was sent; None if it is only prepared."""
    overdue: bool = False


class TermRow(Model):
    """The term of a signed contract."""

    number: int
    """Number of the contract, from 1."""
    start: date
    end: date
    """Last day of the contract."""
    until: date
    """Last day of the service under it: extended, or cut short by the next term or the lead's end."""
    signed_on: date
    quote: int
    """Version of the quote that was signed."""
    currency: Code
    yearly: int
    """Price of a year in minor units, with its items; of the whole term if it is priced once."""


UnbilledKind = Literal["gap", "usage", "draft", "vendor", "lost"]


class Unbilled(Model):
    """Days that somebody should be billed for and is not.

    `gap`: the hub runs in no contract; `usage`: a month's usage is not reported; `draft`: an invoice is due and not
    prepared; `vendor`: the vendor set-up is not settled; `lost`: the lead was lost before an invoice was replaced.
    """

    kind: UnbilledKind
    start: date
    end: date
    currency: Code | None = None
    estimate: int | None = None
    """Estimated amount in minor units; None if it cannot be estimated."""


class LeadRow(Model):
    """One lead in a list of many: everything that lists show of it and search for.

    It is right from `updated_at` until `right_until`, when the lead wakes up and writes it anew.
    """

    lead_id: Id
    heading: Mention
    stage: Stage
    owner: Role
    """Role that has the next step."""
    next_step: Words
    org: Mention = ""
    title: Mention = ""
    service: Code
    price: Money | None = None
    """The price under contract, or the one quoted before; None if there is none."""
    per: Per | None = None
    """The period that the price is for."""
    value: int | None = None
    """The price for a year in minor units, with its items; of the whole term if it is asked for once."""
    on_hold: bool = False
    hold_until: date | None = None
    ended: bool = False
    archived: bool = False
    """True if its workflow has ended."""
    merged_into: Id | None = None
    """Id of the lead that it was merged into."""
    next_date: AwareDatetime | None = None
    """Time of the next deadline (UTC)."""
    signed_on: date | None = None
    """Day on which its contract was signed."""
    contract_start: date | None = None
    """First day of the service under its contract."""
    next_day: date | None = None
    """Day of the next deadline in the lead's zone, as people name it."""
    next_day_is_for: Words = ""
    """The reason for that day."""
    zone: Code = "UTC"
    lost: Code = ""
    """Reason for which it was lost, with the day; empty for other leads."""
    contract_end: date | None = None
    """Last day of the service under its contract."""
    ended_on: date | None = None
    """Day on which it was lost or closed."""
    hub_name: Mention = ""
    hub_url: Mention = ""
    live_on: date | None = None
    """Day on which its hub went live."""
    down_on: date | None = None
    """Day on which its hub was taken down."""
    decommission_on: date | None = None
    """Day on which its hub is to be taken down."""
    exception_by: Named = ""
    """The person who allowed its hub without a contract."""
    awaits_hub: bool = False
    """True if a hub is still expected."""
    open_invoices: tuple[OpenInvoice, ...] = ()
    terms: tuple[TermRow, ...] = ()
    """The terms of its signed contracts, oldest first."""
    unbilled: tuple[Unbilled, ...] = ()
    org_key: Id
    title_key: Id
    contact_key: Id | None = None
    """Key of the contact's mail domain, or of the address at a public mail provider."""
    address_key: Id | None = None
    linked: tuple[Id, ...] = ()
    """Ids of the leads with which it was compared as a duplicate."""
    response: Id | None = None
    """The questionnaire's response."""
    issue: Id = ""
    hub_issue: Id = ""
    folder: Id = ""
    """URLs of its issue, its hub's issue and its Drive folder, as far as it has them."""
    folder_id: Id | None = None
    folder_name: Mention = ""
    folder_home: Id = ""
    """Id and name of its folder, and the folder in which it lies if that is not the leads folder."""
    drift: tuple[Artifact, ...] = ()
    """Its artifacts outside that it knows to be gone."""
    policy: Code = ""
    """Version of its policy."""
    people: Id | None = None
    """Checksum of the newest team that it has taken over, see `known_team`."""
    assigned: dict[Role, Assignee] = {}
    attention: tuple[Words, ...] = ()
    parked: tuple[Id, ...] = ()
    """The effects that failed for good, with their reasons."""
    refused_total: int = 0
    items: tuple[TimedItem, ...] = ()
    """The lines of its agenda, now and later."""
    opened_at: AwareDatetime
    last_seq: int
    """Number of its newest event."""
    updated_at: AwareDatetime
    right_until: AwareDatetime | None = None
    """Moment of the lead's next wake-up (UTC); None if only an event changes the row."""

    @property
    def currency(self) -> str:
        """Currency of the price; empty without one."""
        return self.price.currency if self.price else ""

    @property
    def name(self) -> str:
        """Its heading in small letters, by which lists are sorted."""
        return same_text(self.heading)

    @property
    def sort_date(self) -> datetime:
        """Time of the next deadline, and far in the future without one."""
        return self.next_date or _NEVER

    @property
    def words(self) -> str:
        """All by which a search finds the lead, in small letters."""
        links = (issue_name(self.issue), issue_name(self.hub_issue))
        known = (self.lead_id, self.heading, self.hub_name, self.hub_url, *links)
        people = (name for assignee in self.assigned.values() for name in assignee.names)
        return same_text("\n".join(text for text in (*known, *people) if text))

    @property
    def agenda_from(self) -> datetime | None:
        """First moment (UTC) at which it may have an agenda item; None if it has none, now or later."""
        return min((item.holds_from or _EVER for item in self.items), default=None)

    def agenda(self, moment: datetime) -> tuple[AgendaItem, ...]:
        """Return the lead's agenda items at this moment."""
        items = (item for item in self.items if item.holds(moment))
        return tuple(
            item.of_lead(self.lead_id, self.heading, self.issue, self.assigned, day_of(moment, self.zone))
            for item in items
        )

    def is_outdated(self, moment: datetime) -> bool:
        """Return True if the lead should have written the row anew long before this moment."""
        return self.right_until is not None and self.right_until + GRACE <= moment
