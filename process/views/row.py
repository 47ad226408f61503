"""The row by which lists, the agenda and the digest know a lead, without asking its workflow."""

from datetime import date, datetime

from process.core.aggregate import LeadAggregate
from process.core.cache import cached_per_lead
from process.core.due import next_due, wake_up_on
from process.deadlines.schedule import due
from process.deadlines.waiting import Archived
from process.duplicates.matching import MatchKeys
from process.lead.invoice import Invoice
from process.lead.lead import Lead
from process.types import Link
from process.views.agenda import next_date, timed_items
from process.views.attention import attention
from process.views.lead_row import LeadRow, OpenInvoice
from process.views.next_step import step_of
from process.views.terms import term_rows, unbilled, yearly


def row_of(aggregate: LeadAggregate, now: datetime) -> LeadRow:
    """Return the lead's row at this moment (aware). It is pure and never raises."""
    lead, folder = aggregate.lead, aggregate.lead.folder
    return _by_events(lead, lead.today(now)).replaced(
        issue=_url(lead.issue),
        folder=_url(folder),
        folder_id=folder.id if folder else None,
        folder_name=folder.name if folder else "",
        folder_home=folder.home if folder else "",
        people=known_team(aggregate),
        parked=tuple(f"{item.effect.summary()}: {item.reason}" for item in aggregate.parked),
        refused_total=aggregate.refused_total,
        items=timed_items(aggregate, now),
        last_seq=lead.last_seq,
        updated_at=now,
    )


@cached_per_lead
def _by_events(lead: Lead, today: date) -> LeadRow:
    """Return the part of the row that stays on this day until something happens to the lead."""
    step, coming = step_of(lead), next_date(lead)
    price = lead.quote_of(lead.contract) if lead.contract.signed_on else lead.quote
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
        unbilled=unbilled(lead, today),
        open_invoices=tuple(map(_open_invoice, (each for each in lead.invoices if not each.settled))),
        org_key=keys.org,
        title_key=keys.title,
        contact_key=keys.contact,
        address_key=keys.address,
        linked=tuple(dict.fromkeys(link.lead_id for link in links)),
        response=lead.questionnaire.response_id,
        hub_issue=_url(lead.hub_issue),
        drift=tuple(sorted(lead.drift)),
        policy=lead.policy.version,
        assigned=lead.assigned,
        attention=attention(lead, today),
        opened_at=lead.opened_at,
        last_seq=lead.last_seq,
        updated_at=lead.opened_at,
        right_until=None if lead.archived else wake_up_on(lead, today),
    )


def known_team(aggregate: LeadAggregate) -> str | None:
    """Return the checksum of the newest team that the lead has taken over; None if no change of it concerns the lead.

    That is so when it has ended and nothing is left to do. If it is reopened, it is concerned again.
    """
    lead = aggregate.lead
    if lead.ended and not aggregate.outbox and all(item.fact.kind == Archived.kind for item in due(lead)):
        return None
    return aggregate.team or lead.policy.team_checksum


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
