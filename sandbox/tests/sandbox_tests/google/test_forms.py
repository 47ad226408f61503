"""Forms, through Google's client."""

import time
from typing import TYPE_CHECKING, Any

import pytest
from googleapiclient.errors import HttpError

from sandbox.google.state import rfc3339
from sandbox.server import Sandbox
from sandbox_tests.support.google import ANSWERS, Google
from sandbox_tests.support.http import call

if TYPE_CHECKING:
    from googleapiclient._apis.forms.v1 import FormsResource


@pytest.fixture
def forms(google: Google) -> "FormsResource":
    return google.forms()


def test_the_form_names_its_questions(sandbox: Sandbox, forms: "FormsResource") -> None:
    form: Any = forms.forms().get(formId=sandbox.ids["contact"]).execute()
    assert form["info"]["title"] == "Contact form"
    assert form["responderUri"] == f"{sandbox.url}/forms/{form['formId']}/viewform"
    questions = {item["title"]: item["questionItem"]["question"] for item in form["items"]}
    assert questions["Organization"] == {"questionId": "20b0d001", "required": True, "textQuestion": {}}
    assert questions["How urgent is it?"]["choiceQuestion"]["type"] == "RADIO"
    with pytest.raises(HttpError, match="Requested entity was not found"):
        forms.forms().get(formId="nothing").execute()


def test_answers_come_by_question_id(sandbox: Sandbox, forms: "FormsResource") -> None:
    form_id = sandbox.ids["contact"]
    assert forms.forms().responses().list(formId=form_id).execute() == {}
    sent = sandbox.google.submit(form_id, ANSWERS)
    listed: Any = forms.forms().responses().list(formId=form_id).execute()
    (response,) = listed["responses"]
    assert response["responseId"] == sent.response_id
    assert response["answers"]["20b0d008"] == {
        "questionId": "20b0d008",
        "textAnswers": {"answers": [{"value": "Mail"}, {"value": "Phone"}]},
    }
    assert "20b0d006" not in response["answers"]  # not answered
    single: Any = forms.forms().responses().get(formId=form_id, responseId=sent.response_id).execute()
    assert single == {"formId": form_id, **response}


def test_an_edit_changes_the_last_submission_time(sandbox: Sandbox, forms: "FormsResource") -> None:
    form_id = sandbox.ids["contact"]
    first = sandbox.google.submit(form_id, ANSWERS)
    time.sleep(0.002)  # the clock counts milliseconds
    edited = sandbox.google.submit(form_id, {**ANSWERS, "Budget": "12000 USD"}, first.response_id)
    assert edited.create_time == first.create_time
    assert edited.last_submitted_time > first.last_submitted_time

    def found(condition: str) -> int:
        listed = forms.forms().responses().list(formId=form_id, filter=f"timestamp {condition}").execute()
        return len(listed.get("responses", []))

    assert found(f"> {rfc3339(first.last_submitted_time)}") == 1
    assert found(f">= {rfc3339(edited.last_submitted_time)}") == 1
    assert found(f"> {rfc3339(edited.last_submitted_time)}") == 0
    for nonsense in ("= 2026-01-01T00:00:00Z", "> yesterday"):
        with pytest.raises(HttpError) as caught:
            found(nonsense)
        assert caught.value.status_code == 400


def test_responses_come_in_pages(sandbox: Sandbox, forms: "FormsResource") -> None:
    form_id = sandbox.ids["contact"]
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
        ({"How urgent is it?": "Never"}, "is not offered by: How urgent is it?"),
        ({"How urgent is it?": ["Today", "This week"]}, "Only one answer to: How urgent is it?"),
    ],
)
def test_invalid_responses_are_refused(
    sandbox: Sandbox, change: dict[str, str | list[str]], message: str
) -> None:
    path = f"/_sandbox/forms/{sandbox.ids['contact']}/responses"
    answer = call(sandbox, "POST", path, {"answers": {**ANSWERS, **change}})
    assert (answer.status, message in answer.json()["error"]) == (422, True)
    assert sandbox.google.responses[sandbox.ids["contact"]] == {}


def test_a_closed_form_takes_nothing(sandbox: Sandbox) -> None:
    form_id = sandbox.ids["contact"]
    closed = sandbox.google.forms[form_id].model_copy(update={"accepting": False})
    sandbox.google.forms[form_id] = closed
    with pytest.raises(ValueError, match="no longer accepting responses"):
        sandbox.google.submit(form_id, ANSWERS)
