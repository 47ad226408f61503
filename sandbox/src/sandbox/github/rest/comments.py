"""Comments, and reactions to issues and comments."""

from sandbox.github import commands
from sandbox.github.filters import since
from sandbox.github.records import Comment, Issue
from sandbox.github.rest.call import ApiResponse, Call, Listing, handles


@handles("issues/list-comments")
def list_comments(call: Call) -> Listing:
    """Serve `GET …/issues/{issue_number}/comments`, oldest first."""
    return Listing(_recent(call, call.state.comments_of(call.issue())), call.render.comment)


@handles("issues/list-comments-for-repo")
def list_comments_for_repo(call: Call) -> Listing:
    """Serve `GET …/issues/comments`: the comments on all issues of the repository."""
    repository = call.repository()
    found = _recent(call, [c for c in call.state.comments.values() if c.repository_id == repository.id])
    by_update = call.query.get("sort", "created") == "updated"
    # GitHub ignores the direction without a sort
    descending = "sort" in call.query and call.query.get("direction") == "desc"
    found.sort(key=lambda c: (c.updated_at if by_update else c.created_at, c.id), reverse=descending)
    return Listing(found, call.render.comment)


def _recent(call: Call, comments: list[Comment]) -> list[Comment]:
    if "since" not in call.query:
        return comments
    start = since(call.query["since"])
    return [comment for comment in comments if comment.updated_at >= start]


@handles("issues/create-comment")
def create_comment(call: Call) -> ApiResponse:
    """Serve `POST …/issues/{issue_number}/comments`."""
    issue = call.issue()
    with call.writing():
        comment = commands.create_comment(call.state, call.viewer, issue, call.body["body"])
    return ApiResponse(call.render.comment(comment), 201)


@handles("issues/get-comment")
def get_comment(call: Call) -> ApiResponse:
    """Serve `GET …/issues/comments/{comment_id}`."""
    return ApiResponse(call.render.comment(call.comment()))


@handles("issues/update-comment")
def update_comment(call: Call) -> ApiResponse:
    """Serve `PATCH …/issues/comments/{comment_id}`."""
    comment = call.comment()
    with call.writing():
        comment = commands.edit_comment(call.state, call.viewer, comment, call.body["body"])
    return ApiResponse(call.render.comment(comment))


@handles("issues/delete-comment")
def delete_comment(call: Call) -> ApiResponse:
    """Serve `DELETE …/issues/comments/{comment_id}`."""
    comment = call.comment()
    with call.writing():
        commands.delete_comment(call.state, call.viewer, comment)
    return ApiResponse(None, 204)


@handles("reactions/list-for-issue")
def list_for_issue(call: Call) -> Listing:
    """Serve `GET …/issues/{issue_number}/reactions`, oldest first."""
    return _reactions(call, call.issue())


@handles("reactions/create-for-issue")
def create_for_issue(call: Call) -> ApiResponse:
    """Serve `POST …/issues/{issue_number}/reactions`: 201 for a new reaction, 200 for one that exists."""
    return _react(call, call.issue())


@handles("reactions/list-for-issue-comment")
def list_for_comment(call: Call) -> Listing:
    """Serve `GET …/issues/comments/{comment_id}/reactions`, oldest first."""
    return _reactions(call, call.comment())


@handles("reactions/create-for-issue-comment")
def create_for_comment(call: Call) -> ApiResponse:
    """Serve `POST …/issues/comments/{comment_id}/reactions`: 201 for a new reaction, 200 for one that exists."""
    return _react(call, call.comment())


@handles("reactions/delete-for-issue")
def delete_for_issue(call: Call) -> ApiResponse:
    """Serve `DELETE …/issues/{issue_number}/reactions/{reaction_id}`."""
    return _delete_reaction(call, call.issue())


@handles("reactions/delete-for-issue-comment")
def delete_for_comment(call: Call) -> ApiResponse:
    """Serve `DELETE …/issues/comments/{comment_id}/reactions/{reaction_id}`."""
    return _delete_reaction(call, call.comment())


def _delete_reaction(call: Call, subject: Issue | Comment) -> ApiResponse:
    reaction = call.reaction(subject)
    with call.writing():
        commands.delete_reaction(call.state, call.viewer, subject, reaction)
    return ApiResponse(None, 204)


def _reactions(call: Call, subject: Issue | Comment) -> Listing:
    found = call.state.reactions_to(subject)
    content = call.query.get("content")
    return Listing([r for r in found if content in (None, r.content)], call.render.reaction)


def _react(call: Call, subject: Issue | Comment) -> ApiResponse:
    with call.writing():
        reaction, is_new = commands.react(call.state, call.viewer, subject, call.body["content"])
    return ApiResponse(call.render.reaction(reaction), 201 if is_new else 200)
