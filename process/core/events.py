"""Facts that can become true of a lead, the events that record them, and the log of a lead's events.

A fact is a person's decision (`process.decisions`), a deadline (`process.deadlines`) or an observation of what an
effect brought back (`process.effects.observations`). Each is one class that defines when it may happen, what it makes
true, which effects it asks for, and how it is described. Facts read the log that they belong to, so both stand here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    SerializeAsAny,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from process.effects import Effect
from process.lead.lead import Lead
from process.types import Line, Model


class Fact(Model):
    """Anything that can become true of a lead.

    Every concrete class writes out its `kind`, which is stored with the event. A base class that several kinds share says
    `abstract=True` instead.
    """

    kind: ClassVar[str] = "fact"
    visible: ClassVar[bool] = True
    """Whether the lead's issue shows it, so that the issue must be written anew."""
    kinds: ClassVar[dict[str, type[Fact]]] = {}

    by: Line = "the service"
    source: Line = "service"

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
    def supersedes(self) -> int | None:
        """Number of the event that this takes out, if it is a correction."""
        return None

    def resolved(self, event_log: EventLog, now: datetime) -> Self:
        """Return this fact with its open fields filled in, as it is recorded. The history ends before this fact."""
        return self

    def apply(self, lead: Lead, event: Event) -> Lead:
        """The lead after this became true. Total: it never refuses and never fails."""
        return lead

    def withdrawn(self, lead: Lead, event: Event) -> Lead:
        """The lead where this was corrected away: what is left of it in plain sight. By default, nothing."""
        return lead

    def effects(self, change: Change) -> Iterable[Effect]:
        """Return the effects that this change asks for outside."""
        return ()

    def summary(self, event_log: EventLog) -> str:
        """Return one sentence about this fact, without a full stop. It is the last event of the history."""
        return (self.kind[0].upper() + self.kind[1:]).replace("_", " ")


class Unknown(Fact):
    """An event of a kind that this code does not know (written by a newer version). Kept whole, changes nothing."""

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
"""A fact of whichever kind its `kind` says."""


class Event(Model):
    """A fact that became true: the `seq`-th of its lead, at a moment (UTC), decided under a version of the rules."""

    seq: int
    at: AwareDatetime
    policy: str = ""
    summary: str = ""
    fact: AnyFact

    @property
    def kind(self) -> str:
        return self.fact.kind

    @property
    def key(self) -> str | None:
        return self.fact.__dict__.get("key")  # most facts have none, and pydantic takes long to say so


class Observation(Fact, abstract=True):
    """What an effect brought back from outside. Never refused: it is what happened."""


class Deadline(Fact, abstract=True):
    """What happens because a date has come and nobody did anything."""

    by: Line = "the calendar"
    source: Line = "clock"


class EventLog(Model):
    lead: Lead
    events: tuple[Event, ...] = ()

    def then(self, event: Event, lead: Lead) -> Self:
        """With one more event, after which the lead is `lead`."""
        return self.replaced(events=(*self.events, event), lead=lead)

    def find(self, seq: int) -> Event | None:
        return next((event for event in self.events if event.seq == seq), None)


@dataclass(frozen=True)
class Change:
    """An event of a lead, with the histories before and after it."""

    past: EventLog
    event_log: EventLog
    """The history whose last event this is."""

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
