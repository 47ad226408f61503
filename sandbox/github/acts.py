"""What callers do to issues, labels and comments. REST and the pages call the same acts.

Each checks the caller's rights and the values; it is called inside `state.writing()`, which undoes half a write.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.github.auth import Viewer
from sandbox.github.errors import ForbiddenError, GitHubError, GoneError, InvalidError, NotFoundError
from sandbox.github.state import (
    Comment,
    Event,
    GitHubState,
    Issue,
    Label,
    Reaction,
    ReactionContent,
    Repository,
    StateReason,
    User,
    clock,
)

LONGEST_TITLE = 256
LONGEST_BODY = 65_536
LONGEST_LABEL = 50
LONGEST_DESCRIPTION = 100

_COLOR = re.compile(r"[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Change:
    """What to change about an issue; None leaves it as it is."""

    title: str | None = None
    body: str | None = None
    clear_body: bool = False
    state: Literal["open", "closed"] | None = None
    state_reason: StateReason | None = None
    labels: Sequence[str] | None = None
    assignees: Sequence[str] | None = None


# -- issues -----------------------------------------------------------------------------------------------------


def create_issue(
    state: GitHubState,
    viewer: Viewer,
    repository: Repository,
    *,
    title: str,
    body: str | None,
    labels: Sequence[str] = (),
    assignees: Sequence[str] = (),
) -> Issue:
    """Open an issue. Labels and assignees are silently dropped without the right to set them."""
    actor = viewer.must_take_part(repository)
    if not repository.has_issues:
        raise GoneError("Issues has been disabled in this repository.")
    _check_title(title)
    _check_body(body, "Issue")
    may_triage = viewer.may_triage(repository)
    wanted = _labels_named(state, repository, labels) if may_triage else []
    now = clock()
    issue = Issue(
        id=state.new_id(),
        repository_id=repository.id,
        number=1 + max((issue.number for issue in state.issues_of(repository)), default=0),
        title=title.strip(),
        body=body,
        author_id=actor.id,
        via_app=viewer.is_installation,
        assignee_ids=_assignable(state, repository, assignees) if may_triage else (),
        created_at=now,
        updated_at=now,
    )
    state.issues[issue.id] = issue
    return _label(state, viewer, issue, wanted)


def edit_issue(state: GitHubState, viewer: Viewer, issue: Issue, change: Change) -> Issue:
    """Change an issue: its author may, and who may triage; labels and assignees only the latter."""
    repository = state.repositories[issue.repository_id]
    actor = viewer.must_take_part(repository)
    may_triage = viewer.may_triage(repository)
    if not may_triage and issue.author_id != actor.id:
        raise ForbiddenError("Must have admin rights to Repository.")
    if change.title is not None:
        _check_title(change.title)
    _check_body(change.body, "Issue")
    issue = _retitled(state, viewer, issue, change.title)
    if change.body is not None or change.clear_body:
        issue = _put(state, issue.replaced(body=change.body, updated_at=clock()))
    issue = _with_state(state, viewer, issue, change)
    if may_triage and change.labels is not None:
        issue = set_labels(state, viewer, issue, change.labels)
    if may_triage and change.assignees is not None:
        issue = _put(
            state,
            issue.replaced(assignee_ids=_assignable(state, repository, change.assignees), updated_at=clock()),
        )
    return issue


def _retitled(state: GitHubState, viewer: Viewer, issue: Issue, title: str | None) -> Issue:
    if title is None or title.strip() == issue.title:
        return issue
    _note(state, viewer, issue, "renamed", renamed_from=issue.title, renamed_to=title.strip())
    return _put(state, issue.replaced(title=title.strip(), updated_at=clock()))


def _with_state(state: GitHubState, viewer: Viewer, issue: Issue, change: Change) -> Issue:
    if change.state is None:
        return issue
    now = clock()
    if change.state == "open":
        if issue.state == "open":
            return issue
        _note(state, viewer, issue, "reopened", state_reason="reopened")
        reopened = issue.replaced(
            state="open", state_reason="reopened", closed_at=None, closed_by_id=None, updated_at=now
        )
        return _put(state, reopened)
    reason = change.state_reason or (issue.state_reason if issue.state == "closed" else "completed")
    if reason == "reopened":
        raise InvalidError("Issue", "state_reason", "invalid", value=reason)
    if issue.state == "closed" and reason == issue.state_reason:
        return issue
    _note(state, viewer, issue, "closed", state_reason=reason)
    closed = issue.replaced(
        state="closed", state_reason=reason, closed_at=now, closed_by_id=viewer.actor.id, updated_at=now
    )
    return _put(state, closed)


# -- labels on issues -------------------------------------------------------------------------------------------


def add_labels(state: GitHubState, viewer: Viewer, issue: Issue, names: Sequence[str]) -> Issue:
    """Add labels; one that the repository does not have is made. Those already there stay."""
    repository = state.repositories[issue.repository_id]
    viewer.must_triage(repository)
    return _label(state, viewer, issue, _labels_named(state, repository, names))


def set_labels(state: GitHubState, viewer: Viewer, issue: Issue, names: Sequence[str]) -> Issue:
    """Have exactly these labels."""
    repository = state.repositories[issue.repository_id]
    viewer.must_triage(repository)
    wanted = _labels_named(state, repository, names)
    kept = {label.id for label in wanted}
    issue = _unlabel(state, viewer, issue, [x for x in issue.label_ids if x not in kept])
    return _label(state, viewer, issue, wanted)


def remove_label(state: GitHubState, viewer: Viewer, issue: Issue, name: str) -> Issue:
    """Take one label off.

    Raises:
        NotFoundError: the issue does not have it.
    """
    repository = state.repositories[issue.repository_id]
    viewer.must_triage(repository)
    label = state.label(repository, name)
    if label is None or label.id not in issue.label_ids:
        raise NotFoundError("Label does not exist")
    return _unlabel(state, viewer, issue, [label.id])


def _label(state: GitHubState, viewer: Viewer, issue: Issue, labels: Iterable[Label]) -> Issue:
    for label in labels:
        if label.id in issue.label_ids:
            continue
        issue = _put(state, issue.replaced(label_ids=(*issue.label_ids, label.id), updated_at=clock()))
        _note(state, viewer, issue, "labeled", label_name=label.name, label_color=label.color)
    return issue


def _unlabel(state: GitHubState, viewer: Viewer, issue: Issue, label_ids: Iterable[int]) -> Issue:
    for label_id in label_ids:
        label = state.labels[label_id]
        left = tuple(x for x in issue.label_ids if x != label_id)
        issue = _put(state, issue.replaced(label_ids=left, updated_at=clock()))
        _note(state, viewer, issue, "unlabeled", label_name=label.name, label_color=label.color)
    return issue


def _labels_named(state: GitHubState, repository: Repository, names: Sequence[str]) -> list[Label]:
    for name in names:
        _check_label(name, None, None)
    found: dict[int, Label] = {}
    for name in names:
        label = state.label(repository, name) or _new_label(state, repository, name, "ededed", None)
        found[label.id] = label
    return list(found.values())


# -- labels of a repository -------------------------------------------------------------------------------------


def create_label(
    state: GitHubState,
    viewer: Viewer,
    repository: Repository,
    *,
    name: str,
    color: str | None,
    description: str | None,
) -> Label:
    """A new label. Raises InvalidError (`already_exists`) if the name is taken."""
    viewer.must_triage(repository)
    _check_label(name, color, description)
    if state.label(repository, name):
        raise InvalidError("Label", "name", "already_exists")
    return _new_label(state, repository, name, (color or "ededed").lower(), description)


def edit_label(
    state: GitHubState,
    viewer: Viewer,
    label: Label,
    *,
    name: str | None,
    color: str | None,
    description: str | None,
) -> Label:
    """Change a label wherever it is used."""
    repository = state.repositories[label.repository_id]
    viewer.must_triage(repository)
    _check_label(name or label.name, color, description)
    if name is not None and state.label(repository, name) not in (None, label):
        raise InvalidError("Label", "name", "already_exists")
    state.labels[label.id] = label.replaced(
        name=name or label.name,
        color=(color or label.color).lower(),
        description=label.description if description is None else description,
    )
    return state.labels[label.id]


def delete_label(state: GitHubState, viewer: Viewer, label: Label) -> None:
    """Remove a label from the repository and from its issues."""
    viewer.must_triage(state.repositories[label.repository_id])
    for issue in [issue for issue in state.issues.values() if label.id in issue.label_ids]:
        _put(state, issue.replaced(label_ids=tuple(x for x in issue.label_ids if x != label.id)))
    del state.labels[label.id]


def _new_label(
    state: GitHubState, repository: Repository, name: str, color: str, description: str | None
) -> Label:
    label = Label(
        id=state.new_id(), repository_id=repository.id, name=name, color=color, description=description
    )
    state.labels[label.id] = label
    return label


# -- comments and reactions -------------------------------------------------------------------------------------


def create_comment(state: GitHubState, viewer: Viewer, issue: Issue, body: str) -> Comment:
    """Comment on an issue."""
    actor = viewer.must_take_part(state.repositories[issue.repository_id])
    _check_comment(body)
    now = clock()
    comment = Comment(
        id=state.new_id(),
        repository_id=issue.repository_id,
        issue_id=issue.id,
        body=body,
        author_id=actor.id,
        via_app=viewer.is_installation,
        created_at=now,
        updated_at=now,
    )
    state.comments[comment.id] = comment
    _put(state, issue.replaced(updated_at=now))
    return comment


def edit_comment(state: GitHubState, viewer: Viewer, comment: Comment, body: str) -> Comment:
    """Change what a comment says: its author may, and who may triage."""
    _must_own(state, viewer, comment)
    _check_comment(body)
    state.comments[comment.id] = comment.replaced(body=body, updated_at=clock())
    _touch(state, comment)
    return state.comments[comment.id]


def delete_comment(state: GitHubState, viewer: Viewer, comment: Comment) -> None:
    """Remove a comment and the reactions to it."""
    _must_own(state, viewer, comment)
    for reaction in state.reactions_to(comment):
        del state.reactions[reaction.id]
    del state.comments[comment.id]
    _touch(state, comment)


def react(
    state: GitHubState, viewer: Viewer, subject: Issue | Comment, content: ReactionContent
) -> tuple[Reaction, bool]:
    """React once: the reaction, and whether it is new."""
    actor = viewer.must_take_part(state.repositories[subject.repository_id])
    for reaction in state.reactions_to(subject):
        if reaction.user_id == actor.id and reaction.content == content:
            return reaction, False
    reaction = Reaction(
        id=state.new_id(), subject=subject.node_id, user_id=actor.id, content=content, created_at=clock()
    )
    state.reactions[reaction.id] = reaction
    return reaction, True


def _must_own(state: GitHubState, viewer: Viewer, comment: Comment) -> None:
    repository = state.repositories[comment.repository_id]
    actor = viewer.must_take_part(repository)
    if comment.author_id != actor.id and not viewer.may_triage(repository):
        raise ForbiddenError("Must have admin rights to Repository.")


def _touch(state: GitHubState, comment: Comment) -> None:
    _put(state, state.issues[comment.issue_id].replaced(updated_at=clock()))


# -- shared -----------------------------------------------------------------------------------------------------


def _put(state: GitHubState, issue: Issue) -> Issue:
    state.issues[issue.id] = issue
    return issue


def _note(
    state: GitHubState,
    viewer: Viewer,
    issue: Issue,
    kind: Literal["labeled", "unlabeled", "renamed", "closed", "reopened"],
    **details: str | None,
) -> None:
    event = Event.model_validate(
        {
            "id": state.new_id(),
            "issue_id": issue.id,
            "actor_id": viewer.actor.id,
            "kind": kind,
            "via_app": viewer.is_installation,
            "created_at": clock(),
            **details,
        }
    )
    state.events[event.id] = event


def _assignable(state: GitHubState, repository: Repository, logins: Sequence[str]) -> tuple[int, ...]:
    """Those who can be assigned; GitHub drops the others without a word."""
    users: list[User | None] = [state.user(login) for login in logins]
    return tuple(dict.fromkeys(user.id for user in users if user and user.id in repository.collaborators))


def _check_title(title: str) -> None:
    if not title.strip():
        raise InvalidError("Issue", "title", "missing_field")
    if len(title) > LONGEST_TITLE:
        raise _too_long("Issue", "title", LONGEST_TITLE)


def _check_body(body: str | None, resource: str) -> None:
    if body is not None and len(body) > LONGEST_BODY:
        raise _too_long(resource, "body", LONGEST_BODY)


def _check_comment(body: str) -> None:
    if not body.strip():
        raise InvalidError("IssueComment", "data", "unprocessable", message="Body can't be blank")
    _check_body(body, "IssueComment")


def _check_label(name: str, color: str | None, description: str | None) -> None:
    if not name.strip():
        raise InvalidError("Label", "name", "missing_field")
    if len(name) > LONGEST_LABEL:
        raise _too_long("Label", "name", LONGEST_LABEL)
    if color is not None and not _COLOR.fullmatch(color):
        raise InvalidError("Label", "color", "invalid")
    if description is not None and len(description) > LONGEST_DESCRIPTION:
        raise _too_long("Label", "description", LONGEST_DESCRIPTION)


def _too_long(resource: str, field: str, longest: int) -> GitHubError:
    message = f"{field} is too long (maximum is {longest} characters)"
    return InvalidError(resource, field, "custom", message=message)
