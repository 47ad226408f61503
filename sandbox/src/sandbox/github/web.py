"""Pages of issues and boards, where people can act as on GitHub."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.github import board, commands
from sandbox.github.auth import Viewer, as_person
from sandbox.github.errors import GitHubError, InvalidError, NotFoundError
from sandbox.github.forms import Template, template, templates
from sandbox.github.markdown import render as markdown
from sandbox.github.markdown import toggle_task
from sandbox.github.records import (
    Comment,
    Event,
    Issue,
    Item,
    Option,
    Project,
    ReactionContent,
    Repository,
    User,
)
from sandbox.github.state import GitHubState
from sandbox.pages import render


def page_routes(state: GitHubState) -> list[BaseRoute]:
    """Return the routes of the pages, at GitHub's paths."""
    pages = _Pages(state)
    return [
        Route("/orgs/{org}/projects/{number:int}", pages.board, methods=["GET", "POST"]),
        Route("/{owner}/{repo}/issues", pages.issues),
        Route("/{owner}/{repo}/issues/new/choose", pages.choose),
        Route("/{owner}/{repo}/issues/new", pages.new, methods=["GET", "POST"]),
        Route("/{owner}/{repo}/issues/{number:int}", pages.issue, methods=["GET", "POST"]),
    ]


EMOJI: Mapping[ReactionContent, str] = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "confused": "😕",
    "heart": "❤️",
    "hooray": "🎉",
    "rocket": "🚀",
    "eyes": "👀",
}


class _Pages:
    def __init__(self, state: GitHubState) -> None:
        self.state = state

    # -- issues -------------------------------------------------------------------------------------------------

    async def issues(self, request: Request) -> Response:
        """Show a repository's open issues; all of them or the closed ones with `?state=all` or `closed`."""
        try:
            repository = self._repository(request)
        except NotFoundError as error:
            return self._refusal(request, error)
        wanted = request.query_params.get("state", "open")
        found = [issue for issue in self.state.issues_of(repository) if wanted in ("all", issue.state)]
        found.sort(key=lambda issue: issue.number, reverse=True)
        return render(
            request,
            "issues.html",
            **self._common(request),
            repository=repository,
            issues=found,
            wanted=wanted,
        )

    async def choose(self, request: Request) -> Response:
        """Show the templates from which a new issue can be made."""
        try:
            repository = self._repository(request)
        except NotFoundError as error:
            return self._refusal(request, error)
        offered = templates(repository)
        return render(
            request, "choose.html", **self._common(request), repository=repository, templates=offered
        )

    async def new(self, request: Request) -> Response:
        """Create an issue from a template (`?template=FILE`) or a blank one; `title=` overrides the template's title."""
        form = await request.form() if request.method == "POST" else None
        file = request.query_params.get("template")
        try:
            repository = self._repository(request)
            chosen = template(repository, file) if file else None
            if form is not None:
                issue = self._open(request, repository, chosen, form)
                path = f"/{self.state.organization.login}/{repository.name}/issues/{issue.number}"
                return RedirectResponse(f"{path}?as={_text(form, 'as')}", 303)
        except GitHubError as error:
            return self._refusal(request, error)
        title = request.query_params.get("title") or (chosen.title if chosen else "")
        return render(
            request, "new.html", **self._common(request), repository=repository, chosen=chosen, title=title
        )

    def _open(
        self, request: Request, repository: Repository, chosen: Template | None, form: FormData
    ) -> Issue:
        viewer, title = self._viewer(form), _text(form, "title")
        with self.state.writing(viewer.user, _root(request)):
            if chosen is None or not chosen.is_form:
                return commands.create_from_template(
                    self.state,
                    viewer,
                    repository,
                    title=title,
                    body=_text(form, "body"),
                    labels=chosen.labels if chosen else (),
                )
            given = {
                entry.label: [text for text in form.getlist(f"field.{place}") if isinstance(text, str)]
                for place, entry in enumerate(chosen.entries)
            }
            return commands.create_from_form(self.state, viewer, repository, chosen, title=title, given=given)

    async def issue(self, request: Request) -> Response:
        """Show an issue. POST performs the action that the form names."""
        form = await request.form() if request.method == "POST" else None
        try:
            issue = self._issue(request)
            if form is not None:
                viewer = self._viewer(form)
                with self.state.writing(viewer.user, _root(request)):
                    self._act_on_issue(viewer, issue, form)
                return _back(request, form)
        except GitHubError as error:
            return self._refusal(request, error)
        return self._show_issue(request, issue)

    def _act_on_issue(self, viewer: Viewer, issue: Issue, form: FormData) -> None:
        if "tick" in form:
            try:
                body = toggle_task(issue.body or "", int(_text(form, "tick")))
            except ValueError:
                raise InvalidError("Issue", "body", "invalid") from None
            commands.edit_issue(self.state, viewer, issue, commands.Change(body=body))
            return
        match _text(form, "do"):
            case "edit":
                # browsers send CR LF, and GitHub stores it unchanged
                change = commands.Change(title=_text(form, "title"), body=_text(form, "body"))
                commands.edit_issue(self.state, viewer, issue, change)
            case "comment":
                commands.create_comment(self.state, viewer, issue, _text(form, "comment"))
            case "close":
                commands.edit_issue(self.state, viewer, issue, commands.Change(state="closed"))
            case "reopen":
                commands.edit_issue(self.state, viewer, issue, commands.Change(state="open"))
            case other:
                raise InvalidError("Issue", "do", "invalid", value=other)

    def _show_issue(self, request: Request, issue: Issue) -> Response:
        entries: list[Event | Comment] = [*self.state.events_of(issue), *self.state.comments_of(issue)]
        cards = [
            (item, board.column(self.state, item))
            for item in self.state.items_with(issue)
            if not item.archived
        ]
        return render(
            request,
            "issue.html",
            **self._common(request),
            repository=self.state.repositories[issue.repository_id],
            issue=issue,
            entries=sorted(entries, key=lambda entry: entry.id),
            cards=cards,
            reactions=self._reactions(),
        )

    def _reactions(self) -> Mapping[str, list[tuple[str, str]]]:
        """Return node id -> (login, emoji) of each reaction."""
        found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for reaction in self.state.reactions.values():
            who = self.state.users[reaction.user_id].login
            found[reaction.subject].append((who, EMOJI[reaction.content]))
        return found

    # -- boards -------------------------------------------------------------------------------------------------

    async def board(self, request: Request) -> Response:
        """Show a board. POST moves a card to another column."""
        form = await request.form() if request.method == "POST" else None
        try:
            project = self._project(request)
            if form is not None:
                viewer = self._viewer(form)
                with self.state.writing(viewer.user, _root(request)):
                    self._move(viewer, project, _text(form, "move"))
                return _back(request, form)
        except GitHubError as error:
            return self._refusal(request, error)
        cards = [item for item in self.state.items_of(project) if not item.archived]
        columns: list[tuple[Option | None, list[Item]]] = [
            (option, [item for item in cards if board.column(self.state, item) == option])
            for option in (None, *project.status.options)
        ]
        return render(
            request,
            "board.html",
            **self._common(request),
            project=project,
            columns=[(option, items) for option, items in columns if option or items],
        )

    def _move(self, viewer: Viewer, project: Project, move: str) -> None:
        """Move a card. `move` is "card id:option id"."""
        number, _, option = move.partition(":")
        item = self.state.items.get(int(number)) if number.isdigit() else None
        if item is None or item.project_id != project.id:
            raise NotFoundError
        board.set_value(self.state, viewer, item, project.status, {"single_select_option_id": option})

    # -- shared -------------------------------------------------------------------------------------------------

    def _repository(self, request: Request) -> Repository:
        repository = self.state.repository(request.path_params["owner"], request.path_params["repo"])
        if repository is None:
            raise NotFoundError
        return repository

    def _issue(self, request: Request) -> Issue:
        issue = self.state.issue(self._repository(request), request.path_params["number"])
        if issue is None:
            raise NotFoundError
        return issue

    def _project(self, request: Request) -> Project:
        project = self.state.project(request.path_params["number"])
        if project is None or request.path_params["org"].lower() != self.state.organization.login.lower():
            raise NotFoundError
        return project

    def _viewer(self, form: FormData) -> Viewer:
        user = self.state.user(_text(form, "as"))
        if user is None or user.type != "User":
            raise InvalidError("User", "as", "invalid")
        return as_person(user)

    def _common(self, request: Request) -> Mapping[str, Any]:
        people: list[User] = [user for user in self.state.users.values() if user.type == "User"]
        return {
            "org": self.state.organization.login,
            "state": self.state,
            "people": people,
            "me": request.query_params.get("as", people[0].login),
            "markdown": markdown,
        }

    def _refusal(self, request: Request, error: GitHubError) -> Response:
        details = [
            str(part.get("message") or f"{part['field']}: {part['code']}") for part in error.errors or ()
        ]
        return render(request, "refused.html", error.status, message=error.message, details=details)


def _root(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _back(request: Request, form: FormData) -> RedirectResponse:
    """Redirect to the same page, acting as the same person."""
    return RedirectResponse(request.url.include_query_params(**{"as": _text(form, "as")}), 303)
