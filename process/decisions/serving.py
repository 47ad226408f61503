"""Requesting, running and decommissioning the hub (process.md)."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, give, leave_out, refuse, suggest
from process.decisions.base import EVERY_TEAM, Decision, implausible, mail
from process.effects import Effect, OpenHubIssue
from process.lead.hub import HUB_FIELDS, CommunityEvent
from process.lead.lead import Lead
from process.links import has_scheme, link_complaint
from process.money.amounts import Count
from process.plain_errors import shown
from process.types import OPEN_STAGES, FreeText, PersonName, PersonNames, Role, Stage, Title

ENOUGH_USERS = 5


def _as_date(text: str) -> date | None:
    """Return the date if the text is one, such as 2026-07-31."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class HubInformationGiven(Decision):
    """Information for engineering about the hub was given, in whole or in part. Missing fields are pending."""

    kind = "hub_information_given"
    deciders = frozenset({Role.ENGINEERING, Role.SALES})
    example = {
        "name": "Example Hub",
        "auth_type": "CILogon",
        "representatives": "Ada Example",
        "url": "pending",
    }
    one_of = tuple((field,) for field in HUB_FIELDS)

    name: Title | None = Field(None, description="the hub's name")
    background: FreeText | None = Field(None, description="purpose of the hub")
    auth_type: Title | None = Field(None, description="Google, GitHub, CILogon or other")
    administrators: PersonNames | None = Field(None, description="administrators of the hub")
    url: Title | None = Field(None, description="address, such as NAME.CLUSTER.2i2c.cloud")
    logo_url: Title | None = Field(None, description="logo and its link")
    hub_type: Title | None = Field(None, description="type of hub")
    cluster: Title | None = Field(None, description="the cluster it runs on")
    image: Title | None = Field(None, description="image, written name/tag")
    config_name: Title | None = Field(None, description="its name in the configuration")
    representatives: PersonNames | None = Field(None, description="community representative(s), one or two")
    start_date: Title | None = Field(None, description="day from which it is needed")
    end_date: Title | None = Field(None, description="day on which it ends")
    important_dates: FreeText | None = Field(None, description="events, courses, workshops")

    def given(self) -> dict[str, str]:
        """Return the information given, by field."""
        return {field: value for field in HUB_FIELDS if (value := getattr(self, field)) is not None}

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if not self.given():
            return refuse("Nothing about the hub was given", give(*self.one_of))
        if all(event_log.lead.hub.information.get(field) == value for field, value in self.given().items()):
            return refuse("All of that is already known")
        return (
            _url_complaint(self.url) or _url_complaint(self.logo_url) or self._days_complaint(event_log.lead)
        )

    def _days_complaint(self, lead: Lead) -> Refused | None:
        """Return the reason to refuse a last day before the first one, as far as both are dates, or None."""
        if self.start_date is None and self.end_date is None:
            return None
        known = lead.hub.information | self.given()
        first, last = (_as_date(known.get(field, "")) for field in ("start_date", "end_date"))
        if first is None or last is None or first <= last:
            return None
        return refuse(
            f"The hub would end on {last}, before it is needed on {first}", "Give its days in order"
        )

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.replaced(information=lead.hub.information | self.given())
        return lead.replaced(hub=hub)

    def summary(self, event_log: EventLog) -> str:
        given = ", ".join(HUB_FIELDS[field] for field in self.given())
        missing = (
            f"; still missing: {', '.join(event_log.lead.hub.missing())}"
            if event_log.lead.hub.missing()
            else ""
        )
        return self.with_note(f"Hub information given: {given}{missing}")


class EventAnnounced(Decision):
    """The community has an event for which its hub needs capacity. To move it, announce it again under its name."""

    kind = "event_announced"
    deciders = frozenset({Role.ENGINEERING, Role.SALES})
    example = {"name": "Summer school", "first": "2049-07-05", "last": "2049-07-09", "users": 120}

    name: Title = Field(description="name of the event")
    first: date = Field(description="its first day")
    last: date | None = Field(None, description="its last day, if it has more than one")
    users: Count = Field(ge=1, le=100_000_000, description="number of expected users")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.stage in (Stage.CONTRACTED, Stage.HUB) or lead.hub.requested_on:
            return None
        return refuse(
            "No hub has been requested that would need capacity for it",
            suggest("Until then, record it as the impending event of MANIAC-T", "maniac_t_assessed"),
        )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        last = self.last or self.first
        if last < self.first:
            return refuse(f"It can't end on {last}, before it begins", "Give its days in order")
        if last < event_log.lead.today(now):
            return refuse(f"{self.name} is over since {last}", "Give days to come")
        known = next((event for event in event_log.lead.hub.events if event.name == self.name), None)
        if known and (known.first, known.last, known.users) == (self.first, last, self.users):
            return refuse("That event is already announced, just so")
        return implausible(self.first, now, name="The first day of the event") or implausible(
            last, now, name="The last day of the event"
        )

    def apply(self, lead: Lead, event: Event) -> Lead:
        today = lead.today(event.at)
        announced = CommunityEvent(
            name=self.name,
            first=self.first,
            last=self.last or self.first,
            users=self.users,
            announced_on=today,
        )
        others = (known for known in lead.hub.events if known.name != self.name or known.last < today)
        events = tuple(sorted((*others, announced), key=lambda known: known.first))
        return lead.replaced(hub=lead.hub.replaced(events=events))

    def effects(self, change: Change) -> Iterable[Effect]:
        announced = next(known for known in reversed(change.after.hub.events) if known.name == self.name)
        yield mail(change, "event_announced", Role.ENGINEERING, event=str(announced))

    def summary(self, event_log: EventLog) -> str:
        days = f"on {self.first}" if self.last in (None, self.first) else f"from {self.first} to {self.last}"
        return self.with_note(f"An event was announced: {self.name} {days}, {self.users} users expected")


class HubRequested(Decision):
    """Engineering is asked for the hub. Without a signed contract, a named person must allow it and say why.

    That person takes the decision, where the face knows them: on pages to which people sign in, or in a comment on
    GitHub.
    """

    kind = "hub_requested"
    restated_by = "hub_requested"
    irreversible = "What engineering has begun, only they can stop"
    commits = True
    field_deciders = {"exception_by": EVERY_TEAM}

    exception_by: PersonName | None = Field(
        None, description="person who allows a hub without a signature, and who takes this decision"
    )
    exception_reason: FreeText | None = Field(None, description="their reason")

    @property
    def needs_authentication(self) -> bool:
        return self.exception_by is not None

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.hub.requested_on:
            return refuse(f"The hub was already requested on {lead.hub.requested_on}")
        return None

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if event_log.lead.contract.signed_on:
            if self.exception_by or self.exception_reason:
                return refuse(
                    "The contract is signed, so no exception is needed",
                    leave_out(("exception_by", "exception_reason")),
                )
            return None
        if self.exception_by and self.exception_reason:
            return None
        if self.exception_by or self.exception_reason:
            return refuse(
                "An exception needs both a name and a reason", give(("exception_by", "exception_reason"))
            )
        return refuse(
            "No contract is signed",
            suggest("Record the signature first", "contract_signed"),
            suggest(
                "Or say who allows a hub without a contract",
                "hub_requested",
                exception_by="Grace Example",
                exception_reason="The course begins before they can sign",
            ),
        )

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.replaced(
            requested_on=lead.today(event.at),
            withdrawn_on=None,
            exception_by=self.exception_by,
            exception_reason=self.exception_reason,
        )
        return lead.replaced(hub=hub)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.before.hub_issue is None:
            yield OpenHubIssue(key=change.key("open_hub_issue"), cause=change.event.seq)
        yield mail(change, "hub_requested", Role.ENGINEERING)

    def summary(self, event_log: EventLog) -> str:
        allowed = f" without a signature, allowed by {self.exception_by}: {self.exception_reason}"
        return self.with_note("The hub was requested" + (allowed if self.exception_by else ""))


class HubLive(Decision):
    """The hub runs, and its community can log in."""

    kind = "hub_live"
    restated_by = "hub_live"
    irreversible = "A hub that runs goes on running: nothing is taken down by this"
    deciders = frozenset({Role.ENGINEERING})
    commits = True
    example = {"url": "https://example.cluster.2i2c.cloud"}

    url: Title | None = Field(None, description="address of the hub, unless it is already known")
    on: date | None = Field(None, description="the day from which it ran; by default today")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.hub.requested_on is None:
            return refuse("The hub was not requested", suggest("Do that first", "hub_requested"))
        if lead.hub.live_on:
            return refuse(f"The hub has been live since {lead.hub.live_on}")
        return None

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.on and self.on > event_log.lead.today(now):
            return refuse(f"{self.on} has not come yet", "Record it when the hub runs")
        if complaint := _url_complaint(self.url):
            return complaint
        return implausible(self.on, now, name="The day from which it ran") if self.on else None

    def apply(self, lead: Lead, event: Event) -> Lead:
        information = lead.hub.information | ({"url": self.url} if self.url else {})
        live = {"live_on": self.on or lead.today(event.at), "information": information}
        hub = lead.hub.replaced(**live)
        return lead.replaced(hub=hub)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "hub_live", Role.SALES, Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        since = f" since {self.on}" if self.on else ""
        return self.with_note(
            f"The hub is live{since}" + (f": {event_log.lead.hub.url}" if event_log.lead.hub.url else "")
        )


class _OnRunningHub(Decision, abstract=True):
    """A decision about a hub that is running."""

    stages = OPEN_STAGES

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if not lead.hub.running:
            return refuse(
                "No hub of this lead is running", suggest("If one is, record that first", "hub_live")
            )
        return None


class HubValidated(_OnRunningHub):
    """A representative is satisfied with the hub, and at least five users of the community have logged in."""

    kind = "hub_validated"
    deciders = frozenset({Role.ENGINEERING})
    by_link = True
    example = {"representative": "Ada Example", "users": 12}

    representative: PersonName = Field(description="representative of the community who is satisfied")
    users: Count = Field(
        ge=0, le=100_000_000, description="number of the community's users who have logged in"
    )
    reason: FreeText | None = Field(None, description="reason why fewer than five users are enough")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.hub.validated_on:
            return refuse(f"The hub was already validated on {lead.hub.validated_on}")
        return None

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.users < ENOUGH_USERS and not self.reason:
            return refuse(
                f"At least {ENOUGH_USERS} users must have logged in, not {self.users}",
                "Wait for them, or give the reason why fewer are enough",
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.replaced(
            validated_on=lead.today(event.at),
            validated_by=self.representative,
            users=self.users,
            validation_reason=self.reason,
        )
        return lead.replaced(hub=hub)

    def summary(self, event_log: EventLog) -> str:
        fewer = f" ({self.reason})" if self.reason else ""
        return self.with_note(
            f"The hub was validated: {self.representative} is satisfied, {self.users} users logged in{fewer}"
        )


class DecommissionDecided(_OnRunningHub):
    """The hub will be taken down on a given day.

    A mail to the customer is due 14 days before; a reminder, and the question about their data, 2 days before.
    """

    kind = "decommission_decided"
    restated_by = "decommission_decided"
    irreversible = "If the customer was told of it, only sales can take it back there"
    example = {"on": "2049-06-30", "reason": "The course is over"}

    on: date = Field(description="the day on which it is taken down")
    reason: FreeText = Field(description="reason")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.on < event_log.lead.today(now):
            return refuse(f"{self.on} has passed", "Give a day to come")
        if event_log.lead.hub.decommission_on == self.on:
            return refuse(f"Decommission is already decided for {self.on}")
        return implausible(self.on, now, name="The day of decommission")

    def apply(self, lead: Lead, event: Event) -> Lead:
        known = {"decommission_on": self.on, "decommission_decided_on": lead.today(event.at)}
        hub = lead.hub.replaced(**known, notices=())
        return lead.replaced(hub=hub)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "decommission_decided", Role.SALES, Role.ENGINEERING)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Decommission was decided for {self.on}: {self.reason}")


class DecommissionCancelled(_OnRunningHub):
    """The hub stays: the decision to take it down was overruled."""

    kind = "decommission_cancelled"
    restated_by = "decommission_cancelled"
    reason: FreeText = Field(description="reason why it stays")
    example = {"reason": "The community found new funding"}

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return None if lead.hub.decommission_on else refuse("No decommission was decided")

    def apply(self, lead: Lead, event: Event) -> Lead:
        hub = lead.hub.replaced(decommission_on=None, notices=())
        return lead.replaced(hub=hub)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "decommission_cancelled", Role.SALES, Role.ENGINEERING)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"The hub stays, its decommission was overruled: {self.reason}")


class HubDecommissioned(_OnRunningHub):
    """The hub was taken down and its service has ended. Data is kept at least a year."""

    kind = "hub_decommissioned"
    restated_by = "hub_decommissioned"
    irreversible = "A hub that was taken down does not come back by this"
    deciders = frozenset({Role.ENGINEERING})
    example = {"data_confirmed_by": "Ada Example", "data": "kept"}

    data_confirmed_by: PersonName = Field(description="person who confirmed the treatment of the data")
    data: Literal["kept", "handed over", "deleted on request"] = Field(
        "kept", description="treatment of the data"
    )

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.hub.decommission_on is None:
            return refuse(
                "No decommission was decided, so nobody was told",
                suggest("Do that first", "decommission_decided"),
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        today = lead.today(event.at)
        hub = lead.hub.replaced(decommissioned_on=today)
        return lead.replaced(hub=hub, closed_on=today, hold=None)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "hub_decommissioned", Role.SALES, Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(
            f"The hub was taken down; data {self.data}, confirmed by {self.data_confirmed_by}"
        )


def _url_complaint(url: str | None) -> Refused | None:
    """Return the reason to refuse an address, which may lack its scheme or be a word such as pending, or None."""
    if url and has_scheme(url) and (complaint := link_complaint(url)):
        return refuse(f"{shown(url)} {complaint}")
    return None
