"""Issues and their events: list, create, get, update."""

from typing import Any

from sandbox.github import commands
from sandbox.github.errors import InvalidError, NotFoundError
from sandbox.github.filters import since
from sandbox.github.records import Comment, Event, Issue
from sandbox.github.rest.call import ApiResponse, Call, Listing, handles
from sandbox.github.state import GitHubState

_NOT_KEPT = ("milestone", "type", "issue_field_values", "duplicate_issue_id")
"""Fields of GitHub that the sandbox does not store. They are refused, not silently dropped."""


@handles("issues/list-for-repo")
def list_issues(call: Call) -> Listing:
    """Serve `GET …/issues`: by default the open ones, latest first. Raises InvalidError for filters not served."""
    repository = call.repository()
    for name in ("milestone", "type", "mentioned", "issue_field_values"):
        if name in call.query:
            raise InvalidError("Issue", name, "invalid", message="The sandbox cannot list by this")
    found = [issue for issue in call.state.issues_of(repository) if _wanted(call, issue)]
    by = call.query.get("sort", "created")
    descending = call.query.get("direction", "desc") == "desc"
    return Listing(
        sorted(found, key=lambda issue: _rank(call.state, issue, by), reverse=descending), call.render.issue
    )


def _wanted(call: Call, issue: Issue) -> bool:
    query, state = call.query, call.state
    wanted_state = query.get("state", "open")
    if wanted_state not in ("all", issue.state):
        return False
    labels = {state.labels[number].name.lower() for number in issue.label_ids}
    if not {name.strip().lower() for name in query.get("labels", "").split(",") if name.strip()} <= labels:
        return False
    if "creator" in query and state.users[issue.author_id].login.lower() != query["creator"].lower():
        return False
    if "assignee" in query and not _is_assigned(state, issue, query["assignee"]):
        return False
    return "since" not in query or issue.updated_at >= since(query["since"])


def _is_assigned(state: GitHubState, issue: Issue, wanted: str) -> bool:
    if wanted in ("*", "none"):
        return bool(issue.assignee_ids) == (wanted == "*")
    return wanted.lower() in {state.users[number].login.lower() for number in issue.assignee_ids}


def _rank(state: GitHubState, issue: Issue, by: str) -> tuple[Any, int]:
    match by:
        case "updated":
            return issue.updated_at, issue.number
        case "comments":
            return len(state.comments_of(issue)), issue.number
        case _:
            return issue.created_at, issue.number


@handles("issues/create")
def create_issue(call: Call) -> ApiResponse:
    """Serve `POST …/issues`. Raises InvalidError for fields that the sandbox does not store."""
    repository = call.repository()
    _refuse_what_is_not_kept(call.body)
    with call.writing():
        issue = commands.create_issue(
            call.state,
            call.viewer,
            repository,
            title=str(call.body["title"]),
            body=call.body.get("body"),
            labels=label_names(call.body.get("labels", [])),
            assignees=_assignees(call.body) or (),
        )
    return ApiResponse(call.render.issue(issue), 201)


@handles("issues/get")
def get_issue(call: Call) -> ApiResponse:
    """Serve `GET …/issues/{issue_number}`."""
    return ApiResponse(call.render.issue(call.issue()))


@handles("issues/update")
def update_issue(call: Call) -> ApiResponse:
    """Serve `PATCH …/issues/{issue_number}`. Raises InvalidError for fields that the sandbox does not store."""
    body = call.body
    _refuse_what_is_not_kept(body)
    change = commands.Change(
        title=None if body.get("title") is None else str(body["title"]),
        body=body.get("body"),
        clear_body="body" in body and body["body"] is None,
        state=body.get("state"),
        state_reason=body.get("state_reason"),
        labels=label_names(body["labels"]) if "labels" in body else None,
        assignees=_assignees(body),
    )
    issue = call.issue()
    with call.writing():
        issue = commands.edit_issue(call.state, call.viewer, issue, change)
    return ApiResponse(call.render.issue(issue))


@handles("issues/list-events")
def list_events(call: Call) -> Listing:
    """Serve `GET …/issues/{issue_number}/events`, oldest first."""
    return Listing(call.state.events_of(call.issue()), call.render.event)


@handles("issues/list-events-for-repo")
def list_events_for_repo(call: Call) -> Listing:
    """Serve `GET …/issues/events`: the events of all issues of the repository, latest first."""
    repository = call.repository()
    return Listing(call.state.events_in(repository)[::-1], call.render.event_with_issue)


@handles("issues/get-event")
def get_event(call: Call) -> ApiResponse:
    """Serve `GET …/issues/events/{event_id}`."""
    repository = call.repository()
    event = call.state.events.get(call.path["event_id"])
    if event is None or call.state.issues[event.issue_id].repository_id != repository.id:
        raise NotFoundError
    return ApiResponse(call.render.event_with_issue(event))


@handles("issues/list-events-for-timeline")
def list_timeline(call: Call) -> Listing:
    """Serve `GET …/issues/{issue_number}/timeline`: events and comments, oldest first."""
    issue = call.issue()
    entries: list[Event | Comment] = [*call.state.events_of(issue), *call.state.comments_of(issue)]

    def show(entry: Event | Comment) -> dict[str, Any]:
        return call.render.event(entry) if isinstance(entry, Event) else call.render.timeline_comment(entry)

    return Listing(sorted(entries, key=lambda entry: entry.id), show)


def label_names(labels: list[Any]) -> list[str]:
    """Return the names of labels given as names or objects; objects without a name are ignored."""
    names = [label if isinstance(label, str) else label.get("name") for label in labels]
    return [name for name in names if name is not None]


def _assignees(body: dict[str, Any]) -> list[str] | None:
    if "assignees" in body:
        return [entry if isinstance(entry, str) else entry.get("login", "") for entry in body["assignees"]]
    if "assignee" in body:
        return [body["assignee"]] if body["assignee"] else []
    return None


def _refuse_what_is_not_kept(body: dict[str, Any]) -> None:
    for name in _NOT_KEPT:
        if body.get(name):
            raise InvalidError("Issue", name, "invalid", value=body[name])
