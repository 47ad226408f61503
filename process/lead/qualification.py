"""The qualification of a lead before a price: its questionnaire and MANIAC-T."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime

from process.lead.answers import MAX_RESPONSES, Answers, newest_within, size_of
from process.types import Code, FreeText, Given, Id, Model, PersonName

MAX_OTHER_RESPONSES = 5
"""Maximum number of further responses that a lead keeps beside the one that counts."""


class OtherResponse(Given):
    """A response beside the one that counts. A person decides which one does."""

    response_id: Id
    submitted_at: AwareDatetime | None = None
    answers: Answers = ()
    judged: bool = False
    """True once a person decided between it and another one."""


class Questionnaire(Given):
    """The questionnaire: when it was sent, reminded of and answered, and its answers."""

    sent_on: date | None = None
    nudged_on: date | None = None
    answered_on: date | None = None
    response_id: Id | None = None
    submitted_at: AwareDatetime | None = None
    """Time at which the response was submitted or last edited, if known."""
    answers: Answers = ()
    others: tuple[OtherResponse, ...] = ()
    """Further responses. None ever replaces another one by itself."""

    @property
    def open_responses(self) -> tuple[OtherResponse, ...]:
        """The further responses about which nobody has decided."""
        return tuple(other for other in self.others if not other.judged)

    def other(self, response_id: str | None) -> OtherResponse | None:
        """Return the further response of this id, or None."""
        return next((other for other in self.others if other.response_id == response_id), None)

    def with_other(self, response: OtherResponse) -> Self:
        """Return the questionnaire with this further response, in place of an earlier version of it."""
        kept = tuple(other for other in self.others if other.response_id != response.response_id)
        return self.replaced(others=(*kept, response)).within_room()

    def within_room(self) -> Self:
        """Return the questionnaire with the newest answers only, as far as all of a lead's responses have room."""
        newest = (self.answers, *(other.answers for other in reversed(self.others)))
        if sum(map(size_of, newest)) <= MAX_RESPONSES:
            return self
        answers, *others = newest_within(newest, MAX_RESPONSES)
        pairs = zip(self.others, reversed(others), strict=True)
        return self.replaced(
            answers=answers, others=tuple(other.replaced(answers=kept) for other, kept in pairs)
        )


class Verdict(StrEnum):
    """The answer to one question of MANIAC-T."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # unknown is not no


class LetterAnswer(Model):
    """One letter of MANIAC-T: verdict, evidence, and the person and day of the statement."""

    verdict: Verdict
    evidence: FreeText | None = None
    said_by: PersonName
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

    answers: dict[Code, LetterAnswer] = {}
    in_scope: bool | None = None
    assessed_on: date | None = None
