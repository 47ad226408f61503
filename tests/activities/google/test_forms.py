"""The questionnaire's answers, as the person gave them."""

from datetime import timedelta
from typing import Any

import pytest

from activities.google.forms import FormsActivities, in_order
from config.settings import Settings
from process.effects import ReadAnswers
from process.effects.observations import AnswersRead
from sandbox.faults import Fault
from sandbox.server import Sandbox
from tests.support.performing import a_lead, after_a_minute, changed, failure, patient, perform

ANSWERS: dict[str, str | list[str]] = {
    "Anything else?": "Two lines\nof text, and 東京",
    "Your name": "Ada Example",
    "Organisation": "Example University",
    "E-mail": "ada@example.org",
    "What do you want to do with a hub?": "Teach",
    "How should people log in?": ["GitHub", "CILogon"],
}


@pytest.fixture
def forms(settings: Settings, request: pytest.FixtureRequest) -> FormsActivities:
    return FormsActivities(patient(settings, request))


@pytest.fixture
def effect(sandbox: Sandbox) -> ReadAnswers:
    response = sandbox.google.submit(sandbox.ids["questionnaire"], ANSWERS)
    return ReadAnswers(key="k", cause=1, response_id=response.response_id)


def answers(forms: FormsActivities, effect: ReadAnswers) -> tuple[tuple[str, str], ...]:
    observation = perform(forms.read_answers, effect, a_lead()).observation
    assert isinstance(observation, AnswersRead)
    assert observation.response_id == effect.response_id
    return observation.answers


def test_answers_come_in_the_forms_order_without_gaps(forms: FormsActivities, effect: ReadAnswers) -> None:
    assert answers(forms, effect) == (
        ("Organisation", "Example University"),
        ("Your name", "Ada Example"),
        ("E-mail", "ada@example.org"),
        ("What do you want to do with a hub?", "Teach"),
        ("How should people log in?", "GitHub, CILogon"),
        ("Anything else?", "Two lines\nof text, and 東京"),
    )


def test_an_edited_response_is_read_as_it_is_now(
    forms: FormsActivities, effect: ReadAnswers, sandbox: Sandbox
) -> None:
    sandbox.google.submit(
        sandbox.ids["questionnaire"], ANSWERS | {"Your name": "Grace Example"}, effect.response_id
    )
    assert dict(answers(forms, effect))["Your name"] == "Grace Example"


def test_grids_files_and_lost_questions() -> None:
    form: Any = {
        "items": [
            {"title": "A picture", "imageItem": {}},
            {
                "title": "How often?",
                "questionGroupItem": {
                    "questions": [
                        {"questionId": "g1", "rowQuestion": {"title": "Courses"}},
                        {"questionId": "g2", "rowQuestion": {"title": "Events"}},
                    ]
                },
            },
            {"title": "Plan", "questionItem": {"question": {"questionId": "f"}}},
        ]
    }
    given: Any = {
        "old": {"textAnswers": {"answers": [{"value": "kept"}]}},
        "f": {"fileUploadAnswers": {"answers": [{"fileName": "plan.pdf"}]}},
        "g2": {"textAnswers": {"answers": [{"value": "yearly"}]}},
    }
    assert in_order(form, given) == (
        ("How often?: Events", "yearly"),
        ("Plan", "plan.pdf"),
        ("A question that the form no longer has", "kept"),
    )


@pytest.mark.parametrize(
    ("fault", "kind", "delay"),
    [
        (Fault(system="forms", kind="status", status=500), "Again", None),
        (Fault(system="forms", kind="status", status=503, path="responses"), "Again", None),
        (Fault(system="forms", kind="cut", times=2), "Again", None),
        (Fault(system="forms", kind="cut_after", times=2), "Again", None),
        (Fault(system="forms", kind="slow", seconds=60), "Again", None),
        (Fault(system="forms", kind="garbage"), "Again", None),
        (Fault(system="forms", kind="rate_limit"), "Wait", timedelta(minutes=1)),
        (Fault(system="forms", kind="status", status=401, times=3), "Parked", None),
        (Fault(system="forms", kind="status", status=403), "Parked", None),
        (Fault(system="forms", kind="status", status=404), "Parked", None),
        (Fault(system="forms", kind="stale", path="responses"), "Parked", None),
    ],
    ids=lambda value: f"{value.kind} {value.status or ''}".strip() if isinstance(value, Fault) else "",
)
def test_faults_pass_wait_or_park(
    forms: FormsActivities,
    effect: ReadAnswers,
    sandbox: Sandbox,
    fault: Fault,
    kind: str,
    delay: timedelta | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox.faults.add(fault.model_copy(deep=True))
    error = failure(forms.read_answers, effect, a_lead())
    assert (error.type, error.next_retry_delay, error.non_retryable) == (kind, delay, kind == "Parked")
    sandbox.faults.clear()
    after_a_minute(monkeypatch)
    assert len(answers(forms, effect)) == len(ANSWERS)


def test_an_unknown_response_parks_with_its_id(forms: FormsActivities) -> None:
    error = failure(forms.read_answers, ReadAnswers(key="k", cause=1, response_id="nobody"), a_lead())
    assert error.type == "Parked"
    assert "response nobody" in error.message


def test_the_check_finds_the_form(forms: FormsActivities) -> None:
    (check,) = forms.checks()
    assert check.ok
    assert "Leads questionnaire" in check.detail


@pytest.mark.parametrize("form", ["", "1Unknown"])
def test_the_check_says_what_is_wrong(settings: Settings, form: str) -> None:
    (check,) = FormsActivities(changed(settings, "google", questionnaire_form=form)).checks()
    assert not check.ok
    assert "LEADS_GOOGLE__QUESTIONNAIRE_FORM" in check.detail


def test_it_may_read_forms_and_nothing_else(
    forms: FormsActivities, effect: ReadAnswers, sandbox: Sandbox
) -> None:
    answers(forms, effect)
    (token,) = sandbox.google.tokens.values()
    assert {scope.rpartition("/")[2] for scope in token.scopes} == {
        "forms.body.readonly",
        "forms.responses.readonly",
    }
