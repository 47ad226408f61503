"""The base class of decisions, and helpers that several of them share."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from pydantic import AwareDatetime, Field

from process.actor import SOMEONE_AT_TEMPORAL, Actor
from process.core.events import Change, EventLog, Fact
from process.core.refusal import Refused, Suggestion, SuggestionKind, refuse, suggest, title
from process.effects import SendMail
from process.lead.duplicate_links import DuplicateLink
from process.lead.lead import Lead
from process.types import OPEN_STAGES, Coded, FreeText, PersonName, Role, Stage, Title

SET_BY_FACE = frozenset({"source", "key", "said_at"})
"""Fields that a face fills in, so that people are not asked for them."""
SET_BY_LEAD = frozenset({"actor", "adds_to", "left", "told", "restated"})
"""Fields that the lead fills in when it takes or records a decision."""
SET_BY_SERVICE = SET_BY_LEAD | {
    "source",
    "said_at",
    "policy",
    "changed",
    "price_books",
    "changes",
    "issue",
    "originals",
}
"""Fields that the service fills in: no command and no form asks a person for them."""
SET_FOR_SIGNED_IN = frozenset({"by", "key"})
"""Fields that a face fills in, too, where people sign in: it knows who decides, and gives each form or request a key."""
SAID_WITHIN = timedelta(days=14)
"""A decision counts from when it was said if that is no longer ago; an older one is judged by the present."""
EVERY_TEAM = frozenset({Role.SALES, Role.CONTRACTS, Role.ENGINEERING})


class Decision(Fact, abstract=True):
    """A person's decision. A subclass defines its conditions, the state after it, and its effects."""

    registry: ClassVar[dict[str, type["Decision"]]] = {}
    """Kind → class, of all decisions."""
    stages: ClassVar[frozenset[Stage]] = OPEN_STAGES
    """Stages in which the decision may be taken."""
    too_early: ClassVar[Refused] = refuse("It is too early for that")
    """Refusal at a stage that comes before those of the decision."""
    deciders: ClassVar[frozenset[Role]] = frozenset({Role.SALES})
    """Roles that take the decision (process.md, Who); see `process.authorization`."""
    field_deciders: ClassVar[dict[str, frozenset[Role]]] = {}
    """Fields that only these roles may give. They take the place of `deciders`."""
    by_service: ClassVar[bool] = False
    """True if the service takes it, too, when it finds an answer to the questionnaire."""
    by_link: ClassVar[bool] = False
    """True if somebody outside takes it, too, by a one-time link that a person with the right has made."""
    introduced_in: ClassVar[dict[str, str]] = {}
    """Fields that came with a change of the process (`process.behaviour`): field → name of the change."""
    commits: ClassVar[bool] = False
    """True if it moves the lead towards a contract or a hub. A possible duplicate refuses it."""
    example: ClassVar[dict[str, Any]] = {}
    """Fields of a valid decision, for help texts and previews."""
    one_of: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Sets of fields of which at least one is needed, whichever."""
    example_suffices: ClassVar[bool] = True
    """False if each face adds what the example lacks."""
    irreversible: ClassVar[str] = ""
    """A consequence that only people can undo, as a sentence. Previews of a correction show it."""
    restated_by: ClassVar[str] = ""
    """Template of its mail, if that takes the place of all mail about earlier decisions of this kind."""
    is_progress: ClassVar[bool] = True
    """True if the decision counts as progress, so that the days until the lead is stale are counted anew."""

    by: PersonName = Field(SOMEONE_AT_TEMPORAL, description="person who decided")
    source: Coded = Field("signal", description="face through which the decision came")
    actor: Actor | None = Field(None, description="the person, as the face knows them")
    key: Title | None = Field(
        None, description="idempotency key: the same key is the same decision, sent again"
    )
    note: FreeText | None = Field(None, description="free text for the timeline")
    said_at: AwareDatetime | None = Field(
        None, description="moment at which the person said it, where the face knows that"
    )

    @classmethod
    def __pydantic_init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(abstract=abstract, **kwargs)
        if not abstract:
            Decision.registry[cls.kind] = cls

    @property
    def needs_authentication(self) -> bool:
        """True for an approval: the face must have authenticated the person."""
        return False

    @classmethod
    def example_for(cls, lead: Lead) -> dict[str, Any]:
        """Return the example with this lead's own values."""
        return dict(cls.example)

    def unsupported(self, lead: Lead) -> Refused | None:
        """Return the reason to refuse fields that came with a change the lead has not adopted, or None."""
        early = [name for name, change in self.introduced_in.items() if change not in lead.changes]
        used = [name for name in early if getattr(self, name) != type(self).model_fields[name].default]
        if not used:
            return None
        return refuse(
            f"This lead does not know {', '.join(used)} yet, which came with a newer release",
            Suggestion(kind=SuggestionKind.ADOPT, text="Bring it to the newest release first"),
        )

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        """Return the reason to refuse every decision of this kind in the lead's present state, or None."""
        if lead.stage in cls.stages:
            return undecided(lead) if cls.commits else None
        if merged := lead.merged_into:
            return merged_away(merged)
        if lead.stage is Stage.LOST:
            return refuse("The lead is lost", suggest("Reopen it first", "reopened"))
        if lead.stage is Stage.CLOSED:
            return refuse(
                "The lead is closed: its service has ended",
                Suggestion(kind=SuggestionKind.START, text="Start a new lead"),
            )
        if lead.stage in (Stage.CONTRACTED, Stage.HUB) and not cls.stages & {Stage.CONTRACTED, Stage.HUB}:
            return refuse(
                f"{title(cls.kind)} belongs before the contract, and this lead is at {lead.stage}",
                suggest("If an earlier decision was wrong, correct it", "corrected"),
            )
        return cls.too_early

    def moment(self, now: datetime) -> datetime:
        """Return the moment by which the decision is judged: when it was said, if that is known and not long ago."""
        said = self.said_at
        return said if said and now - SAID_WITHIN <= said <= now else now

    def as_said(self, event_log: EventLog, now: datetime) -> EventLog:
        """Return the log by which the decision is judged. By default, the present one."""
        return event_log

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        """Return the reason to refuse the decision, or None. The log ends before the decision."""
        return None

    def with_note(self, sentence: str) -> str:
        """Return the sentence with the decision's note, if it has one."""
        return f"{sentence}: {self.note}" if self.note else sentence


def given_fields(decision: type[Decision], but: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the names of the fields that a person may give, the decision's own first. `but`: fields to leave out."""
    left_out = {*SET_BY_SERVICE, *but}
    names = (name for name in decision.model_fields if name not in left_out)
    return tuple(sorted(names, key=Decision.model_fields.__contains__))


def mail(change: Change, template: str, *to: Role, needs_folder: bool = False, **fields: str) -> SendMail:
    """Return the effect that sends a mail about this event to these roles."""
    return SendMail(
        key=change.key(template),
        cause=change.event.seq,
        template=template,
        to=to,
        fields=fields,
        needs_folder=needs_folder,
    )


def undecided(lead: Lead) -> Refused | None:
    """Return the reason to refuse progress of a lead that may be a duplicate, or None."""
    if not lead.undecided:
        return None
    others = ", ".join(f"{other.lead_id}{other.reasons_text}" for other in lead.undecided)
    return refuse(
        f"It may be the same request as {others}",
        suggest("If it is, merge it into that lead", "merged", into=lead.undecided[0].lead_id),
        suggest("If not, keep it apart", "kept_apart"),
    )


def merged_away(into: DuplicateLink) -> Refused:
    """Return the refusal of a lead that was merged into another one."""
    return refuse(
        f"The lead was merged into {into.lead_id}",
        Suggestion(kind=SuggestionKind.LEAD, text="Go on there", lead_id=into.lead_id, url=into.url),
        suggest("Or take the merge back by correcting it", "corrected", seq=into.seq),
    )


def decide_where_known(lead: Lead, text: str, decision: str) -> Suggestion:
    """Return the suggestion to take this decision where the service knows people. `text` says so, and who."""
    url = lead.issue.url if lead.issue else ""
    return Suggestion(kind=SuggestionKind.KNOWN, text=text, decision=decision, url=url)


def implausible(day: date, now: datetime, *, name: str) -> Refused | None:
    """Return the reason to refuse a date more than thirty years from now, or None."""
    if abs(day.year - now.year) > 30:
        return refuse(f"{name} is {day}, which can't be meant", "Write the date as 2026-07-31")
    return None
