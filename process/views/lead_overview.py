"""The overview of a lead as data, for faces: its state, timeline, options and effects."""

from datetime import date, datetime
from typing import Annotated, Literal

from process.actor import shown
from process.core.answers import Refusal
from process.core.refusal import Refused
from process.lead.lead import Lead
from process.personal import Impersonal
from process.types import Code, Id, Mention, Model, Named, Role, Stage, Words


class TimelineLine(Model):
    """One line of the timeline."""

    seq: int
    at: datetime
    kind: Code
    by: Named
    source: Code
    summary: Words
    authenticated: bool = True
    """False for a person's decision if the face did not know who it was."""
    corrected: bool = False
    corrected_by: int | None = None
    """Number of the correction that superseded the event."""
    key: Mention | None = None
    """Idempotency key of the decision."""
    policy: Code = ""
    """Version of the policy under which it was decided."""

    @property
    def who(self) -> str:
        """The person as the history shows them."""
        return shown(self.by, authenticated=self.authenticated)


def with_correction(line: TimelineLine) -> str:
    """Return the line's summary, with a note if it was corrected."""
    by = f" by {line.corrected_by}" if line.corrected_by else ""
    return f"{line.summary} (corrected{by})" if line.corrected else line.summary


class Option(Model):
    """A kind of decision: if it is allowed now, its effect and its fields."""

    kind: Code
    allowed: bool
    next: bool = False
    """True if it records the lead's next step."""
    later: bool = False
    """True if it is refused now, and possible after the next step."""
    does: Code
    refused: Refused | None = None
    """Refusal if the decision is not allowed now."""
    needs: tuple[Code, ...] = ()
    """Names of the fields without which it is refused."""
    one_of: tuple[tuple[Code, ...], ...] = ()
    """Sets of fields of which it needs at least one, too, whichever."""
    would: tuple[Words, ...] = ()
    """Message and effects that the example would have."""
    takes: tuple[Code, ...] = ()
    """Names of the decision's fields."""
    example: Annotated[dict[Code, object], Impersonal("an example of ours")] = {}


class EffectLine(Model):
    """An effect: done, waiting (or running), blocked (a prerequisite is missing), or parked (failed for good)."""

    key: Id
    summary: Mention
    status: Literal["done", "waiting", "blocked", "parked"]
    reason: Words = ""
    next_attempt_at: datetime | None = None
    """Time of the next attempt, if it failed and the outside named a time."""


class Overview(Model):
    """State of a lead as shown to people. `lead_id` is the workflow's id."""

    lead_id: Id
    heading: Mention
    stage: Stage
    owner: Role
    next_step: Words
    next_date: datetime | None
    next_day: date | None = None
    """Day of the next deadline in the lead's zone, as people name it."""
    next_day_is_for: Words = ""
    """The reason for that day."""
    attention: tuple[Words, ...]
    timeline: tuple[TimelineLine, ...]
    refused: tuple[Refusal, ...]
    effects: tuple[EffectLine, ...]
    lead: Lead

    def effects_of(self, seq: int | None) -> list[EffectLine]:
        """Return the effects of the event with this number."""
        return [effect for effect in self.effects if effect.key.startswith(f"{self.lead_id}/{seq}/")]
