"""A mistaken decision is superseded, with both acts kept in the log (process.md)."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import Field

from process import fold  # as a module: it needs this package, too
from process.billing import billed_again
from process.decisions.base import EVERY_TEAM, Decision, folder_effects, mail
from process.decisions.opening import LeadOpened
from process.effects import Effect, OpenHubIssue, OpenIssue, PlaceCard, effect_key
from process.facts import Event, Refused
from process.history import History
from process.lead import Lead
from process.model import Role, Stage, Text


class IssueReplaced(Decision):
    """The lead's issue, or its hub's, was deleted on GitHub, and a new one is to take its place."""

    deciders = EVERY_TEAM

    def check(self, lead: Lead, now: datetime) -> Refused | None:
        if lead.drift.keys().isdisjoint(("issue", "hub issue")):
            there = f": {lead.issue.url}" if lead.issue else ""
            return Refused(reason=f"No issue of this lead is known to be gone{there}")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        gone: dict[str, object] = {}
        if "issue" in lead.drift:
            gone |= {"issue": None, "card": None}
        if "hub issue" in lead.drift:
            gone["hub_issue"] = None
        others = {place: text for place, text in lead.drift.items() if place == "folder"}
        return lead.model_copy(update={"drift": others, **gone})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        if after.issue is None:
            yield OpenIssue(key=effect_key(after, event, "open_issue"), cause=event.seq)
            yield PlaceCard(key=effect_key(after, event, "place_card"), cause=event.seq)
        if before.hub_issue and after.hub_issue is None:
            yield OpenHubIssue(key=effect_key(after, event, "open_hub_issue"), cause=event.seq)

    def words(self, lead: Lead) -> str:
        return self.noted("What was deleted on GitHub is opened anew")


class FolderReplaced(Decision):
    """The lead's Drive folder was deleted or is in the trash, and a new one is to take its place."""

    deciders = EVERY_TEAM

    def check(self, lead: Lead, now: datetime) -> Refused | None:
        if "folder" not in lead.drift:
            there = f": {lead.folder.url}" if lead.folder else ""
            return Refused(reason=f"No folder of this lead is known to be gone{there}")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        others = {place: text for place, text in lead.drift.items() if place != "folder"}
        return lead.model_copy(update={"drift": others, "folder": None, "folder_id": None})

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        return folder_effects(after, after, event)

    def words(self, lead: Lead) -> str:
        return self.noted("A new Drive folder takes the place of the one that is gone")


class Corrected(Decision):
    """An earlier decision was a mistake. It no longer counts; both stay in the log, and nobody is told unless asked for.

    Mails because of it that have not left yet are not sent, unless its correction is corrected in turn.
    """

    deciders = EVERY_TEAM
    stages = frozenset(Stage)
    example = {"seq": 4, "reason": "That was another lead's quote"}

    seq: int = Field(ge=1, le=1_000_000, description="number of the decision in the lead's timeline")
    reason: Text = Field(description="why it was a mistake")
    tell: bool = Field(False, description="tell sales and the contracts team by mail")

    @property
    def supersedes(self) -> int:
        return self.seq

    def check_history(self, history: History, now: datetime) -> Refused | None:
        wrong = history.find(self.seq)
        if wrong is None:
            return Refused(reason=f"There is no {self.seq} in the timeline", instead="See `leads history`")
        if not isinstance(wrong.fact, Decision):
            return Refused(
                reason=f"{self.seq} is no decision but something that happened ({wrong.words})",
                instead="Correct the decision that led to it",
            )
        if isinstance(wrong.fact, LeadOpened):
            return Refused(
                reason="That the lead was opened can't be undone",
                instead="Change its facts (details_changed), or merge it into the lead that it is a duplicate of (merged)",
            )
        if self.seq in fold.superseded(history.events):
            return Refused(
                reason=f"{self.seq} is already corrected",
                instead="To make it count again, correct its correction",
            )
        if broken := fold.first_broken(history, self.seq):
            if broken.seq == wrong.fact.supersedes:
                return Refused(
                    reason=f"{broken.seq} ({broken.words}) could not be decided as things are now",
                    instead=f"Decide it anew ({broken.kind})",
                )
            return Refused(
                reason=f"{broken.seq} ({broken.words}) rests on it", instead=f"Correct {broken.seq} first"
            )
        if again := billed_again(fold.without(history, self.seq)):
            return Refused(
                reason=f"Invoice {again.number} has billed the same since",
                instead="Void that one first (invoice_voided)",
            )
        return None

    def effects(self, before: Lead, after: Lead, event: Event) -> Iterable[Effect]:
        if after.hub.requested_on and not before.hub.requested_on and after.hub_issue is None:
            yield OpenHubIssue(key=effect_key(after, event, "open_hub_issue"), cause=event.seq)
        if self.tell:
            yield mail(
                after, event, "corrected", Role.SALES, Role.CONTRACTS, seq=str(self.seq), reason=self.reason
            )

    def words(self, lead: Lead) -> str:
        return self.noted(f"{self.seq} was a mistake and no longer counts: {self.reason}")
