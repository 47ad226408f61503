"""Adopting a new policy, lead by lead."""

from datetime import datetime
from typing import Self

from pydantic import Field

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.decisions.base import Decision
from process.effects import Effect, PlaceCard, UpdateHubIssue
from process.lead.lead import Lead
from process.policy import TEAM_FIELDS, Policy, differences
from process.types import Coded, Stage


class PolicyAdopted(Decision):
    """The lead comes under the policy in force: its periods, holidays, columns and labels.

    Earlier decisions keep their dates and prices. People and addresses of the roles need no such decision.
    """

    kind = "policy_adopted"
    example = {"note": "The periods of 2026-09 for all that are not signed yet"}
    example_suffices = False  # the policy is not written by hand
    is_progress = False

    policy: Policy | None = Field(None, description="the policy; commands and comments take the one in force")
    changed: tuple[Coded, ...] = Field((), description="rules that change; filled in by the service")

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.policy is None:
            return refuse(
                "No policy came with it",
                Suggestion(kind=SuggestionKind.POLICY, text="Send the policy to adopt"),
            )
        if missing := [stage for stage in Stage if stage not in self.policy.columns]:
            return refuse(
                f"The policy {self.policy.version} names no column for {', '.join(missing)}",
                "Name one for each stage",
            )
        known = event_log.lead.policy
        changed, same_name = differences(known, self.policy), self.policy.version == known.version
        if changed and same_name:
            return refuse(
                f"The policy {self.policy.version}, which the lead is under, has other rules",
                "Give the new one a version of its own",
            )
        if same_name:
            return refuse(f"The lead is under the policy {self.policy.version} already")
        return None

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        changed = differences(event_log.lead.policy, self.policy) if self.policy else ()
        return self.replaced(changed=tuple(text[:200] for text in changed))

    def apply(self, lead: Lead, event: Event) -> Lead:
        if self.policy is None:
            return lead
        known = {name: getattr(lead.policy, name) for name in TEAM_FIELDS}
        return lead.replaced(policy=self.policy.replaced(**known))

    def effects(self, change: Change) -> list[Effect]:
        found: list[Effect] = []
        if change.before.policy.columns != change.after.policy.columns:
            key, column = change.key("place_card"), change.before.policy.columns.get(change.before.stage)
            found.append(PlaceCard(key=key, cause=change.event.seq, stood_in=column))
        if change.before.policy.labels != change.after.policy.labels and change.after.hub_issue:
            found.append(UpdateHubIssue(key=change.key("update_hub_issue"), cause=change.event.seq))
        return found

    def summary(self, event_log: EventLog) -> str:
        changes = f": {'; '.join(self.changed)}" if self.changed else ", whose rules are the same"
        return self.with_note(f"From here on under the policy {event_log.lead.policy.version}{changes}")
