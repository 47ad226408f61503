"""Answers to decisions, and the refusals that a lead keeps. A face that only asks needs no rules to read them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import AwareDatetime
from pydantic_core import to_json

from process.actor import SOMEONE
from process.core.refusal import Refused, Suggestion, refuse
from process.plain_errors import shown
from process.types import Model, PersonName, Title, Words

if TYPE_CHECKING:  # it knows the rules, which a face would load in vain
    from process.core.events import EventLog

MAX_SUGGESTIONS = 5
MAX_SUGGESTION_BYTES = 3_000
"""Bounds of what a refusal suggests: a lead keeps a hundred refusals."""

REPEATED = "It came again and was already taken as"
"""Beginning of the note about a decision that was repeated: it is no news, for nothing was lost."""
NOT_SIGNED = refuse(
    "The lead does not know the key with which the service signed that",
    "Send it again in a minute: the lead is asking its worker for the service's present key",
)


class Answer(Model):
    """The answer to a decision."""

    accepted: bool
    message: Words
    """The event's summary, or the reason of the refusal: one sentence without its full stop."""
    suggestions: tuple[Suggestion, ...] = ()
    """Decisions that would work instead; of an accepted decision, the tasks that are left."""
    seq: int | None = None
    repeat: bool = False
    """True if the same decision came before. The answer is the one that it got then."""
    recorded: bool = True
    """False if the ledger was away, so that the event is written when it is back. Nothing is lost."""

    def __str__(self) -> str:
        return self.message if self.accepted else str(self.refused)

    @classmethod
    def to(cls, event_log: "EventLog", seq: int) -> Self:
        """Return the answer to the decision that was recorded as `seq`."""
        event = event_log.find(seq)
        if event is None:
            return cls(accepted=True, message="", seq=seq)
        suggestions = event.fact.follow_ups(event_log)
        return cls(accepted=True, message=event.summary, suggestions=suggestions, seq=seq)

    @property
    def follow_ups(self) -> Refused | None:
        """Tasks that are left after an accepted decision, in the form that each face writes; None if there are none."""
        if not self.accepted or not self.suggestions:
            return None
        first, *others = self.suggestions
        return Refused(reason=first.text, suggestions=tuple(others))

    @property
    def refused(self) -> Refused | None:
        """The refusal, if the decision was refused."""
        return None if self.accepted else Refused(reason=self.message, suggestions=self.suggestions)


class Refusal(Model):
    """A message from outside that was refused. It is recorded and shown, and changes nothing else in the lead."""

    at: AwareDatetime
    kind: Title
    by: PersonName
    source: Title
    reason: Words
    suggestions: tuple[Suggestion, ...] = ()
    for_team: bool = True
    """False if the sender was told, and for a repeat: the team has nothing to do about it."""

    @property
    def refused(self) -> Refused:
        """The refusal itself, without when and from whom the message came."""
        return Refused(reason=self.reason, suggestions=self.suggestions)

    def answer(self) -> Answer:
        """Return the answer that the sender of the decision gets."""
        return refused_answer(self.refused)

    @classmethod
    def of(
        cls,
        kind: str,
        refused: Refused,
        now: datetime,
        *,
        by: str = SOMEONE,
        source: str = "signal",
        for_team: bool = True,
    ) -> Self:
        """Return a refusal with all texts shortened to one line."""
        return cls(
            at=now,
            kind=printable_line(kind),
            by=printable_line(by),
            source=printable_line(source),
            reason=printable_line(refused.reason, 500),
            suggestions=_kept(refused.suggestions),
            for_team=for_team,
        )


def _kept(suggestions: tuple[Suggestion, ...]) -> tuple[Suggestion, ...]:
    """Return the first suggestions with short texts. One with large or wrong fields, which somebody sent, is left out."""
    short = (
        each.replaced(text=printable_line(each.text, 500)) if each.text else each
        for each in suggestions[:MAX_SUGGESTIONS]
    )
    return tuple(each for each in short if _is_short(each))


def _is_short(suggestion: Suggestion) -> bool:
    """Return True for a suggestion that a lead can keep: one that is small, and is JSON."""
    try:
        return len(to_json(suggestion)) <= MAX_SUGGESTION_BYTES
    except ValueError:  # half of a surrogate pair in a field
        return False


def key_reused(key: str) -> Refused:
    """Return the refusal of a decision under the key of another one."""
    return refuse(f"The key {shown(key)} already stands for another decision", "Give each its own")


def refused_answer(refused: Refused) -> Answer:
    """Return the answer to a decision that was refused so."""
    return Answer(accepted=False, message=refused.reason, suggestions=refused.suggestions)


def given(args: tuple[Any, ...], name: str, default: str) -> str:
    """Return the text under this name in an unreadable message, or the default."""
    value = args[0].get(name) if args and isinstance(args[0], dict) else None
    return value if isinstance(value, str) and value.strip() else default


def printable_line(text: str, longest: int = 200) -> str:
    """Return any text as one printable line of at most this length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= longest else line[: longest - 1] + "…") or "?"
