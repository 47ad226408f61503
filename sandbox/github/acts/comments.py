"""Comments, and reactions to issues and comments."""

from sandbox.github.acts.common import check_text, forget_subject, note, note_edit, put
from sandbox.github.auth import Viewer
from sandbox.github.errors import ForbiddenError, InvalidError
from sandbox.github.records import Comment, Issue, Reaction, ReactionContent, User, clock
from sandbox.github.state import GitHubState


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
    put(state, issue.replaced(updated_at=now))
    return comment


def edit_comment(state: GitHubState, viewer: Viewer, comment: Comment, body: str) -> Comment:
    """Change what a comment says: its author may, and who may triage."""
    actor = _must_own(state, viewer, comment)
    _check_comment(body)
    if body == comment.body:
        return comment
    note_edit(state, actor, comment, body)
    state.comments[comment.id] = comment.replaced(body=body, updated_at=clock())
    _touch(state, comment)
    return state.comments[comment.id]


def delete_comment(state: GitHubState, viewer: Viewer, comment: Comment) -> None:
    """Remove a comment and the reactions to it."""
    _must_own(state, viewer, comment)
    forget_comment(state, comment)
    _touch(state, comment)
    issue = state.issues[comment.issue_id]
    note(state, viewer, issue, "comment_deleted", comment_author_id=comment.author_id)


def forget_comment(state: GitHubState, comment: Comment) -> None:
    forget_subject(state, comment)
    del state.comments[comment.id]


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


def take_back_reaction(
    state: GitHubState, viewer: Viewer, subject: Issue | Comment, reaction: Reaction
) -> None:
    """Remove a reaction: only who reacted may."""
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
    put(state, state.issues[comment.issue_id].replaced(updated_at=clock()))


def _check_comment(body: str) -> None:
    if not body.strip():
        raise InvalidError("IssueComment", "data", "unprocessable", message="Body can't be blank")
    check_text(body, "IssueComment")
