"""Forms v1: forms and their responses, read-only."""

import re
from datetime import UTC, datetime
from typing import Any

from sandbox.google import errors
from sandbox.google.call import Call, Handler
from sandbox.google.state import Form, FormResponse, Question

_FILTER = re.compile(r"timestamp\s*(>=|>)\s*(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)")
_MAX_PAGE_SIZE = 5000


def get(call: Call) -> dict[str, Any]:
    """Serve `forms.get`."""
    form = _form(call)
    return {
        "formId": form.id,
        "info": {"title": form.title, "description": form.description, "documentTitle": form.title},
        "settings": {"emailCollectionType": "DO_NOT_COLLECT"},
        "revisionId": "00000001",
        "responderUri": f"{call.base}/forms/{form.id}/viewform",
        "items": [_item(question) for question in form.questions],
        "publishSettings": {"publishState": {"isPublished": True, "isAcceptingResponses": form.accepting}},
    }


def get_response(call: Call) -> dict[str, Any]:
    """Serve `forms.responses.get`."""
    form = _form(call)
    found = call.snapshot.responses.get(form.id, {}).get(call.path["responseId"])
    if found is None:
        raise errors.entity_not_found()
    return {"formId": form.id, **_response(found)}


def list_responses(call: Call) -> dict[str, Any]:
    """Serve `forms.responses.list`: in the order of their first submission, at most 5,000 a page."""
    form, query = _form(call), call.query
    found = [
        r for r in call.snapshot.responses.get(form.id, {}).values() if _submitted(r, query.get("filter"))
    ]
    start = _start(query)
    end = start + min(query.get("pageSize") or _MAX_PAGE_SIZE, _MAX_PAGE_SIZE)
    answer: dict[str, Any] = {}
    if found[start:end]:
        answer["responses"] = [_response(each) for each in found[start:end]]
    if end < len(found):
        answer["nextPageToken"] = f"{end}.{query.get('filter', '')}"
    return answer


HANDLERS: dict[str, Handler] = {
    "forms.forms.get": get,
    "forms.forms.responses.get": get_response,
    "forms.forms.responses.list": list_responses,
}


def _form(call: Call) -> Form:
    form = call.state.forms.get(call.path["formId"])
    if form is None:
        raise errors.entity_not_found()
    call.must_see(form.id)
    return form


def _item(question: Question) -> dict[str, Any]:
    question_json: dict[str, Any] = {"questionId": question.question_id}
    if question.required:
        question_json["required"] = True
    if question.kind in ("TEXT", "PARAGRAPH"):
        question_json["textQuestion"] = {"paragraph": True} if question.kind == "PARAGRAPH" else {}
    else:
        question_json["choiceQuestion"] = {
            "type": question.kind,
            "options": [{"value": each} for each in question.options],
        }
    item = {"itemId": question.item_id, "title": question.title, "questionItem": {"question": question_json}}
    return item | ({"description": question.help} if question.help else {})


def _response(response: FormResponse) -> dict[str, Any]:
    return {
        "responseId": response.response_id,
        "createTime": _time(response.create_time),
        "lastSubmittedTime": _time(response.last_submitted_time),
        "answers": {
            question_id: {
                "questionId": question_id,
                "textAnswers": {"answers": [{"value": value} for value in values]},
            }
            for question_id, values in response.answers.items()
        },
    }


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _submitted(response: FormResponse, wanted: str | None) -> bool:
    if not wanted:
        return True
    match = _FILTER.fullmatch(wanted.strip())
    if not match:
        raise errors.invalid_argument()
    since = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", match[2]))
    moment = response.last_submitted_time
    return moment > since or (match[1] == ">=" and moment == since)


def _start(query: dict[str, Any]) -> int:
    """Return the offset of the page. A token is valid for the same filter only."""
    if not query.get("pageToken"):
        return 0
    offset, _, same = query["pageToken"].partition(".")
    if not offset.isdigit() or same != query.get("filter", ""):
        raise errors.invalid_argument()
    return int(offset)
