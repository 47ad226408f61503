"""Everything that the page of a lead shows of it, from its ledger or, while that is away, from its workflow."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from process.actor import Face
from process.authorization import deciders_of, lacking_role
from process.calendar import day_of
from process.core.events import EventLog
from process.core.refusal import Refused
from process.decisions.registry import DECISIONS
from process.lead.hub import HUB_FIELDS, HUB_OPTIONAL, PENDING
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.views.agenda import NextDate, next_date
from process.views.attention import attention
from process.views.checklist import ChecklistItem, checklist, vendor_checklist
from process.views.choices import Choice, choices
from process.views.folded import FoldedLead
from process.views.lead_overview import Overview
from process.views.next_step import NextStep, next_step
from starter.web.pages.lead_timeline import Group, Timeline, timeline_of, timeline_of_lines
from starter.web.spelling import CORRECTION, WrittenRefusal, decision_address, write_refusal
from starter.web.visitors import Visitor

NEWEST = 6
"""Number of invoices and mails that are shown at once; the older ones are folded away."""


class Window(NamedTuple):
    """The part of the timeline that is looked at."""

    group: Group | None = None
    before: int | None = None
    event: int | None = None


class Offered(NamedTuple):
    """A kind of decision on the page."""

    kind: str
    address: str
    next: bool = False
    whose: str = ""
    """The roles that decide it, if the visitor has none of them."""
    refusal: WrittenRefusal | None = None


class Decisions(NamedTuple):
    """The kinds of decisions, by what can be done with them."""

    next: tuple[Offered, ...]
    """Those that record the next step and may be taken now."""
    others: tuple[Offered, ...]
    """Others that may be taken now."""
    refused: tuple[Offered, ...]


class LeadView(NamedTuple):
    """A lead at a moment."""

    lead: Lead
    at: datetime
    """The moment: now, or the last one of a past day."""
    step: NextStep
    coming: NextDate | None
    stage_since: date | None
    attention: tuple[str, ...]
    timeline: Timeline
    decisions: Decisions | None
    """None for a past day."""

    @property
    def today(self) -> date:
        """The day in the lead's zone."""
        return self.lead.today(self.at)

    @property
    def days(self) -> int | None:
        """Number of days that it is at its stage."""
        return (self.today - self.stage_since).days if self.stage_since else None

    @property
    def checklist(self) -> tuple[ChecklistItem, ...]:
        """The items of the lead's issue."""
        return checklist(self.lead)

    @property
    def vendor_steps(self) -> tuple[ChecklistItem, ...]:
        """The steps of the vendor set-up, once it has begun."""
        return vendor_checklist(self.lead) if self.lead.contract.handed_over_on else ()

    @property
    def invoices(self) -> tuple[tuple[Invoice, ...], tuple[Invoice, ...]]:
        """The newest invoices and the newest of those that are not settled, and the others, newest first."""
        shown, rest = list[Invoice](), list[Invoice]()
        for number, invoice in enumerate(reversed(self.lead.invoices)):
            is_shown = number < NEWEST or (not invoice.settled and len(shown) < 2 * NEWEST)
            (shown if is_shown else rest).append(invoice)
        return tuple(shown), tuple(rest)

    @property
    def hub_fields(self) -> tuple[tuple[str, str], ...]:
        """Label and value of each field of the hub that is known."""
        known = self.lead.hub.information
        return tuple((label, known[name]) for name, label in HUB_FIELDS.items() if _is_known(known, name))

    @property
    def hub_missing(self) -> tuple[str, ...]:
        """The labels of all fields of the hub that are not known; those that may stay so are marked."""
        known = self.lead.hub.information
        missing = ((name, label) for name, label in HUB_FIELDS.items() if not _is_known(known, name))
        return tuple(f"{label} (optional)" if name in HUB_OPTIONAL else label for name, label in missing)


def _is_known(information: dict[str, str], name: str) -> bool:
    return information.get(name, PENDING) != PENDING


def view_of(found: FoldedLead, at: datetime, window: Window, visitor: Visitor, *, past: bool) -> LeadView:
    """Return the lead as its events make it."""
    since = found.stage_since and day_of(found.stage_since, found.lead.zone)
    kinds = None if past else choices(found.log, at)
    return _view(found.lead, at, since, timeline_of(found.log, *window), kinds, visitor)


def view_of_overview(overview: Overview, at: datetime, window: Window, visitor: Visitor) -> LeadView:
    """Return the lead as its workflow tells it, which does not say since when it is at its stage."""
    timeline = timeline_of_lines(overview.timeline, *window)
    kinds = choices(EventLog(lead=overview.lead), at)
    return _view(overview.lead, at, None, timeline, kinds, visitor)


def _view(
    lead: Lead,
    at: datetime,
    stage_since: date | None,
    timeline: Timeline,
    kinds: Iterable[Choice] | None,
    visitor: Visitor,
) -> LeadView:
    return LeadView(
        lead=lead,
        at=at,
        step=next_step(lead),
        coming=next_date(lead),
        stage_since=stage_since,
        attention=attention(lead, lead.today(at)),
        timeline=timeline,
        decisions=None if kinds is None else _decisions(lead, kinds, visitor),
    )


def _decisions(lead: Lead, kinds: Iterable[Choice], visitor: Visitor) -> Decisions:
    offered = [_offered(lead, choice, visitor) for choice in kinds if choice.kind != CORRECTION]
    return Decisions(
        next=tuple(each for each in offered if each.next),
        others=tuple(each for each in offered if not each.next and each.refusal is None),
        refused=tuple(each for each in offered if each.refusal),
    )


def _offered(lead: Lead, choice: Choice, visitor: Visitor) -> Offered:
    decision = DECISIONS[choice.kind]
    lacking = lacking_role(visitor.actor(Face.PAGE), decision, lead)
    return Offered(
        kind=choice.kind,
        address=decision_address(choice.kind, lead.id),
        next=choice.next,
        whose=" or ".join(sorted(deciders_of(decision, lead))) if lacking else "",
        refusal=_refusal(choice.refused, lead, visitor),
    )


def _refusal(refused: Refused | None, lead: Lead, visitor: Visitor) -> WrittenRefusal | None:
    return write_refusal(refused, lead.id, known=visitor.is_known) if refused else None
