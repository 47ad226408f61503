"""Waiting, losing a lead, and reopening it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, give, refuse, suggest
from process.decisions.base import EVERY_TEAM, Decision, implausible, mail, merged_away
from process.effects import Effect
from process.lead.lead import Hold, Lead, Loss
from process.types import FreeText, Role, Stage


class PutOnHold(Decision):
    """The lead waits until a date or for an event. While it waits it does not become stale, and nobody is reminded."""

    kind = "put_on_hold"
    deciders = EVERY_TEAM
    example = {"until": "2049-03-01", "note": "Their budget year begins then"}
    one_of = (("until",), ("event",))

    until: date | None = Field(None, description="the last day of waiting; then it resumes by itself")
    event: FreeText | None = Field(None, description="or the event that it waits for")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        if not (self.until or self.event):
            return refuse("Nobody would know when to go on", give(*self.one_of))
        if self.until and self.until < lead.today(now):
            return refuse(f"{self.until} has passed", "Give a day to come")
        if self.until and (refusal := implausible(self.until, now, name="The last day of waiting")):
            return refusal
        if lead.hold and (lead.hold.until, lead.hold.event) == (self.until, self.event):
            return refuse("The lead is already on hold like that")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        hold = Hold(since=lead.today(event.at), until=self.until, event=self.event)
        return lead.replaced(hold=hold)

    def summary(self, event_log: EventLog) -> str:
        until = f" until {self.until}" if self.until else ""
        awaited = f", waiting for: {self.event}" if self.event else ""
        return self.with_note(f"Put on hold{until}{awaited}")


def _continued(lead: Lead, event: Event) -> Lead:
    """Return the lead with the contracts team's reminders starting again today."""
    pending = lead.pending.replaced(reminded=False, escalated=False)
    return lead.with_pending(pending).replaced(resumed_on=lead.today(event.at))


class Resumed(Decision):
    """The lead no longer waits."""

    kind = "resumed"
    restated_by = "resumed"
    deciders = EVERY_TEAM

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        return None if lead.hold else refuse("The lead is not on hold")

    def apply(self, lead: Lead, event: Event) -> Lead:
        # The days on hold do not count towards staleness, whether a person or the date ends the hold.
        return _continued(lead, event).replaced(hold=None, progressed_at=event.at)

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.is_by_date:
            yield mail(change, "resumed", Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("Resumed")


LossReason = Literal[
    "budget",
    "no decision",
    "no response",
    "competition",
    "own solution",
    "out of scope",
    "timing",
    "duplicate",
    "other",
]


class Lost(Decision):
    """The customer, or we, said no. The coded reason can be counted; a note explains it."""

    kind = "lost"
    restated_by = "lost"
    example = {"reason": "budget", "note": "Their grant was not funded"}

    reason: LossReason = Field(description="coded reason")
    said_by: Literal["they", "we"] = Field("they", description="the side that said no")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.hub.running:
            return refuse(
                "Its hub is running",
                suggest("Decide its decommission first", "decommission_decided"),
                suggest("Record it when it is done", "hub_decommissioned"),
            )
        return None

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.reason == "other" and not self.note:
            return refuse("“Other” says nothing", "Give a note that says why")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        loss = Loss(reason=self.reason, said_by=self.said_by, note=self.note, on=lead.today(event.at))
        return lead.replaced(lost=loss, hold=None)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.before.quoted:  # the contracts team is in the conversation since the first quote
            yield mail(change, "lost", Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Lost, {self.said_by} said no ({self.reason})")


class Reopened(Decision):
    """A lost lead is open again, at the stage where it was."""

    kind = "reopened"
    restated_by = "reopened"
    stages = frozenset({Stage.LOST})
    example = {"reason": "They found another grant"}

    reason: FreeText = Field(description="change since it was lost")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if merged := lead.merged_into:
            return merged_away(merged)
        if lead.stage is Stage.LOST:
            return None
        if lead.stage is Stage.CLOSED:
            return super().allowed(lead)
        return refuse(f"The lead is open, at {lead.stage}", "Go on from there")

    def apply(self, lead: Lead, event: Event) -> Lead:
        return _continued(lead, event).replaced(lost=None)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.before.quoted:
            yield mail(change, "reopened", Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Reopened: {self.reason}")
