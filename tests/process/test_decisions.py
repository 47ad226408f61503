"""Accepted and refused cases of each decision, from `tests/support`."""

import re
from typing import Any

import pytest

from process.decisions.registry import DECISIONS
from process.types import Stage
from tests.support.accepted import ACCEPTED
from tests.support.lives import Life
from tests.support.refused import REFUSED
from tests.support.states import STATES


@pytest.mark.parametrize(("state", "kind", "body", "summary", "stage"), ACCEPTED)
def test_accepted(state: str, kind: str, body: dict[str, Any], summary: str, stage: Stage) -> None:
    life = STATES[state]()
    known = len(life.aggregate.event_log.events)
    answer = life.does(kind, by="Grace", source="page", **body)
    event = life.aggregate.event_log.events[-1]
    assert summary in str(answer)
    assert (answer.seq, event.seq, event.kind, event.summary) == (known + 1, known + 1, kind, str(answer))
    assert (event.fact.by, event.fact.source, event.at) == ("Grace", "page", life.now)
    assert life.lead.stage is stage


@pytest.mark.parametrize(("state", "kind", "body", "reason"), REFUSED)
def test_refused(state: str, kind: str, body: dict[str, Any], reason: str) -> None:
    life = STATES[state]().wait(minutes=11)  # later, the same decision is no double click
    message = life.refused(kind, **body)
    assert reason in message
    assert message.endswith((".", "?"))
    assert len(message) < 700
    assert ".." not in message


def test_every_decision_has_accepted_and_refused_cases() -> None:
    assert {kind for _, kind, *_ in ACCEPTED} == set(DECISIONS)
    assert {kind for _, kind, *_ in REFUSED} == set(DECISIONS)


@pytest.mark.parametrize("kind", DECISIONS)
def test_an_ended_lead_takes_only_corrections_and_billing(kind: str) -> None:
    closed, lost = (life.wait(minutes=11) for life in (Life().decommissioned(), Life().lost()))
    after_the_end = {
        "corrected",
        "usage_reported",
        "invoice_sent",
        "invoice_paid",
        "invoice_voided",
        "gap_explained",
    }
    if kind not in after_the_end:
        assert closed.refused(kind, **DECISIONS[kind].example) == (
            "The lead is closed: its service has ended. Start a new lead."
        )
    if kind not in {"corrected", "reopened", "invoice_sent", "invoice_paid", "invoice_voided"}:
        assert (
            lost.refused(kind, **DECISIONS[kind].example) == "The lead is lost. Reopen it first (reopened)."
        )


COMMANDS = re.compile(r"\bleads [a-z]|--[a-z]|(?<![\w/:])/[a-z]|https?://\w")
KINDS = re.compile(rf"\((?:{'|'.join(DECISIONS)})\b")


@pytest.mark.parametrize(("state", "kind", "body", "reason"), REFUSED)
def test_a_refusal_names_no_command_of_any_face(
    state: str, kind: str, body: dict[str, Any], reason: str
) -> None:
    """The sentences must fit every face, because each one renders the suggestions in its own way."""
    life = STATES[state]().wait(minutes=11)
    refused = life.take(kind, **body).refused
    assert refused
    for sentence in (refused.reason, *(suggestion.text for suggestion in refused.suggestions)):
        plain = sentence.replace(str(body.get("url")), "").replace("https://example.org", "")
        assert not COMMANDS.search(plain), sentence
        assert not KINDS.search(plain), sentence
    assert all(each.decision in DECISIONS for each in refused.suggestions if each.decision)
