"""The contract and the vendor set-up, side by side (process.md)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal, Self

from dateutil.relativedelta import relativedelta
from pydantic import Field

from process.calendar import add_working_days
from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, Suggestion, leave_out, refuse, suggest
from process.decisions.base import Decision, implausible, mail
from process.effects import Effect
from process.effects.reservations import folder_effects
from process.lead.contract import VendorStatus
from process.lead.lead import Lead
from process.lead.quote import QuoteStatus
from process.money.billing import newest_term_bill
from process.types import OPEN_STAGES, FreeText, PersonName, Role, Stage, Title


class _Contracting(Decision, abstract=True):
    """A decision about the pending contract: the first one, or the renewal of the running one."""

    stages = frozenset({Stage.QUOTED, Stage.CONTRACTED, Stage.HUB})
    commits = True
    too_early = refuse("No price has been quoted yet", suggest("Quote one first", "price_quoted"))

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.contract.signed_on and lead.quote is None:
            return refuse(
                f"The contract was already signed on {lead.contract.signed_on}",
                suggest("If that was a mistake, correct it", "corrected"),
                suggest("Its renewal begins with a price", "price_quoted"),
            )
        if lead.quote is None or lead.quote.status is not QuoteStatus.ACCEPTED:
            price = "a price for the renewal" if lead.contract.signed_on else "a price"
            return refuse(
                f"They have not agreed to {price} yet", suggest("Record that first", "quote_accepted")
            )
        return None


NOT_HANDED_OVER = refuse("The contract was not handed over", suggest("Do that first", "contract_handed_over"))


class ContractHandedOver(_Contracting):
    """The contracts team gets everything it needs to draft a contract. Decide it again if the deal has changed."""

    kind = "contract_handed_over"
    restated_by = "handover"
    irreversible = "What the contracts team has begun, only they can stop"

    due: date | None = Field(
        None, description="day by which it is to be signed; by default 20 working days from now"
    )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.due and self.due < event_log.lead.today(now):
            return refuse(
                f"The contract can't be due on {self.due}, which has passed",
                leave_out(("due",), text="or give a later day"),
            )
        return implausible(self.due, now, name="The contract's due date") if self.due else None

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        if self.due:
            return self
        policy = event_log.lead.policy
        due = add_working_days(event_log.lead.today(now), policy.periods.contract_due, policy.holidays)
        return self.replaced(due=due)

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract = lead.pending.replaced(
            handed_over_on=lead.today(event.at),
            handovers=lead.pending.handovers + 1,
            acknowledged_on=None,
            acknowledged_by=None,
            due=self.due,
            overdue=False,
            news_on=None,
            state=None,
            state_on=None,
            reminded=False,
            escalated=False,
        )
        return lead.with_pending(contract).replaced(folder_wanted=True)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield from folder_effects(change)
        yield mail(change, "handover", Role.CONTRACTS, needs_folder=True, note=self.note or "")

    def summary(self, event_log: EventLog) -> str:
        subject = "renewal" if event_log.lead.contract.signed_on else "contract"
        due = f", to be signed by {self.due}" if self.due else ""
        return self.with_note(f"The {subject} was handed over to the contracts team{due}")


def _news(lead: Lead, event: Event) -> dict[str, object]:
    """Return the fields that restart the contracts team's reminders from today on."""
    return {"news_on": lead.today(event.at), "reminded": False, "escalated": False}


class ContractAcknowledged(_Contracting):
    """The contracts team has started to work on the contract."""

    kind = "contract_acknowledged"
    deciders = frozenset({Role.CONTRACTS})

    acknowledged_by: PersonName | None = Field(None, description="person in that team, if not the decider")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.pending.handed_over_on is None:
            return NOT_HANDED_OVER
        if lead.pending.acknowledged_on:
            return refuse(f"The hand-over was already acknowledged on {lead.pending.acknowledged_on}")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract = lead.pending.replaced(
            acknowledged_on=lead.today(event.at),
            acknowledged_by=self.acknowledged_by or self.by,
            **_news(lead, event),
        )
        return lead.with_pending(contract)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("The contracts team acknowledged the hand-over")


class ContractProgressed(_Contracting):
    """The contracts team has news of the contract or of its renewal.

    After ten working days without news the team is reminded; after twenty, sales gets a mail.
    """

    kind = "contract_progressed"
    deciders = frozenset({Role.CONTRACTS})
    example = {"state": "drafted", "note": "It goes to their lawyers next"}

    state: Literal["drafted", "in negotiation", "out for signature"] = Field(
        description="state of the contract"
    )

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return NOT_HANDED_OVER if lead.pending.handed_over_on is None else None

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if event_log.lead.pending.state == self.state and not self.note:
            return refuse(
                f"It has been {self.state} since {event_log.lead.pending.state_on}",
                "If there is other news, say it in a note",
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        contract, today = lead.pending, lead.today(event.at)
        news = _news(lead, event)
        if contract.state != self.state:
            news |= {"state": self.state, "state_on": today}
        if contract.acknowledged_on is None:
            news |= {"acknowledged_on": today, "acknowledged_by": self.by}
        return lead.with_pending(contract.replaced(**news))

    def summary(self, event_log: EventLog) -> str:
        subject = "renewal" if event_log.lead.contract.signed_on else "contract"
        return self.with_note(f"The {subject} is {self.state}")


class ContractSigned(_Contracting):
    """The contract, or its renewal, is signed. Agreement by e-mail in place of a contract is recorded as such.

    A renewal is the next term: its price is billed from its first day on. No day is billed twice or left out.
    """

    kind = "contract_signed"
    irreversible = "A contract that was really signed binds all the same"
    deciders = frozenset({Role.CONTRACTS})
    by_link = True
    example = {
        "signed_by": "Ada Example",
        "evidence": "https://drive.example.org/signed.pdf",
        "evidence_kind": "contract",
    }

    evidence: FreeText = Field(description="evidence: a link to the file, or the mail's text or id")
    evidence_kind: Literal["contract", "email", "purchase order"] = Field(
        "contract", description="type of the evidence"
    )
    signed_by: PersonName | None = Field(None, description="person of the customer who signed")
    on: date | None = Field(None, description="the day of the signature; by default today")
    start: date | None = Field(
        None,
        description="first day of the service; by default today, of a renewal the day after the running term",
    )
    end: date | None = Field(None, description="last day; by default a year from the start")
    billing: Literal["monthly", "yearly"] = Field(
        "monthly", description="a yearly price in twelve shares, or whole at the start of each year"
    )
    reference: Title | None = Field(
        None, description="the customer's reference for invoices, such as the number of a purchase order"
    )

    def term(self, lead: Lead, today: date) -> tuple[date, date]:
        """Return the first and the last day of the service."""
        running = lead.contract.term_ends
        start = self.start or (running + timedelta(days=1) if running else today)
        return start, self.end or start + relativedelta(years=1) - timedelta(days=1)

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        if self.on and self.on > lead.today(now):
            return refuse(f"{self.on} has not come yet", "Record the signature when it is there")
        if self.on and (refusal := implausible(self.on, now, name="The day of the signature")):
            return refusal
        if self.start and (refusal := implausible(self.start, now, name="The contract's start")):
            return refusal
        start, end = self.term(lead, lead.today(now))
        if lead.contract.end and start <= lead.contract.end:
            return refuse(
                f"The contract runs until {lead.contract.end}, so its renewal can't start on {start}",
                leave_out(("start",), text="or give a later day"),
            )
        if end < start:
            return refuse(
                f"The contract would end on {end}, before it starts on {start}",
                leave_out(("end",), text="which makes it a year, or give a later day"),
            )
        return implausible(end, now, name="The contract's end") or self._billing_complaint(lead)

    def _billing_complaint(self, lead: Lead) -> Refused | None:
        """Return the reason to refuse a yearly bill of a price that is not for a year, or None."""
        if self.billing != "yearly" or lead.quote is None or lead.quote.per == "year":
            return None
        return refuse(
            f"The agreed price is {lead.quote}, so it can't be billed by the year",
            leave_out(("billing",)),
            suggest("Or quote a price for a year", "price_quoted", per="year"),
        )

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        start, end = self.term(event_log.lead, event_log.lead.today(now))
        return self.replaced(start=start, end=end)

    def apply(self, lead: Lead, event: Event) -> Lead:
        today = lead.today(event.at)
        start, end = self.term(lead, today)
        signed_on = self.on or today
        contract = lead.pending.replaced(
            quote=lead.quote.version if lead.quote else None,
            signed_on=signed_on,
            recorded_on=today if today > signed_on else None,
            signed_by=self.signed_by,
            evidence=self.evidence,
            evidence_kind=self.evidence_kind,
            start=start,
            end=end,
            billing=self.billing,
            reference=self.reference,
        )
        return lead.replaced(
            former=lead.signed,
            contract=contract.with_deadlines_reset(),
            renewal=type(contract)(),
            folder_wanted=True,
        )

    def effects(self, change: Change) -> Iterable[Effect]:
        return folder_effects(change)

    def follow_ups(self, event_log: EventLog) -> tuple[Suggestion, ...]:
        lead = event_log.lead
        if lead.stage is not Stage.QUOTED or lead.vendor.settled:
            return ()
        return (
            Suggestion(text="It counts as contracted once the vendor set-up at the customer is settled"),
            suggest("Record that it is done", "vendor_setup_done"),
            suggest("Or that none is needed", "vendor_setup_not_needed"),
        )

    def summary(self, event_log: EventLog) -> str:
        lead = event_log.lead
        subject = "The contract's renewal" if lead.former else "The contract"
        who = f" by {self.signed_by}" if self.signed_by else ""
        when = f" on {self.on}" if self.on else ""
        term = f"for {lead.contract.start} to {lead.contract.end} ({self.evidence_kind})"
        reference = f", their reference {self.reference}" if self.reference else ""
        bill = newest_term_bill(lead)
        to_bill = f": {bill}" if bill else ""
        return self.with_note(f"{subject} was signed{who}{when}, {term}{reference}{to_bill}")


_FILED = "What was filed at the customer, only the contracts team can take back there"


class _Vendor(Decision, abstract=True):
    """A decision about our set-up as a vendor in the customer's system."""

    deciders = frozenset({Role.CONTRACTS})
    stages = frozenset({Stage.QUOTED, Stage.CONTRACTED, Stage.HUB})
    commits = True
    too_early = _Contracting.too_early
    becomes: ClassVar[VendorStatus]

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        status = lead.vendor.status
        if status is cls.becomes:
            return refuse(f"The vendor set-up is already {status}")
        if lead.vendor.settled and cls.becomes is VendorStatus.STARTED:
            return refuse(
                f"The vendor set-up is already {status}",
                suggest("If that was a mistake, correct it", "corrected"),
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        number = getattr(self, "vendor_number", None) or lead.vendor.number
        vendor = lead.vendor.replaced(status=self.becomes, number=number)
        settled_on = (lead.vendor.settled_on or lead.today(event.at)) if vendor.settled else None
        return lead.replaced(vendor=vendor.replaced(settled_on=settled_on))

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Vendor set-up at the customer: {self.becomes}")


class VendorSetupStarted(_Vendor):
    """The set-up as a vendor in the customer's system has started."""

    kind = "vendor_setup_started"
    irreversible = _FILED
    becomes = VendorStatus.STARTED


class VendorSetupProgressed(_Vendor):
    """The customer's vendor forms moved one step. The set-up itself is done when we are a vendor there."""

    kind = "vendor_setup_progressed"
    irreversible = _FILED
    example = {"forms": "asked for"}
    becomes = VendorStatus.STARTED

    forms: Literal["asked for", "sent", "accepted"] = Field(description="step that the forms have reached")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        return (
            None if lead.vendor.status is cls.becomes and lead.stage in cls.stages else super().allowed(lead)
        )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if day := event_log.lead.vendor.forms.get(self.forms):
            return refuse(f"Their forms were {self.forms} on {day}")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        forms = lead.vendor.forms | {self.forms: lead.today(event.at)}
        vendor = lead.vendor.replaced(status=self.becomes, forms=forms)
        return lead.replaced(vendor=vendor)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Vendor set-up at the customer: forms {self.forms}")


class VendorSetupDone(_Vendor):
    """The set-up as a vendor in the customer's system is done."""

    kind = "vendor_setup_done"
    irreversible = _FILED
    becomes = VendorStatus.DONE
    vendor_number: Title | None = Field(None, description="our number there")


class VendorSetupNotNeeded(_Vendor):
    """The customer needs no vendor set-up."""

    kind = "vendor_setup_not_needed"
    becomes = VendorStatus.NOT_NEEDED


class ServiceExtended(Decision):
    """A service whose contract has ended goes on for one step of 14 days, by a person's decision."""

    kind = "service_extended"
    example = {"reason": "The renewal is with their lawyers"}
    stages = OPEN_STAGES

    reason: FreeText = Field(description="reason to go on without a contract")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        ends = lead.contract.term_ends
        if ends is None:
            return refuse(
                "There is no contract that could have lapsed",
                suggest("Record the signature first", "contract_signed"),
            )
        if not lead.contract.lapsed:
            return refuse(f"The contract is live until {ends}", "Extend it when it has lapsed")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        until = max(lead.contract.term_ends or lead.today(event.at), lead.today(event.at)) + timedelta(
            days=lead.policy.periods.lapse_extension
        )
        contract = lead.contract.replaced(extended_until=until, lapsed=False)
        return lead.replaced(contract=contract)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(
            f"The service goes on without a contract until {event_log.lead.contract.extended_until}: {self.reason}"
        )


class GapExplained(Decision):
    """Days on which the hub ran outside its contracts stay unbilled, for the reason given.

    To bill them instead, correct the later signature and record it with an earlier start.
    """

    kind = "gap_explained"
    deciders = frozenset({Role.SALES, Role.CONTRACTS})
    example = {"reason": "Their new grant begins later; the days are a gift"}
    stages = OPEN_STAGES | {Stage.CLOSED}

    reason: FreeText = Field(description="reason why the days are not billed")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return None if lead.gaps else refuse("No days outside the contracts are unexplained")

    def apply(self, lead: Lead, event: Event) -> Lead:
        signed = list(lead.signed)
        for gap in lead.gaps:
            between = gap.term_index < len(signed)
            index, field = (gap.term_index, "gap_reason") if between else (-1, "after_reason")
            signed[index] = signed[index].replaced(**{field: self.reason})
        *former, contract = signed or [lead.contract]
        return lead.replaced(former=tuple(former), contract=contract)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Days outside the contracts stay unbilled: {self.reason}")
