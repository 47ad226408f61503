"""The qualification of a lead before a price: its questionnaire and MANIAC-T."""

from datetime import date
from enum import StrEnum

from pydantic import AwareDatetime

from process.types import Line, Model, Text


class Questionnaire(Model):
    """The questionnaire: when it was sent, reminded of and answered, and its answers."""

    sent_on: date | None = None
    nudged_on: date | None = None
    answered_on: date | None = None
    response_id: str | None = None
    submitted_at: AwareDatetime | None = None
    """Time at which the response was submitted or last edited, if known."""
    answers: tuple[tuple[str, str], ...] = ()


class Verdict(StrEnum):
    """The answer to one question of MANIAC-T."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # unknown is not no


class LetterAnswer(Model):
    """One letter of MANIAC-T: verdict, evidence, and the person and day of the statement."""

    verdict: Verdict
    evidence: Text | None = None
    said_by: Line
    on: date


MANIAC_T: dict[str, str] = {
    "money": "Is there a specific amount of money set aside? If they seek funding, what are the details?",
    "authority": "Can the contact decide to buy? Who else takes part in the decision?",
    "need": "What are the pain points of their current set-up? Do they really need a change?",
    "impending_event": "Is there an upcoming event that is urgent or pressing?",
    "application": "Does their use fit our infrastructure, or would it need major changes to our hubs?",
    "competition": "What else are they considering: other organisations, their own, doing nothing?",
    "timeline": "What does buying look like for them: finalising a contract, receiving a sub-award?",
}
"""Letter -> question, after the seed page."""


class Qualification(Model):
    """The assessment by MANIAC-T, and the decision if the lead is in scope."""

    answers: dict[str, LetterAnswer] = {}
    in_scope: bool | None = None
    assessed_on: date | None = None
