"""Comments, and reactions to issues and comments."""

from sandbox.github.auth import Viewer
from sandbox.github.commands.common import check_text, delete_subject, record_edit, record_event, save_issue
from sandbox.github.errors import ForbiddenError, InvalidError
from sandbox.github.records import Comment, Issue, Reaction, ReactionContent, User, current_time
from sandbox.github.state import GitHubState


def create_comment(state: GitHubState, viewer: Viewer, issue: Issue, body: str) -> Comment:
    """Comment on an issue."""
    actor = viewer.must_take_part(state.repositories[issue.repository_id])
    _check_comment(body)
    now = current_time()
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
    save_issue(state, issue.replaced(updated_at=now))
    return comment


def edit_comment(state: GitHubState, viewer: Viewer, comment: Comment, body: str) -> Comment:
    """Change a comment. Its author may, and everybody with the triage role."""
    actor = _must_own(state, viewer, comment)
    _check_comment(body)
    if body == comment.body:
        return comment
    record_edit(state, actor, comment, body)
    state.comments[comment.id] = comment.replaced(body=body, updated_at=current_time())
    _touch(state, comment)
    return state.comments[comment.id]


def delete_comment(state: GitHubState, viewer: Viewer, comment: Comment) -> None:
    """Remove a comment and the reactions to it."""
    _must_own(state, viewer, comment)
    remove_comment(state, comment)
    _touch(state, comment)
    issue = state.issues[comment.issue_id]
    record_event(state, viewer, issue, "comment_deleted", comment_author_id=comment.author_id)


def remove_comment(state: GitHubState, comment: Comment) -> None:
    """Delete a comment with its reactions and edits, without checking rights or recording an event."""
    delete_subject(state, comment)
    del state.comments[comment.id]


def react(
    state: GitHubState, viewer: Viewer, subject: Issue | Comment, content: ReactionContent
) -> tuple[Reaction, bool]:
    """Add a reaction, if the caller has not reacted so yet. Return it, and True if it is new."""
    actor = viewer.must_take_part(state.repositories[subject.repository_id])
    for reaction in state.reactions_to(subject):
        if reaction.user_id == actor.id and reaction.content == content:
            return reaction, False
    reaction = Reaction(
        id=state.new_id(),
        subject=subject.node_id,
        user_id=actor.id,
        content=content,
        created_at=current_time(),
    )
    state.reactions[reaction.id] = reaction
    return reaction, True


def delete_reaction(state: GitHubState, viewer: Viewer, subject: Issue | Comment, reaction: Reaction) -> None:
    """Delete a reaction. Only its author may."""
    actor = viewer.must_take_part(state.repositories[subject.repository_id])
    if reaction.user_id != actor.id:
        raise ForbiddenError("Must have admin rights to Repository.")
    del state.reactions[reaction.id]


def _must_own(state: GitHubState, viewer: Viewer, comment: Comment) -> User:
    repository = state.repositories[comment.repository_id]
    actor = viewer.must_take_part(repository)
    if comment.author_id != actor.id and not viewer.may_triage(repository):
        raise ForbiddenError("Must have admin rights to Repository.")
    return actor


def _touch(state: GitHubState, comment: Comment) -> None:
    save_issue(state, state.issues[comment.issue_id].replaced(updated_at=current_time()))


def _check_comment(body: str) -> None:
    if not body.strip():
        raise InvalidError("IssueComment", "data", "unprocessable", message="Body can't be blank")
    check_text(body, "IssueComment")
