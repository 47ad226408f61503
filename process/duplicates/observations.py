"""Observations about leads that may be one request."""

from process.core.events import Event, EventLog, Observation
from process.core.fold import without
from process.decisions.qualifying import QuestionnaireAnswered
from process.duplicates.notices import RelationNotice
from process.effects.observations import AnswersRead
from process.lead.duplicate_links import MAX_DUPLICATES, DuplicateLink, Relation
from process.lead.lead import Lead
from process.lead.qualification import Questionnaire
from process.personal import unless_erased


class DuplicatesFlagged(Observation):
    """The lead matches other open leads, and nobody was asked about them when it began."""

    kind = "duplicates_flagged"
    originals: tuple[DuplicateLink, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        return lead.replaced(originals=(*lead.originals, *self.originals))

    def summary(self, event_log: EventLog) -> str:
        others = ", ".join(f"{other.name}{other.reasons_text}" for other in self.originals)
        return f"It may be the same request as {others}"


class RelationNoticed(Observation):
    """Another lead sent its relation to this one. A merged lead hands over what this one lacks."""

    kind = "relation_noticed"
    notice: RelationNotice
    replaces: int | None = None
    """Number of the event with which that lead was merged into this one before."""
    before: Questionnaire | None = None
    """This lead's questionnaire without that lead's response, given back although it was edited since."""

    @property
    def supersedes(self) -> int | None:
        return self.replaces

    def apply(self, lead: Lead, event: Event) -> Lead:
        sender = self.notice.sender.replaced(seq=event.seq)
        others = tuple(other for other in lead.duplicates if other.lead_id != sender.lead_id)
        if sender.relation is not Relation.NONE:
            others = (*others, sender)
        return lead.replaced(duplicates=others, **self._taken_over(lead), **self._given_back(lead))

    def _given_back(self, lead: Lead) -> dict[str, object]:
        return {"questionnaire": _with_answers(lead.questionnaire, self.before)} if self.before else {}

    def _taken_over(self, lead: Lead) -> dict[str, object]:
        if self.notice.sender.relation is not Relation.MERGED:
            return {}
        found: dict[str, object] = {}
        if lead.email is None and (email := unless_erased(self.notice.email)):
            found["email"] = email
        theirs = self.notice.questionnaire
        if lead.questionnaire.answered_on is None and theirs.answered_on:
            found["questionnaire"] = _with_answers(lead.questionnaire, theirs)
        return found

    def summary(self, event_log: EventLog) -> str:
        sender = self.notice.sender
        match sender.relation:
            case Relation.UNDECIDED:
                return f"{sender.name} may be the same request{sender.reasons_text}"
            case Relation.MERGED:
                return f"{sender.name} was merged into this lead{self._kept(event_log.lead)}"
            case _:
                return f"{sender.name} is no duplicate of this lead"

    def _kept(self, lead: Lead) -> str:
        """Return a clause that names what this lead has taken over."""
        theirs, ours = self.notice.questionnaire, lead.questionnaire
        same = theirs.answered_on and (theirs.response_id, theirs.answered_on) == (
            ours.response_id,
            ours.answered_on,
        )
        return "; its answers to the questionnaire are now this lead's" if same else ""


def _with_answers(ours: Questionnaire, theirs: Questionnaire) -> Questionnaire:
    """Return our questionnaire with their answers. The dates on which it was sent and nudged stay ours."""
    answered = {name: value for name, value in theirs if name not in ("sent_on", "nudged_on")}
    return ours.replaced(**answered)


class OriginalsNotified(Observation):
    """The other leads were notified, and answered with their headings and issues."""

    kind = "originals_notified"
    originals: tuple[DuplicateLink, ...]

    def apply(self, lead: Lead, event: Event) -> Lead:
        seen = {other.lead_id: {"heading": other.heading, "url": other.url} for other in self.originals}
        known = (other.replaced(**seen.get(other.lead_id, {})) for other in lead.originals)
        return lead.replaced(originals=tuple(known))

    def summary(self, event_log: EventLog) -> str:
        return f"It was told to {', '.join(other.name for other in self.originals)}"


def last_notice(event_log: EventLog, other: str) -> Event | None:
    """Return the event that recorded the newest notice from this lead, or None."""
    found = (e for e, fact in event_log.recorded(RelationNoticed) if fact.notice.sender.lead_id == other)
    return next(iter([*found][-1:]), None)


def noticed(event_log: EventLog, notice: RelationNotice) -> RelationNoticed | None:
    """Return the observation to record for a notice, or None if it is no news."""
    merged = Relation.MERGED
    last = last_notice(event_log, notice.sender.lead_id)
    if last is None:
        many = len(event_log.lead.duplicates) >= MAX_DUPLICATES
        if notice.sender.relation is Relation.NONE or (many and notice.sender.relation is not merged):
            return None
        return RelationNoticed(notice=notice)
    assert isinstance(last.fact, RelationNoticed)  # noqa: S101 - found as that
    before = last.fact.notice
    if before.replaced(seq=notice.seq) == notice:
        return None
    if before.sender.relation is not merged:
        return RelationNoticed(notice=notice)
    parted = notice.sender.relation is not merged
    questionnaire = _without_response(event_log, last, before) if parted else None
    return RelationNoticed(notice=notice, replaces=last.seq, before=questionnaire)


def _without_response(event_log: EventLog, last: Event, notice: RelationNotice) -> Questionnaire | None:
    """Return the questionnaire as if the sender's response had not been read here since the merge.

    None if it was not read here.
    """
    response = notice.questionnaire.response_id
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
