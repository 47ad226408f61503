"""Checklists follow from events, and each item names the decision that completes it."""

from process.views.checklist import checklist
from tests.support.lives import Life


def test_every_item_of_the_checklist_follows_from_an_event() -> None:
    empty = checklist(Life().lead)
    assert not any(item.done for item in empty)
    life = Life()
    life.does("questionnaire_sent")
    life.does("questionnaire_answered", response_id="one")
    life.does("maniac_t_assessed", in_scope=True)
    life.does("asset_attached", type="budget", name="Budget", url="https://docs.example.org/budget")
    life.does("asset_attached", type="statement of work", name="SOW")
    full = checklist(life.live().perform().lead)
    assert all(item.done for item in full)
    assert [item.name for item in full] == [item.name for item in empty]
    texts = [item.text for item in full]
    assert "In scope: yes" in texts
    assert "Budget: https://docs.example.org/budget" in texts
    assert "Contract signed on 2026-06-01" in texts
