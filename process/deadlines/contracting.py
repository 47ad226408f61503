"""Deadlines of the hand-over to the contracts team, and of the contract's end and renewal."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from process.calendar import add_working_days, end_of
from process.core.events import Change, Deadline, Event, EventLog
from process.deadlines.base import Due, Schedules
from process.decisions.base import mail
from process.effects import Effect
from process.lead.lead import Lead
from process.types import Role


class HandoverReminded(Deadline):
    """The contracts team is reminded after 3 working days without news, or 10 once it has acknowledged."""

    kind = "handover_reminded"
    visible = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.with_pending(lead.pending.replaced(reminded=True))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "handover_reminder", Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        if event_log.lead.pending.acknowledged_on:
            return "The contracts team was asked for news of the contract"
        return "The contracts team was reminded of the hand-over"


class HandoverEscalated(Deadline):
    """Sales gets a mail after 10 working days without news from the contracts team, 20 once it acknowledged."""

    kind = "handover_escalated"

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.with_pending(lead.pending.replaced(reminded=True, escalated=True))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "handover_escalated", Role.CONTRACTS, Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        return silence(event_log.lead)


class ContractOverdue(Deadline):
    """The contract was not signed by its due date."""

    kind = "contract_overdue"

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.with_pending(lead.pending.replaced(overdue=True))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "contract_overdue", Role.CONTRACTS, Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        return f"The contract was to be signed by {event_log.lead.pending.due}"


def silence(lead: Lead) -> str:
    """Return a sentence with the day since which the contracts team has been silent."""
    since = lead.pending.last_news_on if lead.pending.acknowledged_on else "the hand-over"
    return f"The contracts team has been silent since {since}"


def _handover(lead: Lead) -> Iterator[Due]:
    contract, periods = lead.pending, lead.policy.periods
    since = lead.awaiting_contract_since
    if lead.ended or lead.hold or since is None:
        return
    reminder, escalation = periods.handover_reminder, periods.handover_escalation
    if contract.acknowledged_on:
        reminder, escalation = periods.news_reminder, periods.news_escalation
    if not contract.reminded:
        day = add_working_days(since, reminder, lead.policy.holidays)
        yield Due(end_of(day, lead.zone), HandoverReminded())
    if not contract.escalated:
        day = add_working_days(since, escalation, lead.policy.holidays)
        yield Due(end_of(day, lead.zone), HandoverEscalated())
    if contract.due and not contract.overdue:
        yield Due(end_of(contract.due, lead.zone), ContractOverdue())


def _decommission_decided(lead: Lead) -> bool:
    """Return True if the hub will be taken down, so that nobody is asked about a renewal."""
    return lead.hub.decommission_on is not None


def _decommission_suffix(lead: Lead) -> str:
    return f"; the hub is taken down on {lead.hub.decommission_on}" if _decommission_decided(lead) else ""


class RenewalWindowOpened(Deadline):
    """A renewal window opens 180, 90 or 30 days before the contract ends."""

    kind = "renewal_window_opened"
    days: int

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract = lead.contract.replaced(windows=(*lead.contract.windows, self.days))
        return lead.replaced(contract=contract)

    def effects(self, change: Change) -> Iterable[Effect]:
        if not _decommission_decided(change.after):
            yield mail(change, "renewal", Role.SALES, days=str(self.days))

    def summary(self, event_log: EventLog) -> str:
        lead = event_log.lead
        return f"The contract ends in {self.days} days, on {lead.contract.end}{_decommission_suffix(lead)}"


class RenewalNotBegun(Deadline):
    """The contract ends in 60 days and no price for its renewal is quoted."""

    kind = "renewal_not_begun"

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(contract=lead.contract.replaced(renewal_due=True))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "renewal_not_begun", Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        return f"The contract ends on {event_log.lead.contract.end}, and its renewal has no price yet"


def renewal_start(lead: Lead) -> date | None:
    """Return the last day for quoting the renewal, or None if it is quoted or no renewal is due."""
    contract = lead.contract
    if lead.ended or lead.quote or lead.hub.decommission_on or not (contract.known_on and contract.end):
        return None
    day = contract.end - timedelta(days=lead.policy.periods.renewal_start)
    return day if day > contract.known_on else None


def _renewal(lead: Lead) -> Iterator[Due]:
    start = renewal_start(lead)
    if start and not lead.contract.renewal_due:
        yield Due(end_of(start, lead.zone), RenewalNotBegun())


class ContractLapsed(Deadline):
    """The contract or its extension ended without a renewal."""

    kind = "contract_lapsed"

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(contract=lead.contract.replaced(lapsed=True))

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "contract_lapsed", Role.SALES, Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        running = ", and its hub is running" if event_log.lead.hub.running else ""
        return f"The contract has ended on {event_log.lead.contract.term_ends}{running}"


class LapseDecisionDue(Deadline):
    """Sales is asked to renew or decommission six weeks after the contract's end."""

    kind = "lapse_decision_due"

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract = lead.contract.replaced(decision_due=True)
        return lead.replaced(contract=contract)

    def effects(self, change: Change) -> Iterable[Effect]:
        if not _decommission_decided(change.after):
            yield mail(change, "lapse_decision", Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        then = _decommission_suffix(event_log.lead) or "; renew it or take the hub down"
        return f"The contract ended on {event_log.lead.contract.end}{then}"


def _term(lead: Lead) -> Iterator[Due]:
    contract, periods = lead.contract, lead.policy.periods
    if lead.ended or not (contract.known_on and contract.end and contract.term_ends):
        return
    for days in periods.renewal_windows:
        day = contract.end - timedelta(days=days)
        if days not in contract.windows and day > contract.known_on:
            yield Due(end_of(day, lead.zone), RenewalWindowOpened(days=days))
    if not contract.lapsed:
        yield Due(end_of(contract.term_ends, lead.zone), ContractLapsed())
    if not contract.decision_due:
        yield Due(
            end_of(contract.end + timedelta(days=periods.lapse_decision), lead.zone), LapseDecisionDue()
        )


SCHEDULES: Schedules = {
    HandoverReminded.kind: _handover,
    HandoverEscalated.kind: _handover,
    ContractOverdue.kind: _handover,
    RenewalNotBegun.kind: _renewal,
    RenewalWindowOpened.kind: _term,
    ContractLapsed.kind: _term,
    LapseDecisionDue.kind: _term,
}
