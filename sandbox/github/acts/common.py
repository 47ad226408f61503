"""What the acts share: what is noted about an issue, and the limits of a text."""

from datetime import datetime
from typing import Any

from sandbox.github.auth import Viewer
from sandbox.github.errors import GitHubError, InvalidError
from sandbox.github.records import Comment, Edit, Event, EventKind, Issue, User, clock
from sandbox.github.state import GitHubState

LONGEST_BODY = 65_536


def put(state: GitHubState, issue: Issue) -> Issue:
    """The issue as it is from now on."""
    state.issues[issue.id] = issue
    return issue


def note(
    state: GitHubState,
    viewer: Viewer,
    issue: Issue,
    kind: EventKind,
    **details: Any,
) -> None:
    """Something happened to the issue; `details` are the event's own fields."""
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


def check_text(body: str | None, resource: str) -> None:
    if body is not None and len(body) > LONGEST_BODY:
        raise too_long(resource, "body", LONGEST_BODY)


def too_long(resource: str, field: str, longest: int) -> GitHubError:
    message = f"{field} is too long (maximum is {longest} characters)"
    return InvalidError(resource, field, "custom", message=message)


def carry_over(state: GitHubState, old: Issue | Comment, new: Issue | Comment) -> None:
    """Reactions and edits name their subject by its global id, which changes with the repository."""
    for reaction in state.reactions_to(old):
        state.reactions[reaction.id] = reaction.replaced(subject=new.node_id)
    for edit in state.edits_of(old):
        state.edits[edit.id] = edit.replaced(subject=new.node_id)


def forget_subject(state: GitHubState, subject: Issue | Comment) -> None:
    for reaction in state.reactions_to(subject):
        del state.reactions[reaction.id]
    for edit in state.edits_of(subject):
        del state.edits[edit.id]


def note_edit(state: GitHubState, actor: User, subject: Issue | Comment, body: str) -> None:
    """The first edit also keeps what stood there before."""
    if not state.edits_of(subject):
        _keep(state, subject, subject.author_id, subject.body or "", subject.created_at)
    _keep(state, subject, actor.id, body, clock())


def _keep(state: GitHubState, subject: Issue | Comment, editor_id: int, body: str, at: datetime) -> None:
    edit = Edit(id=state.new_id(), subject=subject.node_id, editor_id=editor_id, body=body, at=at)
    state.edits[edit.id] = edit
