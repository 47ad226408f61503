"""What every decision of a person has."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import Field

from process.core.events import Change, EventLog, Fact
from process.core.refusal import Refused, Suggestion, SuggestionKind, decide, refuse, title
from process.effects import Effect, ReserveFolder, SendMail
from process.lead.duplicate_links import DuplicateLink
from process.lead.lead import Lead
from process.types import OPEN_STAGES, Line, Role, Stage, Text

EVERY_TEAM = frozenset({Role.SALES, Role.CONTRACTS, Role.ENGINEERING})


class Decision(Fact):
    """A person's decision. Fields that say who and from where are the same for all."""

    registry: ClassVar[dict[str, type["Decision"]]] = {}
    stages: ClassVar[frozenset[Stage]] = OPEN_STAGES
    too_early: ClassVar[Refused] = refuse("It is too early for that")
    """Refusal at a stage that comes before those of the decision."""
    deciders: ClassVar[frozenset[Role]] = frozenset({Role.SALES})
    """Whose decision it is (process.md, Who). Faces that know who speaks obey only them."""
    since: ClassVar[dict[str, str]] = {}
    """Fields that came with a change of the process (`process.behaviour`): a lead takes them up with it."""
    commits: ClassVar[bool] = False
    """Brings the lead forward on the spine, from its first price on: not while it may be a duplicate."""
    example: ClassVar[dict[str, Any]] = {}
    """A sound body, for help texts and previews."""
    irreversible: ClassVar[str] = ""
    """What came of it in the world that no program can take back, and who can: said before it is corrected."""
    is_progress: ClassVar[bool] = True
    """Whether the lead has moved by it, so that the clock of staleness starts anew."""

    by: Line = Field("someone through Temporal", description="who decided")
    source: Line = Field("signal", description="through what the decision came")
    key: Line | None = Field(
        None, description="idempotency key: the same key is the same decision, sent again"
    )
    note: Text | None = Field(None, description="anything worth remembering")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" in vars(cls):
            Decision.registry[cls.kind] = cls

    @classmethod
    def example_for(cls, lead: Lead) -> dict[str, Any]:
        """The example, with what this lead says of it."""
        return dict(cls.example)

    def unsupported(self, lead: Lead) -> Refused | None:
        """Why a lead that has not taken up a change can't be told this yet, or None."""
        early = [name for name, change in self.since.items() if change not in lead.changes]
        said = [name for name in early if getattr(self, name) != type(self).model_fields[name].default]
        if not said:
            return None
        return refuse(
            f"This lead does not know {', '.join(said)} yet, which came with a newer release",
            Suggestion(kind=SuggestionKind.ADOPT, text="Bring it to the newest release first"),
        )

    @classmethod
    def gate(cls, lead: Lead) -> Refused | None:
        """Whether a decision of this kind may be taken at all in the lead's present stage."""
        if lead.stage in cls.stages:
            return undecided(lead) if cls.commits else None
        if merged := lead.merged_into:
            return merged_away(merged)
        if lead.stage is Stage.LOST:
            return refuse("The lead is lost", decide("Reopen it first", "reopened"))
        if lead.stage is Stage.CLOSED:
            return refuse(
                "The lead is closed: its service has ended",
                Suggestion(kind=SuggestionKind.START, text="Start a new lead"),
            )
        if lead.stage in (Stage.CONTRACTED, Stage.HUB) and not cls.stages & {Stage.CONTRACTED, Stage.HUB}:
            return refuse(
                f"{title(cls.kind)} belongs before the contract, and this lead is at {lead.stage}",
                decide("If an earlier decision was wrong, correct it", "corrected"),
            )
        return cls.too_early

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        """Return the reason to refuse the decision, or None. The history ends before the decision."""
        return None

    def noted(self, sentence: str) -> str:
        return f"{sentence}: {self.note}" if self.note else sentence


def mail(change: Change, template: str, *to: Role, needs_folder: bool = False, **fields: str) -> SendMail:
    """A mail because of this event."""
    return SendMail(
        key=change.key(template),
        cause=change.event.seq,
        template=template,
        to=to,
        fields=fields,
        needs_folder=needs_folder,
    )


def undecided(lead: Lead) -> Refused | None:
    """Why a lead that may be a duplicate does not go on, and how it is decided."""
    if not lead.undecided:
        return None
    others = ", ".join(f"{other.lead}{other.because}" for other in lead.undecided)
    return refuse(
        f"It may be the same request as {others}",
        decide("If it is, merge it into that lead", "merged", into=lead.undecided[0].lead),
        decide("If not, keep it apart", "kept_apart"),
    )


def merged_away(into: DuplicateLink) -> Refused:
    """Return the refusal of a lead that was merged into another one."""
    return refuse(
        f"The lead was merged into {into.lead}",
        Suggestion(kind=SuggestionKind.LEAD, text="Go on there", lead=into.lead, url=into.url),
        decide("Or take the merge back by correcting it", "corrected", seq=into.since),
    )


def implausible(day: date, now: datetime, *, what: str) -> Refused | None:
    """A date more than thirty years from now is a slip of the keyboard."""
    if abs(day.year - now.year) > 30:
        return refuse(f"{what} is {day}, which can't be meant", "Write the date as 2026-07-31")
    return None


def folder_effects(change: Change) -> Iterable[Effect]:
    """Reserve the lead's Drive folder if it has none and something is to be put into it (seed: any kind of asset)."""
    if change.after.folder_id is None:
        yield ReserveFolder(key=change.key("reserve_folder"), cause=change.event.seq)
