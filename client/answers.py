"""The client's answers about leads, as data."""

from typing import NamedTuple

from client.errors import Unavailable
from process.core.answers import Answer
from process.corrections.corrected_decision import CorrectionImpact
from process.types import Base, Code, Id, Mention, Stage, Words


class Opened(Base):
    """The answer to opening a lead: a new one, or the one that was already open."""

    lead_id: Id
    stage: Code
    url: Id
    already: bool
    likely_duplicates: list[Mention] = []
    """Ids of open leads that it looks like. A lead taken in without asking is held until a person decides."""


class DecisionPreview(Base):
    """The consequences of a decision that was not taken."""

    answer: Answer
    stage: Stage
    effects: list[Words]
    dates: list[Words] = []
    """Deadlines that would move, as text."""
    attention: list[Words] = []
    correction_impact: CorrectionImpact | None = None


class Waiting(NamedTuple):
    """A decision that Temporal keeps as a signal until the lead takes it."""

    why: Unavailable
    """The reason for which the lead did not answer at once."""
