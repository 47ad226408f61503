"""Fields that a program gives: faults are named in no time, however many there are."""

import pytest

from process.decisions.registry import DECISIONS
from starter.web.api.callers import Caller
from starter.web.api.fields import MAX_ERRORS, decision_of
from starter.web.api.problems import ApiProblem
from starter.web.auth.visitor import Visitor
from tests.support.nasty import CPU_SECONDS, cpu_seconds

ADA = Caller(Visitor("Ada"))


def faults_of(kind: str, body: dict[str, object]) -> list[str]:
    with pytest.raises(ApiProblem) as raised:
        decision_of(DECISIONS[kind], body, ADA)
    return [each.detail for each in raised.value.more["errors"]]


def test_thousands_of_unknown_names_cost_no_time() -> None:
    body: dict[str, object] = {f"amount of the quote {number}": 1 for number in range(40_000)}
    assert cpu_seconds(lambda: faults_of("price_quoted", body), CPU_SECONDS) <= CPU_SECONDS
    assert len(faults_of("price_quoted", body)) == MAX_ERRORS


def test_thousands_of_wrong_values_cost_no_time() -> None:
    body: dict[str, object] = {"tags": [None] * 100_000, "org": [[]] * 100_000}
    assert cpu_seconds(lambda: faults_of("details_changed", body), CPU_SECONDS) <= CPU_SECONDS


def test_only_the_first_unknown_name_has_a_suggestion() -> None:
    first, second, *_ = faults_of("lost", {"reasn": "x", "nte": "y"})
    assert "Did you mean reason?" in first
    assert second == "lost has no 'nte'."
