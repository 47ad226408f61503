"""Changed rules: each is declared once, and a lead follows those whose changes it has adopted."""

import pytest

from process.behaviour import CHANGES, Behaviour
from process.decisions.quoting import PriceQuoted
from tests.support.changed_rule import NEXT_CHANGES, NextBehaviour, deploy
from tests.support.lives import QUOTE, Life


def test_each_rule_describes_its_former_and_new_behaviour() -> None:
    for rule in (*Behaviour.changed(), *NextBehaviour.changed()):
        assert all((rule.name, rule.was, rule.now, rule.removable))
    assert len(set(CHANGES)) == len(CHANGES)


def test_the_changes_are_the_rules_names_in_order() -> None:
    assert NEXT_CHANGES == (NextBehaviour.tells_sales.name,) == ("tell-sales",)


def test_a_lead_follows_the_rules_that_it_has_adopted() -> None:
    assert NextBehaviour(NEXT_CHANGES).tells_sales
    assert not NextBehaviour().tells_sales


def test_a_lead_adopts_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy(monkeypatch)
    life = Life()
    life.does("questionnaire_sent")
    assert not life.mails("questionnaire_unanswered")
    life.aggregate = life.aggregate.adopt(NEXT_CHANGES, life.now)
    assert life.aggregate.adopt(NEXT_CHANGES, life.now) is life.aggregate
    life.wait(1).does("questionnaire_sent")
    assert len(life.mails("questionnaire_unanswered")) == 1


def test_a_field_introduced_by_a_change_needs_that_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PriceQuoted, "introduced_in", {"item": "tell-sales"})
    life = Life()
    assert life.refused("price_quoted", **QUOTE, item="Training: 2000 once") == (
        "This lead does not know item yet, which came with a newer release. Bring it to the newest release first."
    )
    life.does("price_quoted", **QUOTE)
    newer = Life(changes=NEXT_CHANGES)
    newer.does("price_quoted", **QUOTE, item="Training: 2000 once")
