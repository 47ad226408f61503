"""The deadline of an unanswered questionnaire."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from process.calendar import end_of, start_of
from process.core.events import Change, Deadline, Event, EventLog
from process.deadlines.base import Due, Schedules, waiting_for_us
from process.decisions.base import mail
from process.effects import Effect
from process.lead.lead import Lead
from process.types import Role


class QuestionnaireNudged(Deadline):
    """Sales is reminded weekly of an unanswered questionnaire."""

    kind = "questionnaire_nudged"
    visible = False

    def apply(self, lead: Lead, event: Event) -> Lead:
        nudged = lead.questionnaire.replaced(nudged_on=lead.today(event.at))
        return lead.replaced(questionnaire=nudged)

    def effects(self, change: Change) -> Iterable[Effect]:
        yield mail(change, "questionnaire_unanswered", Role.SALES)

    def summary(self, event_log: EventLog) -> str:
        return "The questionnaire is still unanswered"


def _questionnaire(lead: Lead) -> Iterator[Due]:
    questionnaire = lead.questionnaire
    if waiting_for_us(lead) and questionnaire.sent_on and not questionnaire.answered_on:
        week = timedelta(days=lead.policy.periods.questionnaire_nudge)
        when = end_of(questionnaire.sent_on + week, lead.zone)
        if questionnaire.nudged_on:
            when = start_of(questionnaire.nudged_on + week, lead.zone)  # reminders come when a day begins
        yield Due(when, QuestionnaireNudged())


SCHEDULES: Schedules = {
    QuestionnaireNudged.kind: _questionnaire,
}
