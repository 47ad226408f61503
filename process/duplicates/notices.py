"""What leads that may be one request tell each other.

The younger one is held until a person decides (`process.decisions.merging`), and says to each lead concerned what it
is to that one, and again whenever that changes. The last word counts: what came before it is forgotten, in whatever
order it arrives, and what was taken over because of it is taken back.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import Field

from process.core.events import Event, EventLog, Observation
from process.core.fold import without
from process.core.refusal import Refused, refuse
from process.decisions.qualifying import QuestionnaireAnswered
from process.effects.observations import AnswersRead
from process.identity import contact_key, org_key, title_key
from process.lead.duplicate_links import MOST, DuplicateLink, MatchReason, Relation
from process.lead.lead import Lead
from process.lead.qualification import Questionnaire
from process.types import Line, Model, Stage


class RelationNotice(Model):
    """What a lead says to another: what it is to that one and, where it was merged into it, what is known of it."""

    me: DuplicateLink
    """Whoever speaks, as the other one is to know it."""
    seq: int = Field(ge=1)
    """Number of its newest event. Of two words the one with the higher number counts."""
    email: Line | None = None
    questionnaire: Questionnaire = Questionnaire()


class DuplicateCandidates(Model):
    """Leads that another one was found to look like."""

    originals: tuple[DuplicateLink, ...] = Field(min_length=1, max_length=100)


def match_reasons(one: Lead, other: Lead) -> tuple[MatchReason, ...]:
    """By what two leads look alike; in title alone, they do not."""
    found = []
    if org_key(one.org) == org_key(other.org):
        found.append(MatchReason.ORGANISATION)
        if title_key(one.title) == title_key(other.title):
            found.append(MatchReason.TITLE)
    if one.email and other.email and contact_key(one.email) == contact_key(other.email):
        same = one.email.casefold() == other.email.casefold()
        found.append(MatchReason.ADDRESS if same else MatchReason.DOMAIN)
    return tuple(found)


def relation_notices(lead: Lead) -> dict[str, RelationNotice]:
    """What this lead is to each of the others concerned, by their ids. That it was another one from the first is no news."""
    news = (other for other in lead.originals if other.relation is not Relation.APART or other.since)
    return {other.lead: _told(lead, other) for other in news}


def news(before: Lead, after: Lead) -> bool:
    """Whether another lead is to hear something that it does not know yet."""
    return _content(before) != _content(after)


def _content(lead: Lead) -> dict[str, Any]:
    return {other: told.replaced(seq=1) for other, told in relation_notices(lead).items()}


def _told(lead: Lead, other: DuplicateLink) -> RelationNotice:
    relation = other.relation
    if relation is Relation.UNDECIDED and other not in lead.undecided:
        relation = Relation.NONE
    me = DuplicateLink(
        lead=lead.id,
        relation=relation,
        why=other.why,
        heading=lead.heading,
        url=lead.issue.url if lead.issue else "",
    )
    if relation is not Relation.MERGED:
        return RelationNotice(me=me, seq=lead.last_seq)
    return RelationNotice(me=me, seq=lead.last_seq, email=lead.email, questionnaire=lead.questionnaire)


def unmergeable(lead: Lead, duplicate: str) -> Refused | None:
    """Why nothing can be merged into this lead now, or None."""
    into = lead.merged_into
    if lead.id == duplicate:
        return refuse("A lead is not merged into itself", "Name the lead that goes on")
    if into and into.lead == duplicate:
        return refuse(
            f"{lead.id} was itself merged into {duplicate}", "Take one of the two back, by correcting it"
        )
    if into:
        return refuse(f"{lead.id} was merged into {into.lead}", f"Merge into {into.lead}")
    if lead.stage is Stage.LOST:
        return refuse(f"{lead.id} is lost", "Reopen that one first")
    if lead.ended:
        return refuse(f"{lead.id} is closed: its service has ended", "Merge into an open lead")
    return None


class DuplicatesFlagged(Observation):
    """Nobody could be asked as the lead began, and other open leads look like it."""

    kind = "duplicates_flagged"

    originals: tuple[DuplicateLink, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(originals=(*lead.originals, *self.originals))

    def summary(self, event_log: EventLog) -> str:
        others = ", ".join(f"{other.name}{other.because}" for other in self.originals)
        return f"It may be the same request as {others}"


class RelationNoticed(Observation):
    """Another lead said what it is to this one. Merged into this one, it leaves what this one does not have."""

    kind = "relation_noticed"

    told: RelationNotice
    replaces: int | None = None
    """Number of the event with which that lead was merged into this one before."""
    before: Questionnaire | None = None
    """This lead's questionnaire without that lead's response, which it gives back though it was edited since."""

    @property
    def supersedes(self) -> int | None:
        return self.replaces

    def apply(self, lead: Lead, event: Event) -> Lead:
        me = self.told.me.replaced(since=event.seq)
        others = tuple(other for other in lead.duplicates if other.lead != me.lead)
        if me.relation is not Relation.NONE:
            others = (*others, me)
        return lead.replaced(duplicates=others, **self._taken_over(lead), **self._given_back(lead))

    def _given_back(self, lead: Lead) -> dict[str, object]:
        return {"questionnaire": _answered_as(lead.questionnaire, self.before)} if self.before else {}

    def _taken_over(self, lead: Lead) -> dict[str, object]:
        if self.told.me.relation is not Relation.MERGED:
            return {}
        found: dict[str, object] = {}
        if lead.email is None and self.told.email:
            found["email"] = self.told.email
        theirs = self.told.questionnaire
        if lead.questionnaire.answered_on is None and theirs.answered_on:
            found["questionnaire"] = _answered_as(lead.questionnaire, theirs)
        return found

    def summary(self, event_log: EventLog) -> str:
        me = self.told.me
        match me.relation:
            case Relation.UNDECIDED:
                return f"{me.name} may be the same request{me.because}"
            case Relation.MERGED:
                return f"{me.name} was merged into this lead{self._kept(event_log.lead)}"
            case _:
                return f"{me.name} is no duplicate of this lead"

    def _kept(self, lead: Lead) -> str:
        """What this lead has from it."""
        theirs, ours = self.told.questionnaire, lead.questionnaire
        same = theirs.answered_on and (theirs.response_id, theirs.answered_on) == (
            ours.response_id,
            ours.answered_on,
        )
        return "; its answers to the questionnaire are now this lead's" if same else ""


def _answered_as(ours: Questionnaire, theirs: Questionnaire) -> Questionnaire:
    """With their answers. When it was sent and asked for stays ours."""
    answered = {name: value for name, value in theirs if name not in ("sent_on", "nudged_on")}
    return ours.replaced(**answered)


class OriginalsNotified(Observation):
    """What the other leads are called, and where their issues are."""

    kind = "originals_notified"

    originals: tuple[DuplicateLink, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        seen = {other.lead: {"heading": other.heading, "url": other.url} for other in self.originals}
        known = (other.replaced(**seen.get(other.lead, {})) for other in lead.originals)
        return lead.replaced(originals=tuple(known))

    def summary(self, event_log: EventLog) -> str:
        return f"It was told to {', '.join(other.name for other in self.originals)}"


def unknown(event_log: EventLog, originals: Iterable[DuplicateLink]) -> tuple[DuplicateLink, ...]:
    """Which of these the lead is to be held for: none that it has to do with already, and only at its very beginning."""
    lead = event_log.lead
    if lead.stage is not Stage.LEAD or lead.hub.requested_on:
        return ()
    known = {lead.id, *(other.lead for other in (*lead.originals, *lead.duplicates))}
    new = {other.lead: other for other in originals if other.lead not in known}
    clean = {"relation": Relation.UNDECIDED, "since": 0}
    room = max(0, MOST - len(lead.originals))
    return tuple(other.replaced(**clean) for other in new.values())[:room]


def last_notice(event_log: EventLog, other: str) -> Event | None:
    """The event with which that lead was heard last."""
    for event in reversed(event_log.events):
        if isinstance(event.fact, RelationNoticed) and event.fact.told.me.lead == other:
            return event
    return None


def as_fact(event_log: EventLog, told: RelationNotice) -> RelationNoticed | None:
    """What becomes true by this word; None where it is known."""
    last = last_notice(event_log, told.me.lead)
    if last is None:
        return None if told.me.relation is Relation.NONE else RelationNoticed(told=told)
    assert isinstance(last.fact, RelationNoticed)  # noqa: S101 - found as that
    before = last.fact.told
    if before.replaced(seq=told.seq) == told:
        return None
    if before.me.relation is not Relation.MERGED:
        return RelationNoticed(told=told)
    parted = told.me.relation is not Relation.MERGED
    return RelationNoticed(
        told=told, replaces=last.seq, before=_without_response(event_log, last, before) if parted else None
    )


def _without_response(event_log: EventLog, last: Event, told: RelationNotice) -> Questionnaire | None:
    """The questionnaire as if their response had not been read here since they came; None where it was not."""
    response = told.questionnaire.response_id
    if response is None or event_log.lead.questionnaire.response_id != response:
        return None
    merge: Event | None = last
    while merge and isinstance(merge.fact, RelationNoticed) and merge.fact.replaces:
        merge = event_log.find(merge.fact.replaces)
    since = merge.seq if merge else last.seq
    read = [
        event.seq
        for event in event_log.events
        if event.seq > since
        and isinstance(event.fact, (QuestionnaireAnswered, AnswersRead))
        and event.fact.response_id == response
    ]
    return without(event_log, last.seq, *read).questionnaire if read else None
