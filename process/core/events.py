"""Facts that can become true of a lead, the events that record them, and the log of a lead's events.

A fact is a person's decision (`process.decisions`), a deadline (`process.deadlines`) or an observation of what an
effect brought back (`process.effects.observations`). Each is one class that defines when it may happen, what it makes
true, which effects it asks for, and how it is described. Facts read the log that they belong to, so both stand here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeVar

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from process.actor import BY_CALENDAR, BY_SERVICE
from process.core.packed import Packed
from process.core.refusal import Suggestion
from process.effects import Effect
from process.lead.lead import Lead
from process.types import Code, Coded, Given, Model, PersonName, Words

BY_DATE = "deadline"
"""Source of the facts that follow from a date: deadlines, and decisions that nobody took in time."""


class Fact(Given):
    """Anything that can become true of a lead. Its kind names it in storage and never changes.

    Every concrete class writes out its kind. A base class that several kinds share says `abstract=True` instead.
    """

    kind: ClassVar[str] = "fact"
    visible: ClassVar[bool] = True
    """True if the lead's issue shows the fact, so that it is updated."""
    kinds: ClassVar[dict[str, type[Fact]]] = {}

    by: PersonName = BY_SERVICE
    source: Coded = "service"

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)  # pydantic passes `abstract` on, to here and to below

    @classmethod
    def __pydantic_init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if abstract:
            return
        if "kind" not in vars(cls):
            raise TypeError(f'{cls.__name__} needs a kind: write kind = "…" on the class, or abstract=True')
        Fact.kinds[cls.kind] = cls

    @model_serializer(mode="wrap")
    def _with_kind(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": self.kind} | {
            name: value for name, value in handler(self).items() if value is not None
        }

    @property
    def is_by_date(self) -> bool:
        """True if the fact follows from a date and not from a person."""
        return self.source == BY_DATE

    @property
    def supersedes(self) -> int | None:
        """Number of the event that this correction takes out, or None."""
        return None

    @property
    def corrects(self) -> int | None:
        """Number of the event that this one is about, if it takes it out or adds to its correction."""
        return self.supersedes

    @property
    def completes(self) -> int | None:
        """Number of the correction to which this one adds, or None."""
        return None

    def follow_ups(self, event_log: EventLog) -> tuple[Suggestion, ...]:
        """Return what its answer says beside the summary: what is left to do. The log holds the fact."""
        return ()

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        """Return this fact with its open fields filled in, as it is recorded. The event log ends before it."""
        return self

    def apply(self, lead: Lead, event: Event) -> Lead:
        """Return the lead after this fact. Never refuses and never raises."""
        return lead

    def withdrawn(self, lead: Lead, event: Event) -> Lead:
        """Return the lead after this fact was corrected. By default, nothing of it remains."""
        return lead

    def effects(self, change: Change) -> Iterable[Effect]:
        """Return the effects that this change asks for outside."""
        return ()

    def summary(self, event_log: EventLog) -> str:
        """Return one sentence about this fact, without a full stop. It is the last event of the log."""
        return (self.kind[0].upper() + self.kind[1:]).replace("_", " ")


F = TypeVar("F", bound=Fact)


class Unknown(Fact):
    """A fact of a kind that this code does not know. It is kept whole and changes nothing."""

    kind = "unknown"
    model_config = ConfigDict(frozen=True, extra="allow")
    visible = False

    @model_serializer(mode="wrap")
    def _as_it_came(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}


def _load(value: Any) -> Any:
    if isinstance(value, dict):
        kind = value.get("kind")
        if isinstance(kind, str) and kind in Fact.kinds:
            return Fact.kinds[kind].model_validate({k: v for k, v in value.items() if k != "kind"})
        return Unknown.model_validate(value)
    return value


AnyFact = Annotated[SerializeAsAny[Fact], BeforeValidator(_load)]
"""A fact of the class that its `kind` names."""


class Event(Model):
    """A fact that has become true."""

    seq: int
    """Number of the event in its lead's log, from 1."""
    at: AwareDatetime
    """Moment at which it was recorded (UTC)."""
    policy: Code = ""
    """Version of the policy under which it was decided."""
    summary: Words = ""
    """Sentence about the fact, as it was written when it was recorded."""
    fact: AnyFact

    @property
    def kind(self) -> str:
        """Kind of the fact."""
        return self.fact.kind

    @property
    def key(self) -> str | None:
        """Idempotency key of the decision, or None."""
        return self.fact.__dict__.get("key")  # faster than getattr, because most facts have none


class Observation(Fact, abstract=True):
    """A fact about the outside. It has already happened, so it is never refused."""


class Deadline(Fact, abstract=True):
    """A fact that follows from a date because nobody acted before."""

    by: PersonName = BY_CALENDAR
    source: Coded = BY_DATE


class Events(Packed[Event]):
    """The events of a lead. Corrections stay decoded, because the timeline and the fold ask for them."""

    item = Event

    @classmethod
    def keeps(cls, item: Event) -> bool:
        return item.fact.corrects is not None


class EventLog(Model):
    """A lead's events in order, and the lead that they make."""

    lead: Lead
    events: Events = Events()

    @classmethod
    def of(cls, events: Iterable[Event], lead: Lead) -> Self:
        """Return the log of these events, which make this lead."""
        return cls(lead=lead, events=Events(events))

    @property
    def corrections(self) -> tuple[Event, ...]:
        """The events that take out another one, or add to such a correction, oldest first."""
        return self.events.kept

    def then(self, event: Event, lead: Lead) -> Self:
        """Return the log with one more event, after which the lead is `lead`."""
        return self.replaced(events=self.events.plus(event), lead=lead)

    def packed(self) -> Self:
        """Return the same log, with its older events packed if there are enough of them."""
        events = self.events.packed()
        return self if events is self.events else self.replaced(events=events)

    def find(self, seq: int) -> Event | None:
        """Return the event of this number, or None. Events are numbered from 1."""
        return self.events[seq - 1] if 0 < seq <= len(self.events) else None

    def recorded(self, fact: type[F]) -> Iterator[tuple[Event, F]]:
        """Yield the events that record a fact of this class, oldest first, each with the fact."""
        for event in self.events.matching(
            lambda event: isinstance(event.fact, fact), f'"kind":"{fact.kind}"'
        ):
            if isinstance(event.fact, fact):
                yield event, event.fact


class Change(NamedTuple):
    """An event, with the event logs before and after it."""

    past: EventLog
    event_log: EventLog
    """The log that ends with the event."""

    @property
    def before(self) -> Lead:
        """The lead before the event."""
        return self.past.lead

    @property
    def after(self) -> Lead:
        """The lead after the event."""
        return self.event_log.lead

    @property
    def event(self) -> Event:
        """The event itself."""
        return self.event_log.events[-1]

    def key(self, name: str) -> str:
        """Return the key of an effect that this event causes."""
        return effect_key(self.after, self.event, name)


def effect_key(lead: Lead, event: Event, name: str) -> str:
    """Return a key that is unique for this lead, event and effect, and stable over retries and restarts."""
    return f"{lead.id}/{event.seq}/{name}"
