"""Issues: create, edit, transfer, delete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.github.auth import Viewer
from sandbox.github.commands.comments import remove_comment
from sandbox.github.commands.common import (
    check_text,
    delete_subject,
    move_subject,
    record_edit,
    record_event,
    save_issue,
    too_long,
)
from sandbox.github.commands.labels import label_issue, labels_named, new_label, set_labels
from sandbox.github.errors import ForbiddenError, GoneError, InvalidError
from sandbox.github.forms import Template
from sandbox.github.records import Issue, Repository, StateReason, Tombstone, User, current_time
from sandbox.github.state import GitHubState

MAX_TITLE_LENGTH = 256


@dataclass(frozen=True)
class Change:
    """Changes of an issue. None leaves a field unchanged."""

    title: str | None = None
    body: str | None = None
    clear_body: bool = False
    state: Literal["open", "closed"] | None = None
    state_reason: StateReason | None = None
    labels: Sequence[str] | None = None
    assignees: Sequence[str] | None = None


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
    """Create an issue. Labels and assignees are silently dropped if the caller may not set them."""
    actor = viewer.must_take_part(repository)
    if not repository.has_issues:
        raise GoneError("Issues has been disabled in this repository.")
    _check_title(title)
    check_text(body, "Issue")
    may_triage = viewer.may_triage(repository)
    wanted = labels_named(state, repository, labels) if may_triage else []
    now = current_time()
    issue = Issue(
        id=state.new_id(),
        repository_id=repository.id,
        number=state.next_number(repository),
        title=title.strip(),
        body=body,
        author_id=actor.id,
        via_app=viewer.is_installation,
        created_at=now,
        updated_at=now,
    )
    issue = label_issue(state, viewer, save_issue(state, issue), wanted)
    return _assign(state, viewer, issue, assignees) if may_triage else issue


def create_from_template(
    state: GitHubState,
    viewer: Viewer,
    repository: Repository,
    *,
    title: str,
    body: str,
    labels: Sequence[str],
) -> Issue:
    """Create an issue with the labels of its template, as far as they exist, whatever the caller's rights."""
    issue = create_issue(state, viewer, repository, title=title, body=body)
    there = [label for name in labels if (label := state.label(repository, name))]
    return label_issue(state, viewer, issue, there)


def create_from_form(
    state: GitHubState,
    viewer: Viewer,
    repository: Repository,
    form: Template,
    *,
    title: str | None,
    given: Mapping[str, Sequence[str]],
) -> Issue:
    """Create an issue from a form that was filled in (label of a question -> given answers).

    GitHub enforces required answers in public repositories only.
    """
    if not repository.private and (missing := form.missing(given)):
        raise InvalidError("Issue", missing[0], "missing_field", message=f"{missing[0]} can't be blank")
    return create_from_template(
        state,
        viewer,
        repository,
        title=form.title if title is None else title,
        body=form.answered(given),
        labels=form.labels,
    )


def edit_issue(state: GitHubState, viewer: Viewer, issue: Issue, change: Change) -> Issue:
    """Change an issue. Its author may, and everybody with the triage role.

    Labels and assignees are silently kept if the caller does not have that role.
    """
    repository = state.repositories[issue.repository_id]
    actor = viewer.must_take_part(repository)
    may_triage = viewer.may_triage(repository)
    if not may_triage and issue.author_id != actor.id:
        raise ForbiddenError("Must have admin rights to Repository.")
    if change.title is not None:
        _check_title(change.title)
    check_text(change.body, "Issue")
    issue = _retitled(state, viewer, issue, change.title)
    if (change.body is not None or change.clear_body) and change.body != issue.body:
        record_edit(state, actor, issue, change.body or "")
        issue = save_issue(state, issue.replaced(body=change.body, updated_at=current_time()))
    issue = _with_state(state, viewer, issue, change)
    if may_triage and change.labels is not None:
        issue = set_labels(state, viewer, issue, change.labels)
    if may_triage and change.assignees is not None:
        issue = _assign(state, viewer, issue, change.assignees)
    return issue


def delete_issue(state: GitHubState, viewer: Viewer, issue: Issue) -> None:
    """Delete an issue with its comments, events and cards. Only administrators of the repository may."""
    viewer.must_administer(state.repositories[issue.repository_id])
    _leave_tombstone(state, issue, None)
    for item in state.items_with(issue):
        del state.items[item.id]
    for comment in state.comments_of(issue):
        remove_comment(state, comment)
    for event in state.events_of(issue):
        del state.events[event.id]
    delete_subject(state, issue)


def transfer_issue(
    state: GitHubState, viewer: Viewer, issue: Issue, target: Repository, *, create_labels: bool = False
) -> Issue:
    """Move an issue to another repository, where it gets a new number.

    Labels that the target does not have are dropped, or created there with `create_labels`. Comments, events and
    cards move with it.
    """
    source = state.repositories[issue.repository_id]
    viewer.must_write(source)
    viewer.must_write(target)
    if target.id == source.id:
        raise InvalidError("Issue", "repositoryId", "invalid", message="The issue is already there")
    if source.private and not target.private:
        message = "Issues cannot be transferred from a private to a public repository"
        raise InvalidError("Issue", "repositoryId", "invalid", message=message)
    labels = []
    for number in issue.label_ids:
        label = state.labels[number]
        found = state.label(target, label.name)
        if found is None and create_labels:
            found = new_label(state, target, label.name, label.color, label.description)
        if found is not None:
            labels.append(found.id)
    moved = issue.replaced(
        id=state.new_id(),
        repository_id=target.id,
        number=state.next_number(target),
        label_ids=tuple(labels),
        updated_at=current_time(),
    )
    move_subject(state, issue, moved)
    for comment in state.comments_of(issue):
        carried = comment.replaced(repository_id=target.id, issue_id=moved.id)
        move_subject(state, comment, carried)
        state.comments[comment.id] = carried
    for event in state.events_of(issue):
        state.events[event.id] = event.replaced(issue_id=moved.id)
    for item in state.items_with(issue):
        state.items[item.id] = item.replaced(issue_id=moved.id)
    _leave_tombstone(state, issue, moved.id)
    save_issue(state, moved)
    record_event(state, viewer, moved, "transferred", from_repository_id=source.id)
    return moved


def _leave_tombstone(state: GitHubState, issue: Issue, moved_to: int | None) -> None:
    del state.issues[issue.id]
    state.tombstones[issue.id] = Tombstone(
        id=issue.id, repository_id=issue.repository_id, number=issue.number, moved_to=moved_to
    )


def _assign(state: GitHubState, viewer: Viewer, issue: Issue, logins: Sequence[str]) -> Issue:
    """Set the assignees, as far as they can be assigned."""
    wanted = _assignable(state, state.repositories[issue.repository_id], logins)
    for number in issue.assignee_ids:
        if number not in wanted:
            record_event(state, viewer, issue, "unassigned", assignee_id=number)
    for number in wanted:
        if number not in issue.assignee_ids:
            record_event(state, viewer, issue, "assigned", assignee_id=number)
    if wanted == issue.assignee_ids:
        return issue
    return save_issue(state, issue.replaced(assignee_ids=wanted, updated_at=current_time()))


def _retitled(state: GitHubState, viewer: Viewer, issue: Issue, title: str | None) -> Issue:
    if title is None or title.strip() == issue.title:
        return issue
    record_event(state, viewer, issue, "renamed", renamed_from=issue.title, renamed_to=title.strip())
    return save_issue(state, issue.replaced(title=title.strip(), updated_at=current_time()))


def _with_state(state: GitHubState, viewer: Viewer, issue: Issue, change: Change) -> Issue:
    if change.state is None:
        return issue
    now = current_time()
    if change.state == "open":
        if issue.state == "open":
            return issue
        record_event(state, viewer, issue, "reopened", state_reason="reopened")
        reopened = issue.replaced(
            state="open", state_reason="reopened", closed_at=None, closed_by_id=None, updated_at=now
        )
        return save_issue(state, reopened)
    reason = change.state_reason or (issue.state_reason if issue.state == "closed" else "completed")
    if reason == "reopened":
        raise InvalidError("Issue", "state_reason", "invalid", value=reason)
    if issue.state == "closed" and reason == issue.state_reason:
        return issue
    record_event(state, viewer, issue, "closed", state_reason=reason)
    closed = issue.replaced(
        state="closed", state_reason=reason, closed_at=now, closed_by_id=viewer.actor.id, updated_at=now
    )
    return save_issue(state, closed)


def _assignable(state: GitHubState, repository: Repository, logins: Sequence[str]) -> tuple[int, ...]:
    """Return the ids of users who can be assigned; GitHub silently drops the others."""
    users: list[User | None] = [state.user(login) for login in logins]
    return tuple(dict.fromkeys(user.id for user in users if user and user.id in repository.collaborators))


def _check_title(title: str) -> None:
    if not title.strip():
        raise InvalidError("Issue", "title", "missing_field")
    if len(title) > MAX_TITLE_LENGTH:
        raise too_long("Issue", "title", MAX_TITLE_LENGTH)
