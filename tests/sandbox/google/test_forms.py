"""Forms, seen by Google's own client."""

import time
from typing import TYPE_CHECKING, Any

import pytest
from googleapiclient.errors import HttpError

from sandbox.google.state import zulu
from sandbox.server import Sandbox
from tests.sandbox.conftest import Google
from tests.sandbox.web import call

if TYPE_CHECKING:
    from googleapiclient._apis.forms.v1 import FormsResource

ANSWERS: dict[str, str | list[str]] = {
    "Organisation": "Acme University",
    "Your name": "Bo",
    "E-mail": "bo@example.org",
    "What do you want to do with a hub?": "Teach 200 students",
    "How should people log in?": ["Google", "GitHub"],
}


@pytest.fixture
def forms(google: Google) -> "FormsResource":
    return google.forms()


def test_the_form_names_its_questions(sandbox: Sandbox, forms: "FormsResource") -> None:
    form: Any = forms.forms().get(formId=sandbox.google.questionnaire).execute()
    assert form["info"]["title"] == "Leads questionnaire"
    assert form["responderUri"] == f"{sandbox.url}/forms/{form['formId']}/viewform"
    questions = {item["title"]: item["questionItem"]["question"] for item in form["items"]}
    assert questions["Organisation"] == {"questionId": "20b0d001", "required": True, "textQuestion": {}}
    assert questions["Cloud provider"]["choiceQuestion"]["type"] == "RADIO"
    with pytest.raises(HttpError, match="Requested entity was not found"):
        forms.forms().get(formId="nothing").execute()


def test_answers_come_by_question_id(sandbox: Sandbox, forms: "FormsResource") -> None:
    form_id = sandbox.google.questionnaire
    assert forms.forms().responses().list(formId=form_id).execute() == {}
    sent = sandbox.google.submit(form_id, ANSWERS)
    listed: Any = forms.forms().responses().list(formId=form_id).execute()
    (response,) = listed["responses"]
    assert response["responseId"] == sent.response_id
    assert response["answers"]["20b0d010"] == {
        "questionId": "20b0d010",
        "textAnswers": {"answers": [{"value": "Google"}, {"value": "GitHub"}]},
    }
    assert "20b0d006" not in response["answers"]  # not answered
    single: Any = forms.forms().responses().get(formId=form_id, responseId=sent.response_id).execute()
    assert single == {"formId": form_id, **response}


def test_an_edit_moves_the_last_submission_and_the_filter_sees_it(
    sandbox: Sandbox, forms: "FormsResource"
) -> None:
    form_id = sandbox.google.questionnaire
    first = sandbox.google.submit(form_id, ANSWERS)
    time.sleep(0.002)  # the clock counts milliseconds
    edited = sandbox.google.submit(form_id, {**ANSWERS, "Budget": "12000 USD"}, first.response_id)
    assert edited.create_time == first.create_time
    assert edited.last_submitted_time > first.last_submitted_time

    def found(condition: str) -> int:
        listed = forms.forms().responses().list(formId=form_id, filter=f"timestamp {condition}").execute()
        return len(listed.get("responses", []))

    assert found(f"> {zulu(first.last_submitted_time)}") == 1
    assert found(f">= {zulu(edited.last_submitted_time)}") == 1
    assert found(f"> {zulu(edited.last_submitted_time)}") == 0
    for nonsense in ("= 2026-01-01T00:00:00Z", "> yesterday"):
        with pytest.raises(HttpError) as caught:
            found(nonsense)
        assert caught.value.status_code == 400


def test_responses_come_in_pages(sandbox: Sandbox, forms: "FormsResource") -> None:
    form_id = sandbox.google.questionnaire
    for _ in range(5):
        sandbox.google.submit(form_id, ANSWERS)
    sizes = list[int]()
    request: Any = forms.forms().responses().list(formId=form_id, pageSize=2)
    while request is not None:
        page = request.execute()
        sizes.append(len(page["responses"]))
        request = forms.forms().responses().list_next(request, page)
    assert sizes == [2, 2, 1]
    with pytest.raises(HttpError):
        forms.forms().responses().list(formId=form_id, pageToken="bogus").execute()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"E-mail": ""}, "This is a required question: E-mail"),
        ({"Shoe size": "44"}, "No such question: Shoe size"),
        ({"Cloud provider": "Moon"}, "is not offered by: Cloud provider"),
        ({"Cloud provider": ["AWS", "Azure"]}, "Only one answer to: Cloud provider"),
    ],
)
def test_the_form_refuses_what_it_would_not_let_through(
    sandbox: Sandbox, change: dict[str, str | list[str]], message: str
) -> None:
    path = f"/_sandbox/forms/{sandbox.google.questionnaire}/responses"
    answer = call(sandbox, "POST", path, {"answers": {**ANSWERS, **change}})
    assert (answer.status, message in answer.json()["error"]) == (422, True)
    assert sandbox.google.responses[sandbox.google.questionnaire] == {}


def test_a_closed_form_takes_nothing(sandbox: Sandbox) -> None:
    form_id = sandbox.google.questionnaire
    closed = sandbox.google.forms[form_id].model_copy(update={"accepting": False})
    sandbox.google.forms[form_id] = closed
    with pytest.raises(ValueError, match="no longer accepting responses"):
        sandbox.google.submit(form_id, ANSWERS)
