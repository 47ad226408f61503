"""Merging a lead into its duplicate, or keeping the two apart (process.md)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import Field

from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse
from process.decisions.base import Decision, mail
from process.effects import Effect
from process.lead.duplicate_links import DuplicateLink, Relation
from process.lead.lead import Lead, Loss
from process.types import Coded, FreeText, Role, Stage


class KeptApart(Decision):
    """The lead is not a duplicate of the leads that it resembles. It goes on, and the question is not asked again."""

    kind = "kept_apart"
    other: Coded | None = Field(
        None, description="id of the lead that it is not; by default all that it may be the same as"
    )
    reason: FreeText | None = Field(None, description="reason")

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.undecided:
            return None
        held = [other.lead_id for other in lead.duplicates if other.relation is Relation.UNDECIDED]
        return refuse(
            "Nothing says that this lead may be a duplicate of another",
            f"{', '.join(held)} may be one of this: decide it there" if held else "",
        )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        known = [other.lead_id for other in event_log.lead.undecided]
        if self.other is None or self.other in known:
            return None
        return refuse(
            f"{self.other} is none of those that it may be the same as",
            f"Name one of {', '.join(known)}, or none for all of them",
        )

    def apply(self, lead: Lead, event: Event) -> Lead:
        meant = {other.lead_id for other in lead.undecided if self.other in (None, other.lead_id)}
        apart = {"relation": Relation.APART, "seq": event.seq}
        originals = (o.replaced(**apart) if o.lead_id in meant else o for o in lead.originals)
        return lead.replaced(originals=tuple(originals))

    def summary(self, event_log: EventLog) -> str:
        others = ", ".join(
            other.lead_id for other in event_log.lead.originals if other.seq == event_log.lead.last_seq
        )
        sentence = f"Kept apart from {others or self.other or 'what it looks like'}"
        return self.with_note(f"{sentence} ({self.reason})" if self.reason else sentence)


class Merged(Decision):
    """The lead is a duplicate of another one, which goes on with the data of both. This lead ends.

    Correcting this decision takes the merge back and tells the other lead.
    """

    kind = "merged"
    restated_by = "merged"
    stages = frozenset({Stage.LEAD, Stage.QUOTED})
    example = {"into": "lead-axpipyeh"}

    into: Coded = Field(description="id of the lead that goes on, or its issue as leads#12")

    @classmethod
    def example_for(cls, lead: Lead) -> dict[str, Any]:
        return {"into": lead.undecided[0].lead_id} if lead.undecided else dict(cls.example)

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        instead = "Merge the other lead into this one, and decide that there"
        if not lead.ended and lead.contract.signed_on:
            return refuse("A lead with a signed contract is merged into no other", instead)
        if not lead.ended and lead.hub.requested_on:
            return refuse("Engineering was asked for its hub, so it is merged into no other", instead)
        return super().allowed(lead)

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        lead = event_log.lead
        if self.into == lead.id:
            return refuse(
                "A lead is not merged into itself",
                Suggestion(kind=SuggestionKind.LEADS, text="Name the lead that goes on"),
            )
        if any(o.lead_id == self.into and o.relation is Relation.MERGED for o in lead.duplicates):
            return refuse(
                f"{self.into} was merged into this lead", "Take that back first, by correcting it there"
            )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        loss = Loss(reason="duplicate", said_by="we", note=self.note, on=lead.today(event.at))
        originals = _with(lead, self.into, Relation.MERGED, event)
        return lead.replaced(lost=loss, hold=None, originals=originals)

    def withdrawn(self, lead: Lead, event: Event) -> Lead:
        """Keep the link to the other lead, so that it is notified of the correction."""
        if any(other.lead_id == self.into for other in lead.originals):
            return lead
        return lead.replaced(originals=_with(lead, self.into, Relation.NONE, event))

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.before.quoted:  # the contracts team is in the conversation since the first quote
            yield mail(change, "merged", Role.CONTRACTS)

    def summary(self, event_log: EventLog) -> str:
        into = event_log.lead.merged_into
        return self.with_note(f"Merged into {into.name if into else self.into}")


def _with(lead: Lead, other: str, relation: Relation, event: Event) -> tuple[DuplicateLink, ...]:
    """Return the lead's originals with this relation to the other lead."""
    news = {"relation": relation, "seq": event.seq}
    known = next((o for o in lead.originals if o.lead_id == other), DuplicateLink(lead_id=other)).replaced(
        **news
    )
    there = any(o.lead_id == other for o in lead.originals)
    replaced = tuple(known if o.lead_id == other else o for o in lead.originals)
    return replaced if there else (*replaced, known)
