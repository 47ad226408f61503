"""Helpers of the commands: saving issues, recording issue events and edits, limits of texts."""

from datetime import datetime
from typing import Any

from sandbox.github.auth import Viewer
from sandbox.github.errors import GitHubError, InvalidError
from sandbox.github.records import Comment, Edit, Event, EventKind, Issue, User, current_time
from sandbox.github.state import GitHubState

MAX_BODY_LENGTH = 65_536


def save_issue(state: GitHubState, issue: Issue) -> Issue:
    """Store a changed issue and return it."""
    state.issues[issue.id] = issue
    return issue


def record_event(
    state: GitHubState,
    viewer: Viewer,
    issue: Issue,
    kind: EventKind,
    **details: Any,
) -> None:
    """Add an event to the issue's timeline; `details` are the fields of its kind."""
    event = Event.model_validate(
        {
            "id": state.new_id(),
            "issue_id": issue.id,
            "actor_id": viewer.actor.id,
            "kind": kind,
            "via_app": viewer.is_installation,
            "created_at": current_time(),
            **details,
        }
    )
    state.events[event.id] = event


def check_text(body: str | None, resource: str) -> None:
    """Raise InvalidError if the body is too long; `resource` is its type in the error, such as `Issue`."""
    if body is not None and len(body) > MAX_BODY_LENGTH:
        raise too_long(resource, "body", MAX_BODY_LENGTH)


def too_long(resource: str, field: str, longest: int) -> GitHubError:
    """Return the error 422 for a field of more than `longest` characters."""
    message = f"{field} is too long (maximum is {longest} characters)"
    return InvalidError(resource, field, "custom", message=message)


def move_subject(state: GitHubState, old: Issue | Comment, new: Issue | Comment) -> None:
    """Move reactions and edits to the new node id, which changes with the repository."""
    for reaction in state.reactions_to(old):
        state.reactions[reaction.id] = reaction.replaced(subject=new.node_id)
    for edit in state.edits_of(old):
        state.edits[edit.id] = edit.replaced(subject=new.node_id)


def delete_subject(state: GitHubState, subject: Issue | Comment) -> None:
    """Delete the reactions to an issue or comment and the edits of its text."""
    for reaction in state.reactions_to(subject):
        del state.reactions[reaction.id]
    for edit in state.edits_of(subject):
        del state.edits[edit.id]


def record_edit(state: GitHubState, actor: User, subject: Issue | Comment, body: str) -> None:
    """Record an edit of a text. The first edit also records the original text."""
    if not state.edits_of(subject):
        _save_edit(state, subject, subject.author_id, subject.body or "", subject.created_at)
    _save_edit(state, subject, actor.id, body, current_time())


def _save_edit(state: GitHubState, subject: Issue | Comment, editor_id: int, body: str, at: datetime) -> None:
    edit = Edit(id=state.new_id(), subject=subject.node_id, editor_id=editor_id, body=body, at=at)
    state.edits[edit.id] = edit
