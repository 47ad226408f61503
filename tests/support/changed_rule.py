"""A change of the process that only tests declare: sales gets a mail when the questionnaire is sent."""

from collections.abc import Iterable
from dataclasses import replace

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


class KnownBehaviour(NextBehaviour):
    """Behaviour of the release before that: it knows the rule, but no run adopts it."""

    tells_sales = replace(NextBehaviour.tells_sales, adopted=False)


NEXT_CHANGES = tuple(rule.name for rule in NextBehaviour.changed())


def _effects(self: QuestionnaireSent, change: Change) -> Iterable[Effect]:
    behaviour: Behaviour | NextBehaviour = change.after.behaviour
    if isinstance(behaviour, NextBehaviour) and behaviour.tells_sales:
        yield mail(change, "questionnaire_unanswered", Role.SALES)


def deploy(monkeypatch: pytest.MonkeyPatch, behaviour: type[NextBehaviour] = NextBehaviour) -> None:
    """Replace the behaviour with that of the later release, or of the one before it."""
    monkeypatch.setattr("process.lead.lead.Behaviour", behaviour)
    monkeypatch.setattr("workflows.changes.Behaviour", behaviour)
    monkeypatch.setattr(QuestionnaireSent, "effects", _effects)
