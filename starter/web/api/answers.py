"""The answers of the API, as models: they are checked, and documented in its OpenAPI."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import ConfigDict, Field, JsonValue

from ledger.entry import Entry
from ledger.queries.agenda import Item
from ledger.queries.feed import FeedEvent
from process.authorization import deciders_of
from process.bounds import Bounded
from process.core.refusal import Refused, Suggestion
from process.corrections.corrected_decision import CorrectionImpact
from process.decisions.registry import DECISIONS
from process.lead.assignee import Assignee
from process.lead.lead import Lead
from process.money.amounts import Money
from process.money.minor_units import money_of
from process.money.pricing import Per
from process.types import Artifact, Role, Stage
from process.views.agenda_items import Section
from process.views.lead_overview import Option, TimelineLine
from process.views.lead_row import LeadRow, OpenInvoice


class Answer(Bounded):
    """An answer of the API."""

    model_config = ConfigDict(from_attributes=True, hide_input_in_errors=True)


class ListedLead(Answer):
    """A lead in a list. Dates are days in its zone, moments are UTC."""

    lead_id: str
    heading: str
    org: str
    title: str
    service: str
    stage: Stage
    owner: Role = Field(description="role that has the next step")
    next_step: str
    next_date: datetime | None = Field(description="time of the next deadline")
    next_day: date | None
    next_day_is_for: str
    price: Money | None = Field(description="the price under contract, or the one quoted before")
    per: Per | None = Field(description="period of the price")
    yearly: Money | None = Field(
        description="that price for a year, with its items; of the whole term if it is asked for once"
    )
    on_hold: bool
    hold_until: date | None
    ended: bool
    merged_into: str | None
    lost: str = Field(description="reason for which it was lost; empty for other leads")
    signed_on: date | None
    contract_start: date | None
    contract_end: date | None
    hub_name: str
    hub_url: str
    live_on: date | None
    down_on: date | None
    decommission_on: date | None
    open_invoices: tuple[OpenInvoice, ...]
    issue: str
    hub_issue: str
    folder: str
    drift: tuple[Artifact, ...]
    assigned: dict[Role, Assignee]
    attention: tuple[str, ...] = Field(description="what needs attention, as sentences")
    parked: tuple[str, ...] = Field(description="effects that failed for good, with their reasons")
    zone: str
    opened_at: datetime
    updated_at: datetime
    last_seq: int = Field(description="number of its newest event")

    @classmethod
    def of(cls, row: LeadRow) -> Self:
        """Return the row as the API shows it."""
        values = {name: getattr(row, name) for name in cls.model_fields if name != "yearly"}
        return cls(**values, yearly=_money(row.value, row.currency))


class LeadPage(Answer):
    """Some leads, and where the next ones begin."""

    leads: list[ListedLead]
    after: str | None = Field(description="cursor of the next page, if there is one")


class LeadNow(Answer):
    """A lead as its events tell it."""

    heading: str
    stage: Stage
    owner: Role
    next_step: str
    next_date: datetime | None
    next_day: date | None
    next_day_is_for: str
    attention: tuple[str, ...]
    timeline: tuple[TimelineLine, ...]
    lead: Lead


class OneLead(Answer):
    """One lead: its row in lists, and all that its events tell."""

    lead_id: str
    seq: int = Field(description="number of its newest event")
    as_of: date | None = Field(description="the past day at whose end it is shown")
    row: ListedLead | None = Field(description="None for a past day")
    overview: LeadNow


class RecordedEvent(Answer):
    """An event as it is recorded."""

    lead_id: str
    seq: int = Field(description="number within its lead, from 1, without gaps")
    at: datetime
    kind: str
    by: str
    source: str = Field(description="face through which it came")
    key: str = Field(description="idempotency key; empty if it has none")
    policy: str = Field(description="version of the policy under which it was decided")
    summary: str
    data: dict[str, JsonValue] = Field(description="the fact itself")


class EventPage(Answer):
    """Some events of a lead, oldest first."""

    events: list[RecordedEvent]
    more: bool = Field(description="True if there are later ones")


class PublishedEvent(RecordedEvent):
    """An event in the feed."""

    position: int
    revision: int = Field(
        description="above 1 if it takes the place of an event of the same lead and number, which was lost"
    )
    void: bool = Field(description="True if it only says that the event of this lead and number was lost")

    @classmethod
    def of(cls, event: FeedEvent) -> Self:
        """Return the event as the API shows it."""
        entry = {name: getattr(event.entry, name) for name in Entry.model_fields}
        return cls(position=event.position, revision=event.revision, void=event.void, **entry)


class Feed(Answer):
    """The next events of all leads, in the order in which they were recorded."""

    events: list[PublishedEvent]
    position: int = Field(description="ask for the events after this position next")
    more: bool = Field(description="True if there are later ones already")


class Choice(Answer):
    """A kind of decision: if it is allowed now, what it needs, and who takes it. The preview tells what it would do."""

    kind: str
    allowed: bool
    next: bool = Field(description="True if it records the lead's next step")
    later: bool = Field(description="True if it is refused now, and possible after the next step")
    does: str
    refused: Refused | None = Field(description="why it is not allowed now")
    needs: tuple[str, ...] = Field(description="names of the fields without which it is refused")
    one_of: tuple[tuple[str, ...], ...] = Field(
        description="sets of fields of which it needs at least one, too, whichever"
    )
    takes: tuple[str, ...] = Field(description="names of its fields")
    example: dict[str, object]
    deciders: tuple[Role, ...] = Field(
        description="roles of which one is needed, as far as the kind alone tells"
    )

    @classmethod
    def by(cls, option: Option, lead: Lead) -> Self:
        """Return the option, with its deciders for this lead."""
        deciders = tuple(sorted(deciders_of(DECISIONS[option.kind], lead)))
        known = {name: value for name, value in option if name in cls.model_fields}
        return cls(**known, deciders=deciders)


class Choices(Answer):
    """The kinds of decisions: first those of the next step, then others that are allowed, then the rest."""

    options: list[Choice]


class Opened(Answer):
    """A lead that was opened, or was open already."""

    lead_id: str
    stage: Stage
    already: bool


class Decided(Answer):
    """The answer to a decision that was taken."""

    accepted: bool = True
    message: str = Field(description="the event's summary")
    seq: int | None = Field(description="number of the event")
    repeat: bool = Field(description="True if the same decision came before; this is the answer it got then")
    recorded: bool = Field(description="False if the ledger is away, so that lists show it later")
    stage: Stage | None = Field(description="the lead's stage as recorded; None if the ledger is away")
    suggestions: tuple[Suggestion, ...] = Field(description="tasks that are left")


class HandedIn(Answer):
    """A decision that Temporal keeps until the lead takes it: no worker answered in time."""

    accepted: None = None
    pending: bool = True
    message: str


class Previewed(Answer):
    """The consequences that a decision would have. Nothing has happened."""

    accepted: bool = Field(description="False if it would be refused")
    message: str
    suggestions: tuple[Suggestion, ...]
    stage: Stage = Field(description="the lead's stage afterwards")
    effects: list[str]
    dates: list[str] = Field(description="deadlines that would move")
    attention: list[str] = Field(description="concerns afterwards")
    correction_impact: CorrectionImpact | None = Field(description="of a correction: what it reaches")


class Retried(Answer):
    """The effects that are tried again."""

    retried: list[str] = Field(description="their keys")


class AgendaLine(Answer):
    """One line of an agenda."""

    section: Section
    role: Role
    person: str | None = Field(description="who has the role for this lead, if it is somebody's own")
    text: str
    since: date | None
    until: date | None
    lead_id: str
    heading: str
    issue: str

    @classmethod
    def of(cls, item: Item) -> Self:
        """Return the line as the API shows it."""
        known = item.row.assigned.get(item.role)
        named: dict[str, Any] = {name: getattr(item.row, name) for name in ("lead_id", "heading", "issue")}
        person = known.person if known else None
        return cls(
            section=item.section,
            role=item.role,
            person=person,
            text=item.text,
            since=item.since,
            until=item.until,
            **named,
        )


class AgendaPage(Answer):
    """Some lines of an agenda, the most urgent first."""

    lines: list[AgendaLine]
    after: str | None = Field(description="cursor of the next page, if there is one")


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None or not currency else money_of(minor, currency)
