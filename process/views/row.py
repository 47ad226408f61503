"""The row by which lists, the agenda and the digest know a lead, without asking its workflow."""

from datetime import UTC, date, datetime, timedelta

from pydantic import AwareDatetime

from process.calendar import day_of
from process.core.aggregate import LeadAggregate
from process.core.due import next_due, next_wake_up
from process.deadlines.schedule import due
from process.deadlines.waiting import Archived
from process.duplicates.matching import MatchKeys
from process.identity import issue_name, same_text
from process.lead.invoice import Invoice
from process.lead.lead import Artifact, Assignee, Lead
from process.money.amounts import Money
from process.money.pricing import Per
from process.types import Link, Model, Role, Stage
from process.views.agenda import AgendaItem, TimedItem, next_date, timed_items
from process.views.attention import attention
from process.views.overview import next_step
from process.views.terms import TermRow, Unbilled, term_rows, unbilled, yearly

ROWS_VERSION = 1
"""Version of the rules by which the read tables are made. With a higher one, all leads are read anew in time."""

GRACE = timedelta(minutes=15)
"""Time that a lead has to write its row anew: a worker may just restart."""


_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


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


class LeadRow(Model):
    """One lead in a list of many: everything that lists show of it and search for.

    It is right from `updated_at` until `right_until`, when the lead wakes up and writes it anew.
    """

    lead_id: str
    heading: str
    stage: Stage
    owner: Role
    """Role that has the next step."""
    next_step: str
    org: str = ""
    title: str = ""
    service: str
    price: Money | None = None
    """The price under contract, or the one quoted before; None if there is none."""
    per: Per | None = None
    """The period that the price is for."""
    value: int | None = None
    """That price for a year in minor units, with its items; of the whole term if it is asked for once."""
    on_hold: bool = False
    hold_until: date | None = None
    ended: bool = False
    archived: bool = False
    """True if its workflow has ended."""
    merged_into: str | None = None
    """Id of the lead that it was merged into."""
    next_date: AwareDatetime | None = None
    """Time of the next deadline (UTC)."""
    signed_on: date | None = None
    """Day on which its contract was signed."""
    contract_start: date | None = None
    """First day of the service under its contract."""
    next_day: date | None = None
    """Day of the next deadline in the lead's zone, as people name it."""
    next_day_is_for: str = ""
    """The reason for that day."""
    zone: str = "UTC"
    lost: str = ""
    """Reason for which it was lost, with the day; empty for other leads."""
    contract_end: date | None = None
    """Last day of the service under its contract."""
    ended_on: date | None = None
    """Day on which it was lost or closed."""
    hub_name: str = ""
    hub_url: str = ""
    live_on: date | None = None
    """Day on which its hub went live."""
    down_on: date | None = None
    """Day on which its hub was taken down."""
    decommission_on: date | None = None
    """Day on which its hub is to be taken down."""
    exception_by: str = ""
    """The person who allowed its hub without a contract."""
    awaits_hub: bool = False
    """True if a hub is still expected."""
    open_invoices: tuple[OpenInvoice, ...] = ()
    terms: tuple[TermRow, ...] = ()
    """The terms of its signed contracts, oldest first."""
    unbilled: tuple[Unbilled, ...] = ()
    org_key: str
    title_key: str
    contact_key: str | None = None
    """Key of the contact's mail domain, or of the address at a public mail provider."""
    address_key: str | None = None
    linked: tuple[str, ...] = ()
    """Ids of the leads with which it was compared as a duplicate."""
    response: str | None = None
    """The questionnaire's response."""
    issue: str = ""
    hub_issue: str = ""
    folder: str = ""
    """URLs of its issue, its hub's issue and its Drive folder, as far as it has them."""
    folder_id: str | None = None
    folder_name: str = ""
    folder_home: str = ""
    """Id and name of its folder, and the folder in which it lies if that is not the leads folder."""
    drift: tuple[Artifact, ...] = ()
    """Its artifacts outside that it knows to be gone."""
    policy: str = ""
    """Version of its policy."""
    people: str | None = None
    """Digest of the team that it heard of last, see `known_team`."""
    assigned: dict[Role, Assignee] = {}
    attention: tuple[str, ...] = ()
    parked: tuple[str, ...] = ()
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


def row_of(aggregate: LeadAggregate, now: datetime) -> LeadRow:
    """Return the lead's row at this moment (aware). It is pure and never raises."""
    lead, step = aggregate.lead, next_step(aggregate.lead)
    price = lead.quote_of(lead.contract) if lead.contract.signed_on else lead.quote
    coming = next_date(lead)
    links, keys = (*lead.originals, *lead.duplicates), MatchKeys.of(lead)
    return LeadRow(
        lead_id=lead.id,
        heading=lead.heading,
        stage=lead.stage,
        owner=step.owner,
        next_step=step.text,
        org=lead.org,
        title=lead.title,
        service=lead.service,
        price=price.total if price else None,
        per=price.per if price else None,
        value=yearly(price) if price else None,
        on_hold=lead.hold is not None,
        hold_until=lead.hold.until if lead.hold else None,
        ended=lead.ended,
        archived=lead.archived,
        merged_into=lead.merged_into.lead_id if lead.merged_into else None,
        next_date=next_due(lead),
        signed_on=lead.contract.signed_on,
        contract_start=lead.contract.start,
        next_day=coming.day if coming else None,
        next_day_is_for=coming.text if coming else "",
        zone=lead.zone,
        lost=f"{lead.lost.reason}, on {lead.lost.on}" if lead.lost else "",
        contract_end=lead.contract.term_ends,
        ended_on=lead.closed_on or (lead.lost.on if lead.lost else None),
        hub_name=lead.hub.name or "",
        hub_url=lead.hub.url or "",
        live_on=lead.hub.live_on,
        down_on=lead.hub.decommissioned_on,
        decommission_on=lead.hub.decommission_on,
        exception_by=lead.hub.exception_by or "",
        awaits_hub=lead.awaits_hub,
        terms=term_rows(lead),
        unbilled=unbilled(lead, lead.today(now)),
        open_invoices=tuple(map(_open_invoice, (each for each in lead.invoices if not each.settled))),
        org_key=keys.org,
        title_key=keys.title,
        contact_key=keys.contact,
        address_key=keys.address,
        linked=tuple(dict.fromkeys(link.lead_id for link in links)),
        response=lead.questionnaire.response_id,
        issue=_url(lead.issue),
        hub_issue=_url(lead.hub_issue),
        folder=_url(lead.folder),
        folder_id=lead.folder.id if lead.folder else None,
        folder_name=lead.folder.name if lead.folder else "",
        folder_home=lead.folder.home if lead.folder else "",
        drift=tuple(sorted(lead.drift)),
        policy=lead.policy.version,
        people=known_team(aggregate),
        assigned=lead.assigned,
        attention=attention(lead, lead.today(now)),
        parked=tuple(f"{item.effect.summary()}: {item.reason}" for item in aggregate.parked),
        refused_total=aggregate.refused_total,
        items=timed_items(aggregate, now),
        opened_at=lead.opened_at,
        last_seq=lead.last_seq,
        updated_at=now,
        right_until=_right_until(lead, now),
    )


def known_team(aggregate: LeadAggregate) -> str | None:
    """Return the checksum of the team that the lead heard of last; None if no change of the team concerns it any more.

    That is so when it has ended and nothing is left to do. If it is reopened, it is concerned again.
    """
    lead = aggregate.lead
    if lead.ended and not aggregate.outbox and all(item.fact.kind == Archived.kind for item in due(lead)):
        return None
    return aggregate.team or lead.policy.team_checksum


def _right_until(lead: Lead, now: datetime) -> datetime | None:
    """Return the moment of the lead's next wake-up, or None. An archived lead sleeps for ever."""
    return None if lead.archived else next_wake_up(lead, now)


def _open_invoice(invoice: Invoice) -> OpenInvoice:
    return OpenInvoice(
        number=invoice.number,
        total=invoice.total,
        period_start=invoice.period_start,
        period_end=invoice.period_end,
        prepared_on=invoice.prepared_on,
        sent_on=invoice.sent_on,
        overdue=invoice.overdue,
    )


def _url(link: Link | None) -> str:
    return link.url if link else ""
