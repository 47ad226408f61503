"""The questionnaire, the assessment by MANIAC-T, and the lead's assets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from process.actor import Face
from process.core.events import Change, Event, EventLog
from process.core.refusal import Refused, give, leave_out, refuse
from process.decisions.base import EVERY_TEAM, Decision
from process.effects import Effect, ReadAnswers, ReadPrices
from process.effects.reservations import folder_effects
from process.lead.lead import Asset, Lead
from process.lead.qualification import (
    MANIAC_T,
    MAX_OTHER_RESPONSES,
    LetterAnswer,
    OtherResponse,
    Questionnaire,
    Verdict,
)
from process.links import link_complaint
from process.plain_errors import shown
from process.types import Coded, FreeText, PersonName, Stage, Title

BY_FORM = Face.QUESTIONNAIRE
"""Source of responses that came in by themselves."""
BEFORE_CONTRACT = frozenset({Stage.LEAD, Stage.QUOTED})


MAX_BY_FORM = 100
"""Times that responses, and edits of them, come into a lead by themselves."""


def _count_by_form(event_log: EventLog) -> int:
    return sum(fact.source == BY_FORM for _, fact in event_log.recorded(QuestionnaireAnswered))


class QuestionnaireSent(Decision):
    """The leads questionnaire was sent to the lead. A reminder follows every week until it is answered."""

    kind = "questionnaire_sent"
    stages = BEFORE_CONTRACT

    @classmethod
    def allowed(cls, lead: Lead) -> Refused | None:
        if refusal := super().allowed(lead):
            return refusal
        if lead.questionnaire.answered_on:
            return refuse(f"The questionnaire was already answered on {lead.questionnaire.answered_on}")
        return None

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if event_log.lead.questionnaire.sent_on == event_log.lead.today(now):
            return refuse("The questionnaire was already sent today")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        sent = Questionnaire(sent_on=lead.today(event.at))
        return lead.replaced(questionnaire=sent)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("The questionnaire was sent")


class QuestionnaireAnswered(Decision):
    """The lead answered the questionnaire. If the response's id is given, its answers are read from Google Forms.

    Answers are never replaced by another response: one that comes in by itself is kept beside the first, and a person
    decides which one counts by giving its id.
    """

    kind = "questionnaire_answered"
    by_service = True
    stages = BEFORE_CONTRACT
    example = {"response_id": "ACYDBNi84NuJUO2O13A"}

    response_id: Coded | None = Field(None, description="id of the response in Google Forms")
    submitted_at: AwareDatetime | None = Field(
        None, description="time at which it was submitted or last edited; a later edit is read again"
    )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.submitted_at and self.response_id is None:
            return refuse(
                "There is a time at which a response was submitted, and no response",
                leave_out(("submitted_at",), text="or say of which response it is"),
            )
        if self.source == BY_FORM and _count_by_form(event_log) >= MAX_BY_FORM:
            return refuse(
                f"Responses came in {MAX_BY_FORM} times by themselves",
                "A person may take the newest one by giving its response_id and submitted_at",
            )
        known = event_log.lead.questionnaire
        if self._is_beside(known):
            return self._refused_beside(known)
        if self._judges(known):
            return None
        same = self.response_id is None or self.response_id == known.response_id
        if known.answered_on and same and not self._edited_since(known):
            return refuse(
                f"The questionnaire was already answered on {known.answered_on}",
                "Give the response_id of another response to read that one instead",
            )
        return None

    def _is_beside(self, known: Questionnaire) -> bool:
        """Return True if it is another response than the one that counts, and came in by itself."""
        another = self.response_id is not None and known.response_id not in (None, self.response_id)
        return another and known.answered_on is not None and self.source == BY_FORM

    def _judges(self, known: Questionnaire) -> bool:
        """Return True if a person says that the response that counts already is to count, and not the others."""
        theirs = self.source != BY_FORM and bool(known.open_responses)
        return theirs and self.response_id is not None and self.response_id == known.response_id

    def _refused_beside(self, known: Questionnaire) -> Refused | None:
        """Return the reason not to keep it beside the others, or None."""
        other = known.other(self.response_id)
        if other and (self.submitted_at is None or other.submitted_at == self.submitted_at):
            return refuse("That response is already kept beside the one that counts")
        if other is None and len(known.others) >= MAX_OTHER_RESPONSES:
            return refuse(
                f"{MAX_OTHER_RESPONSES} other responses are kept already", "Start a lead of its own"
            )
        return None

    def _edited_since(self, known: Questionnaire) -> bool:
        """Return True if the response was edited since it was read."""
        if self.response_id is None or self.submitted_at is None:
            return False
        if known.submitted_at is None:  # answers that are still to be read will be the newest
            return bool(known.answers)
        return self.submitted_at > known.submitted_at

    def apply(self, lead: Lead, event: Event) -> Lead:
        known = lead.questionnaire
        if self._is_beside(known):
            kept = known.other(self.response_id) or OtherResponse(response_id=self.response_id or "")
            beside = known.with_other(kept.replaced(submitted_at=self.submitted_at, judged=False))
            return lead.replaced(questionnaire=beside)
        if self._judges(known):
            others = tuple(other.replaced(judged=True) for other in known.others)
            return lead.replaced(questionnaire=known.replaced(others=others))
        former: tuple[OtherResponse, ...] = ()
        if known.response_id not in (None, self.response_id):
            former = (
                OtherResponse(
                    response_id=known.response_id, submitted_at=known.submitted_at, answers=known.answers
                ),
            )
        others = (*known.others, *former)
        answered = known.replaced(
            answered_on=lead.today(event.at),
            response_id=self.response_id,
            submitted_at=self.submitted_at,
            answers=(),
            others=tuple(
                other.replaced(judged=True) for other in others if other.response_id != self.response_id
            )[-MAX_OTHER_RESPONSES:],
        )
        return lead.replaced(questionnaire=answered)

    def effects(self, change: Change) -> Iterable[Effect]:
        if self.response_id:
            yield ReadAnswers(
                key=change.key("read_answers"), cause=change.event.seq, response_id=self.response_id
            )

    def summary(self, event_log: EventLog) -> str:
        if event_log.lead.questionnaire.other(self.response_id):
            return self.with_note("Another response to the questionnaire is kept beside the one that counts")
        return self.with_note("The questionnaire was answered")


class ManiacTAssessed(Decision):
    """The lead was assessed by MANIAC-T, in whole or in part. Yes and no need evidence; unknown is not no."""

    kind = "maniac_t_assessed"
    stages = BEFORE_CONTRACT
    example = {
        "money": "yes",
        "money_evidence": "Line item in the grant, 20,000 USD",
        "authority": "unknown",
        "in_scope": True,
    }
    one_of = (*((letter,) for letter in MANIAC_T), ("in_scope",))

    money: Verdict | None = Field(None, description=MANIAC_T["money"])
    money_evidence: FreeText | None = Field(None, description="evidence")
    authority: Verdict | None = Field(None, description=MANIAC_T["authority"])
    authority_evidence: FreeText | None = Field(None, description="evidence")
    need: Verdict | None = Field(None, description=MANIAC_T["need"])
    need_evidence: FreeText | None = Field(None, description="evidence")
    impending_event: Verdict | None = Field(None, description=MANIAC_T["impending_event"])
    impending_event_evidence: FreeText | None = Field(None, description="evidence")
    application: Verdict | None = Field(None, description=MANIAC_T["application"])
    application_evidence: FreeText | None = Field(None, description="evidence")
    competition: Verdict | None = Field(None, description=MANIAC_T["competition"])
    competition_evidence: FreeText | None = Field(None, description="evidence")
    timeline: Verdict | None = Field(None, description=MANIAC_T["timeline"])
    timeline_evidence: FreeText | None = Field(None, description="evidence")
    in_scope: bool | None = Field(None, description="true if we go on with this lead")
    said_by: PersonName | None = Field(None, description="person who said so, if not the decider")

    def given(self) -> dict[str, tuple[Verdict, str | None]]:
        """Return verdict and evidence by letter."""
        return {
            letter: (verdict, getattr(self, f"{letter}_evidence"))
            for letter in MANIAC_T
            if (verdict := getattr(self, letter)) is not None
        }

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        given = self.given()
        if not given and self.in_scope is None:
            return refuse("No letter of MANIAC-T was assessed as yes, no or unknown", give(*self.one_of))
        for letter in MANIAC_T:
            if letter not in given and getattr(self, f"{letter}_evidence"):
                return refuse(f"There is evidence for {letter} but no verdict", give((letter,)))
        for letter, (verdict, evidence) in given.items():
            if verdict is not Verdict.UNKNOWN and not evidence:
                return refuse(
                    f"{letter} is {verdict} without evidence",
                    give((f"{letter}_evidence",)),
                    "Or say unknown, which needs none",
                )
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        today = lead.today(event.at)
        said_by = self.said_by or self.by
        answers = {
            letter: LetterAnswer(verdict=verdict, evidence=evidence, said_by=said_by, on=today)
            for letter, (verdict, evidence) in self.given().items()
        }
        qualification = lead.qualification.replaced(
            answers=lead.qualification.answers | answers,
            in_scope=lead.qualification.in_scope if self.in_scope is None else self.in_scope,
            assessed_on=today,
        )
        return lead.replaced(qualification=qualification)

    def effects(self, change: Change) -> Iterable[Effect]:
        if change.after.stage is Stage.LEAD:  # a price comes next
            yield ReadPrices(key=change.key("read_prices"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        scope = {True: "in scope", False: "out of scope", None: "scope still open"}[
            event_log.lead.qualification.in_scope
        ]
        verdicts = ", ".join(
            f"{letter.replace('_', ' ')} {verdict}" for letter, (verdict, _) in self.given().items()
        )
        return self.with_note(f"MANIAC-T assessed, {scope}" + (f" ({verdicts})" if verdicts else ""))


class AssetAttached(Decision):
    """Something was made for the lead: a budget, a statement of work, notes. The first one creates its Drive folder."""

    kind = "asset_attached"
    deciders = EVERY_TEAM
    example = {"type": "budget", "name": "Budget 2026", "url": "https://docs.example.org/budget"}

    type: Literal["budget", "statement of work", "notes", "contract", "other"] = Field(
        "other", description="type of the asset"
    )
    name: Title = Field(description="name of the asset")
    url: Title | None = Field(
        None, description="its address; leave it out if the file will be put into the folder"
    )

    def check(self, event_log: EventLog, now: datetime) -> Refused | None:
        if self.url and (complaint := link_complaint(self.url)):
            return refuse(f"{shown(self.url)} {complaint}", "Give the whole address, with https://")
        if any(
            (asset.type, asset.name, asset.url) == (self.type, self.name, self.url)
            for asset in event_log.lead.assets
        ):
            return refuse(f"{shown(self.name)} is already attached")
        return None

    def apply(self, lead: Lead, event: Event) -> Lead:
        asset = Asset(type=self.type, name=self.name, url=self.url, on=lead.today(event.at))
        return lead.replaced(assets=(*lead.assets, asset), folder_wanted=True)

    def effects(self, change: Change) -> Iterable[Effect]:
        return folder_effects(change)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note(f"Attached a {self.type}: {self.name}")


class PriceListRequested(Decision):
    """Read the price list again, because it changed since this lead last read it."""

    kind = "price_list_requested"
    visible = False

    def effects(self, change: Change) -> Iterable[Effect]:
        yield ReadPrices(key=change.key("read_prices"), cause=change.event.seq)

    def summary(self, event_log: EventLog) -> str:
        return self.with_note("The price list is to be read again")
