"""Opening a lead, changing its details and assigning roles."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from process.addresses import EXAMPLE, complaint_about, domain_of
from process.calendar import zone_exists
from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, give, refuse, suggest
from process.decisions.base import EVERY_TEAM, Decision
from process.effects import Effect, NotifyLeads, OpenIssue, PlaceCard, ReadPrices, UpdateIssue
from process.effects.reservations import id_effects
from process.lead.assignee import Assignee
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.lead import Lead
from process.money.pricing import BUILT_IN, PriceBook
from process.personal import Personal, unless_erased
from process.plain_errors import shown
from process.policy import Policy
from process.types import (
    Code,
    Coded,
    Link,
    Login,
    MailAddress,
    PersonName,
    Role,
    Text,
    Title,
    line_complaint,
)

Service = Literal["hub", "other"]
BillingAddress = Annotated[Text, StringConstraints(max_length=500), Personal.ADDRESS]


class LeadOpened(Decision):
    """Somebody showed obvious interest in working with us, and is now a lead."""

    kind = "lead_opened"
    stages = frozenset()
    example = {"org": "Example University", "person": "Ada Example", "title": "Hub for a course"}

    org: Title = Field(description="the lead's organisation")
    person: PersonName = Field(description="the person there")
    title: Title = Field(description="short title of the request")
    email: MailAddress | None = Field(None, description="the person's mail address")
    service: Service = Field("hub", description="hub as a service, or something else")
    zone: Coded = Field("UTC", description="the lead's time zone, such as Europe/Berlin; days are days there")
    issue: Link | None = Field(
        None, description="issue on GitHub that it began as; by default a new one is opened"
    )
    originals: tuple[DuplicateLink, ...] = Field(
        (), description="open leads that it resembles, and those that it was decided to differ from"
    )
    policy: Policy = Policy()
    changes: tuple[Code, ...] = ()
    price_books: tuple[PriceBook, ...] = BUILT_IN
    """Price books until the price list is read. They are recorded, so that new code changes no quote."""

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        return refuse("The lead is already open", suggest("Change its details", "details_changed"))

    def complaint(self) -> Refused | None:
        """Return the reason to refuse to open the lead, or None."""
        if self.issue and not self.issue.id.isdecimal():
            return refuse(f"{shown(self.issue.id)} is no issue's number", "Give the issue as its id and url")
        for name in ("org", "person", "title", "by"):
            if wrong := line_complaint(getattr(self, name)):
                return refuse(f"{name} {wrong}", f"Give {name} as plain text of one line")
        return contact_complaint(self.zone, self.email)

    def opened(self, lead_id: str, at: datetime) -> Lead:
        """Return the new lead."""
        return Lead(
            id=lead_id,
            opened_at=at,
            progressed_at=at,
            org=self.org,
            person=self.person,
            title=self.title,
            email=unless_erased(self.email),
            service=self.service,
            zone=self.zone,
            issue=self.issue,
            originals=self._originals(lead_id),
            policy=self.policy,
            price_books=self.price_books,
            changes=self.changes,
        )

    def _originals(self, lead_id: str) -> tuple[DuplicateLink, ...]:
        """Return the originals without repetition, each undecided unless it was kept apart."""
        others = {other.lead_id: other for other in self.originals if other.lead_id != lead_id}
        undecided = {"relation": Relation.UNDECIDED}
        return tuple(
            other if other.relation is Relation.APART else other.replaced(**undecided)
            for other in others.values()
        )

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.issue:
            yield UpdateIssue(key=change.key("update_issue"), cause=change.event.seq)
        else:
            yield OpenIssue(key=change.key("open_issue"), cause=change.event.seq)
        yield PlaceCard(key=change.key("place_card"), cause=change.event.seq)
        yield ReadPrices(key=change.key("read_prices"), cause=change.event.seq)
        yield from id_effects(change)
        if change.after.undecided:
            yield NotifyLeads(key=change.key("notify_leads"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        lead = event_log.lead
        others = ", ".join(f"{other.lead_id}{other.reasons_text}" for other in lead.undecided)
        held = f"; it may be the same request as {others}" if others else ""
        return self.with_note(f"{lead.org} became a lead: {lead.title}{held}")


class DetailsChanged(Decision):
    """Details of the lead were wrong or have changed: organisation, person, title, service, zone or invoicing."""

    kind = "details_changed"
    deciders = frozenset({Role.SALES, Role.CONTRACTS})
    field_deciders = {
        "reference": frozenset({Role.CONTRACTS}),
        "billing_address": frozenset({Role.CONTRACTS}),
    }
    example = {"person": "Grace Example"}
    one_of = (
        ("org",),
        ("person",),
        ("title",),
        ("email",),
        ("service",),
        ("zone",),
        ("reference",),
        ("billing_address",),
    )

    org: Title | None = Field(None, description="the lead's organisation")
    person: PersonName | None = Field(None, description="the person there")
    title: Title | None = Field(None, description="short title of the request")
    email: MailAddress | None = Field(None, description="the person's mail address")
    service: Service | None = Field(None, description="hub as a service, or something else")
    zone: Coded | None = Field(None, description="the lead's time zone, such as Europe/Berlin")
    reference: Title | None = Field(
        None, description="the customer's reference for invoices, unless their contract has one"
    )
    billing_address: BillingAddress | None = Field(
        None, description="the customer's address for invoices, in lines or separated by commas"
    )

    def given(self) -> dict[str, str]:
        """Return the changed details."""
        return {name: value for (name,) in self.one_of if (value := getattr(self, name)) is not None}

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if not self.given():
            return refuse("Nothing was given to change", give(*self.one_of))
        return contact_complaint(self.zone, self.email)

    def apply(self, lead: Lead, event: Event) -> Lead:
        given = self.given()
        email = {"email": unless_erased(given["email"])} if "email" in given else {}
        return lead.replaced(**given | email)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Changed: {', '.join(self.given()).replace('_', ' ')}")


class Assigned(Decision):
    """A role for this lead is given to one person. Without a person, it goes back to everybody who has the role."""

    kind = "assigned"
    deciders = EVERY_TEAM
    example = {"role": "sales", "person": "Grace Example"}

    role: Literal[Role.SALES, Role.CONTRACTS, Role.ENGINEERING] = Field(description="the role")
    person: PersonName | None = Field(None, description="name of the person")
    login: Login | None = Field(None, description="their GitHub login")
    email: MailAddress | None = Field(None, description="their mail address")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.person is None and (self.login or self.email):
            return refuse("A login or an address alone is nobody's name", give(("person",)))
        if event_log.lead.assigned.get(self.role) == self.assignee():
            if self.person is None:
                return refuse(
                    f"Everybody who has the role {self.role} has it for this lead already", give(("person",))
                )
            return refuse(f"{self.person} has the role {self.role} already")
        return contact_complaint(None, self.email) or self._foreign_address(event_log.lead)

    def _foreign_address(self, lead: Lead) -> Refused | None:
        """Return the reason to refuse an address outside the organisation: it would get the lead's mails. Or None."""
        domains = lead.policy.own_domains
        if self.email is None or not domains or domain_of(self.email) in domains:
            return None
        return refuse(
            f"The address is outside the organisation, whose domains are {', '.join(sorted(domains))}",
            "Further domains are named by the policy (mail_domains)",
        )

    def assignee(self) -> Assignee | None:
        if self.person is None:
            return None
        return Assignee(person=self.person, login=unless_erased(self.login), email=unless_erased(self.email))

    def apply(self, lead: Lead, event: Event) -> Lead:
        assigned = {role: known for role, known in lead.assigned.items() if role != self.role}
        if known := self.assignee():
            assigned[Role(self.role)] = known
        return lead.replaced(assigned=assigned)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(
            f"{self.role.capitalize()} for this lead: {self.person or 'nobody in particular'}"
        )


def contact_complaint(zone: str | None, email: str | None) -> Refused | None:
    """Return the reason to refuse the time zone or the mail address, or None."""
    if zone is not None and not zone_exists(zone):
        return refuse(f"There is no time zone {shown(zone)}", "Name one as Europe/Berlin or UTC")
    if email is not None and (wrong := complaint_about(email)):
        return refuse(f"{shown(email)} {wrong}", f"Write it as {EXAMPLE}")
    return None
