"""The overview, spreadsheets, forms as respondents see them, and the mailbox."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.google.drive.rendering import web_view_link
from sandbox.google.state import FOLDER, DriveFile, Question
from sandbox.pages import render, style
from sandbox.pages.drive import drive_routes

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_ACTIVE = ("text/html", "application/xhtml+xml", "image/svg+xml")


class Column(NamedTuple):
    """A column of a board, with its issues."""

    name: str
    issues: list[Any]


def navigation(sandbox: "Sandbox") -> list[tuple[str, str]]:
    """Return (name, path) of the pages that every page links to."""
    github, google = sandbox.github, sandbox.google
    org = github.organization.login
    return [
        ("Overview", "/"),
        *((each.name, f"/{org}/{each.name}/issues") for each in github.repositories.values()),
        *(
            (f"Board: {each.title}", f"/orgs/{org}/projects/{each.number}")
            for each in github.projects.values()
        ),
        ("Drive", "/drive"),
        *((each.title, f"/forms/{each.id}/viewform") for each in google.forms.values()),
        *((each.title, f"/spreadsheets/d/{each.id}/edit") for each in google.spreadsheets.values()),
        ("Mailbox", "/mail"),
    ]


def routes(sandbox: "Sandbox") -> list[BaseRoute]:
    """Return the routes of all pages but GitHub's."""
    google = sandbox.google

    async def stylesheet(_: Request) -> Response:
        return PlainTextResponse(style(), media_type="text/css")

    async def overview(request: Request) -> Response:
        return render(
            request,
            "overview.html",
            org=sandbox.github.organization.login,
            repositories=_repositories(sandbox),
            boards=_boards(sandbox),
            repository_of=lambda issue: sandbox.github.repositories[issue.repository_id].name,
            labels_of=lambda issue: [sandbox.github.labels[each] for each in issue.label_ids],
            drives=list(google.drives.values()),
            children=google.children,
            link=_link,
            responses={form: list(each.values()) for form, each in google.responses.items()},
            forms=list(google.forms.values()),
            threads=sandbox.mailbox.threads(),
            folder=FOLDER,
        )

    async def content(request: Request) -> Response:
        file = google.files.get(request.path_params["file_id"])
        if file is None:
            return render(request, "missing.html", 404, kind="file")
        return _served(google.content(file.id), file.mime_type)

    async def spreadsheet(request: Request) -> Response:
        book = google.spreadsheets.get(request.path_params["book_id"])
        if book is None:
            return render(request, "missing.html", 404, kind="spreadsheet")
        return render(request, "spreadsheet.html", book=book)

    async def form(request: Request) -> Response:
        found = google.forms.get(request.path_params["form_id"])
        if found is None:
            return render(request, "missing.html", 404, kind="form")
        edited = google.responses[found.id].get(request.query_params.get("edit2", ""))
        given: dict[str, Sequence[str]] = {
            question.question_id: _prefilled(request, question) for question in found.questions
        }
        if edited:
            given = {
                question.question_id: edited.answers.get(question.question_id, ())
                for question in found.questions
            }
        sent, problem = None, None
        if request.method == "POST":
            posted = await request.form()
            given = {q.question_id: [str(v) for v in posted.getlist(entry(q))] for q in found.questions}
            answers = {q.title: list(given[q.question_id]) for q in found.questions}
            try:
                sent = google.submit(found.id, answers, edited.response_id if edited else None)
            except ValueError as refused:
                problem = str(refused)
        return render(
            request,
            "form.html",
            422 if problem else 200,
            form=found,
            given=given,
            entry=entry,
            sent=sent,
            problem=problem,
        )

    async def mailbox(request: Request) -> Response:
        return render(request, "mailbox.html", threads=sandbox.mailbox.threads())

    async def thread(request: Request) -> Response:
        number = request.path_params["number"]
        for mails in sandbox.mailbox.threads():
            if any(mail.number == number for mail in mails):
                return render(request, "thread.html", mails=mails)
        return render(request, "missing.html", 404, kind="mail")

    async def raw_mail(request: Request) -> Response:
        mail = sandbox.mailbox.get(request.path_params["number"])
        if mail is None:
            return render(request, "missing.html", 404, kind="mail")
        return PlainTextResponse(mail.raw)

    async def attachment(request: Request) -> Response:
        mail = sandbox.mailbox.get(request.path_params["number"])
        index = request.path_params["index"]
        if mail is None or not 0 < index <= len(mail.attachments):
            return render(request, "missing.html", 404, kind="attachment")
        found = mail.attachments[index - 1]
        return _served(found.content, found.mime_type)

    return [
        Route("/", overview),
        Route("/_sandbox/style.css", stylesheet),
        *drive_routes(google),
        Route("/drive/file/{file_id}", content),
        Route("/spreadsheets/d/{book_id}/edit", spreadsheet),
        Route("/forms/{form_id}/viewform", form, methods=["GET", "POST"]),
        Route("/mail", mailbox),
        Route("/mail/{number:int}", thread),
        Route("/mail/{number:int}/raw", raw_mail),
        Route("/mail/{number:int}/attachments/{index:int}", attachment),
    ]


def entry(question: Question) -> str:
    """Return the name of a question's form field, which pre-filled links use: its id in decimal."""
    return f"entry.{int(question.question_id, 16)}"


def _served(content: bytes, mime_type: str) -> Response:
    """Return stored content so that a browser shows it but runs no script in it."""
    headers = {"X-Content-Type-Options": "nosniff"}
    if mime_type.startswith(_ACTIVE):
        headers["Content-Security-Policy"] = "sandbox"
    return Response(content, media_type=mime_type, headers=headers)


def _prefilled(request: Request, question: Question) -> list[str]:
    return request.query_params.getlist(entry(question))


def _link(file: DriveFile) -> str:
    return web_view_link(file, "")


def _repositories(sandbox: "Sandbox") -> list[tuple[str, list[Any]]]:
    """Return the name and the issues of each repository, newest first."""
    github = sandbox.github
    return [
        (repository.name, sorted(github.issues_of(repository), key=lambda issue: -issue.number))
        for repository in github.repositories.values()
    ]


def _boards(sandbox: "Sandbox") -> list[tuple[Any, list[Column]]]:
    """Return each board with its columns. Cards without a column come first, if there are any."""
    github = sandbox.github
    boards = []
    for project in github.projects.values():
        field = next(each for each in project.fields if each.type == "SINGLE_SELECT")
        cards: dict[str, list[Any]] = {"": [], **{option.id: [] for option in field.options}}
        for item in github.items_of(project):
            if not item.archived:
                value = item.values.get(field.id)
                cards[str(value.value) if value else ""].append(github.issues[item.issue_id])
        columns = [Column(option.name, cards[option.id]) for option in field.options]
        unsorted = [Column(f"No {field.name.lower()}", cards[""])] if cards[""] else []
        boards.append((project, [*unsorted, *columns]))
    return boards
