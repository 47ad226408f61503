"""Activities on Google Forms: responses to the questionnaire."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import park
from activities.google.clients import forms_api
from activities.performs import performs
from config.settings import Settings
from process.effects import ReadAnswers
from process.effects.observations import AnswersRead
from process.effects.requests import EffectRequest, Outcome

if TYPE_CHECKING:
    from googleapiclient._apis.forms.v1.resources import (
        ListFormResponsesResponseHttpRequest as ListHttpRequest,
    )
    from googleapiclient._apis.forms.v1.schemas import Answer, Form

_FORM = "the questionnaire (LEADS_GOOGLE__QUESTIONNAIRE_FORM)"


class Response(NamedTuple):
    """A response: pairs of question title and answer."""

    id: str
    submitted_at: datetime
    """Time at which it was sent in or last edited."""
    answers: tuple[tuple[str, str], ...]
    email: str = ""
    """Address that the form collected, if it does."""
    is_verified: bool = False
    """True if Google has verified the address: it is that of the account with which the person was signed in."""


class FormsActivities:
    """Reads the questionnaire named in the settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings.google
        self._api = forms_api(settings.google)

    @performs("read_answers")
    def read_answers(self, request: EffectRequest) -> Outcome:
        """Read the answers of one response to the questionnaire."""
        effect = request.effect
        assert isinstance(effect, ReadAnswers)  # noqa: S101 - the workflow sends each effect to its own activity
        form_id = self._form_id()
        forms = self._api.service.forms()
        form = self._api.execute(forms.get(formId=form_id), _FORM)
        response = self._api.execute(
            forms.responses().get(formId=form_id, responseId=effect.response_id),
            f"response {effect.response_id} of {_FORM}",
        )
        return Outcome(
            observation=AnswersRead(
                response_id=effect.response_id,
                answers=in_order(form, response.get("answers", {})),
                submitted_at=datetime.fromisoformat(response["lastSubmittedTime"]),
            )
        )

    def responses_since(self, since: datetime) -> list[Response]:
        """Return the responses sent in or edited at or after `since`, oldest first; none without a questionnaire."""
        if not self._settings.questionnaire_form:
            return []
        form_id, forms = self._form_id(), self._api.service.forms()
        listing: ListHttpRequest | None = forms.responses().list(
            formId=form_id, filter=f"timestamp >= {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        )
        found = []
        while listing:
            answer = self._api.execute(listing, f"the responses to {_FORM}")
            found += answer.get("responses", [])
            listing = forms.responses().list_next(listing, answer)  # None after the last page
        if not found:
            return []
        form = self._api.execute(forms.get(formId=form_id), _FORM)
        verified = form.get("settings", {}).get("emailCollectionType") == "VERIFIED"
        read = [
            Response(
                each["responseId"],
                datetime.fromisoformat(each["lastSubmittedTime"]),
                in_order(form, each.get("answers", {})),
                each.get("respondentEmail", ""),
                verified and bool(each.get("respondentEmail")),
            )
            for each in found
        ]
        return sorted(read, key=lambda response: response.submitted_at)

    def checks(self) -> Iterator[Check]:
        """Check that the questionnaire and its responses can be read."""
        try:
            forms, form_id = self._api.service.forms(), self._form_id()
            form = self._api.execute(forms.get(formId=form_id), _FORM)
            self._api.execute(forms.responses().list(formId=form_id, pageSize=1), f"the responses to {_FORM}")
        except ApplicationError as error:
            yield Check("Google Forms", "questionnaire", ok=False, detail=error.message)
            return
        title = form.get("info", {}).get("title", "")
        yield Check(
            "Google Forms", "questionnaire", ok=True, detail=f"“{title}”, {len(titles(form))} questions"
        )

    def _form_id(self) -> str:
        if not self._settings.questionnaire_form:
            raise park("Set LEADS_GOOGLE__QUESTIONNAIRE_FORM to the id of the questionnaire")
        return self._settings.questionnaire_form


def titles(form: "Form") -> dict[str, str]:
    """Return the title of each question by id, in the form's order. Each row of a grid is a question."""
    found: dict[str, str] = {}
    for item in form.get("items", []):
        title = item.get("title", "")
        found[item.get("questionItem", {}).get("question", {}).get("questionId", "")] = title
        for row in item.get("questionGroupItem", {}).get("questions", []):
            part = row.get("rowQuestion", {}).get("title", "")
            found[row.get("questionId", "")] = f"{title}: {part}"
    found.pop("", None)  # pictures, texts and section breaks
    return found


def in_order(form: "Form", answers: "dict[str, Answer]") -> tuple[tuple[str, str], ...]:
    """Return (title, answer) of each answered question; questions that were removed from the form come last."""
    known = titles(form)
    unknown = {
        question: "A question that the form no longer has" for question in answers if question not in known
    }
    return tuple(
        (title, value)
        for question, title in (known | unknown).items()
        if (value := _text(answers.get(question)))
    )


def _text(answer: "Answer | None") -> str:
    """Return the answer on one line: several choices separated by commas, uploaded files by name."""
    if answer is None:
        return ""
    ticks = [each.get("value", "") for each in answer.get("textAnswers", {}).get("answers", [])]
    files = [each.get("fileName", "") for each in answer.get("fileUploadAnswers", {}).get("answers", [])]
    return ", ".join(each for each in (*ticks, *files) if each)
