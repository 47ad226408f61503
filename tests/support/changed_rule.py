"""A change of the process that only tests declare: sales gets a mail when the questionnaire is sent."""

from collections.abc import Iterable

import pytest

from process.behaviour import Behaviour, ChangedRule, Rules
from process.core.events import Change
from process.decisions.base import mail
from process.decisions.qualifying import QuestionnaireSent
from process.effects import Effect
from process.types import Role


class NextBehaviour(Rules):
    """Behaviour of a later release."""

    tells_sales = ChangedRule(
        "tell-sales",
        was="nobody gets a mail when the questionnaire is sent",
        now="sales gets one",
        removable="never, it is only a test",
    )


NEXT_CHANGES = tuple(rule.name for rule in NextBehaviour.changed())


def _effects(self: QuestionnaireSent, change: Change) -> Iterable[Effect]:
    behaviour: Behaviour | NextBehaviour = change.after.behaviour
    if isinstance(behaviour, NextBehaviour) and behaviour.tells_sales:
        yield mail(change, "questionnaire_unanswered", Role.SALES)


def deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the behaviour with that of the later release."""
    monkeypatch.setattr("process.lead.lead.Behaviour", NextBehaviour)
    monkeypatch.setattr("workflows.lead.CHANGES", NEXT_CHANGES)
    monkeypatch.setattr(QuestionnaireSent, "effects", _effects)
