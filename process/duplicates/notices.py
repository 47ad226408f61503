"""Notices between leads that may be one request.

The younger lead is held until a person decides (`process.decisions.merging`). It notifies each lead concerned of their
relation, and again whenever that changes. The newest notice counts, in whatever order notices arrive, and what was taken
over because of an older one is taken back.
"""

from collections.abc import Iterable

from pydantic import Field

from process.core.refusal import Refused, refuse
from process.lead.duplicate_links import MAX_ORIGINALS, DuplicateLink, Relation
from process.lead.lead import Lead
from process.lead.qualification import Questionnaire
from process.types import Given, MailAddress, Stage


class RelationNotice(Given):
    """A lead's notice to another lead of their relation. A merged lead sends its data along."""

    sender: DuplicateLink
    """The sending lead, as the receiver is to link it."""
    seq: int = Field(ge=1)
    """Number of the sender's newest event. Of two notices the one with the higher number counts."""
    email: MailAddress | None = None
    questionnaire: Questionnaire = Questionnaire()


class DuplicateCandidates(Given):
    """Leads that a lead was found to match."""

    originals: tuple[DuplicateLink, ...] = Field(min_length=1, max_length=100)


def relation_notices(lead: Lead) -> dict[str, RelationNotice]:
    """Return this lead's notices to the leads concerned, by their ids.

    A lead that was known to be another one from the start is not notified.
    """
    concerned = (other for other in lead.originals if other.relation is not Relation.APART or other.seq)
    return {other.lead_id: _notice(lead, other) for other in concerned}


def has_news(before: Lead, after: Lead) -> bool:
    """Return True if a change of the lead gives other leads something new to know."""
    return bool(before.originals or after.originals) and _contents(before) != _contents(after)


def _contents(lead: Lead) -> dict[str, RelationNotice]:
    return {other: notice.replaced(seq=1) for other, notice in relation_notices(lead).items()}


def _notice(lead: Lead, other: DuplicateLink) -> RelationNotice:
    relation = other.relation
    if relation is Relation.UNDECIDED and other not in lead.undecided:
        relation = Relation.NONE
    sender = DuplicateLink(
        lead_id=lead.id,
        relation=relation,
        reasons=other.reasons,
        heading=lead.heading,
        url=lead.issue.url if lead.issue else "",
    )
    if relation is not Relation.MERGED:
        return RelationNotice(sender=sender, seq=lead.last_seq)
    return RelationNotice(
        sender=sender, seq=lead.last_seq, email=lead.email, questionnaire=lead.questionnaire
    )


def refuse_notice(lead: Lead, notice: RelationNotice) -> Refused | None:
    """Return the reason to refuse a notice, or None."""
    if notice.sender.lead_id == lead.id:
        return refuse("A lead has nothing to tell itself")
    return refuse_merge(lead, notice.sender.lead_id) if notice.sender.relation is Relation.MERGED else None


def refuse_merge(lead: Lead, duplicate: str) -> Refused | None:
    """Return the reason why the lead `duplicate` cannot be merged into this one now, or None."""
    into = lead.merged_into
    if lead.id == duplicate:
        return refuse("A lead is not merged into itself", "Name the lead that goes on")
    if into and into.lead_id == duplicate:
        return refuse(
            f"{lead.id} was itself merged into {duplicate}", "Take one of the two back, by correcting it"
        )
    if into:
        return refuse(f"{lead.id} was merged into {into.lead_id}", f"Merge into {into.lead_id}")
    if lead.stage is Stage.LOST:
        return refuse(f"{lead.id} is lost", "Reopen that one first")
    if lead.ended:
        return refuse(f"{lead.id} is closed: its service has ended", "Merge into an open lead")
    return None


def new_candidates(lead: Lead, originals: Iterable[DuplicateLink]) -> tuple[DuplicateLink, ...]:
    """Return those leads that this one is to be held for: unknown to it, and only before a price or hub is asked for."""
    if lead.stage is not Stage.LEAD or lead.hub.requested_on:
        return ()
    known = {lead.id, *(other.lead_id for other in (*lead.originals, *lead.duplicates))}
    new = {other.lead_id: other for other in originals if other.lead_id not in known}
    clean = {"relation": Relation.UNDECIDED, "seq": 0}
    free = max(0, MAX_ORIGINALS - len(lead.originals))
    return tuple(other.replaced(**clean) for other in new.values())[:free]
