"""Comments, and reactions to issues and comments."""

from sandbox.github import acts
from sandbox.github.filters import since
from sandbox.github.records import Comment, Issue
from sandbox.github.rest.call import Answer, Call, Listing, answers


@answers("issues/list-comments")
def list_comments(call: Call) -> Listing:
    return Listing(_recent(call, call.state.comments_of(call.issue())), call.show.comment)


@answers("issues/list-comments-for-repo")
def list_comments_for_repo(call: Call) -> Listing:
    repository = call.repository()
    found = _recent(call, [c for c in call.state.comments.values() if c.repository_id == repository.id])
    by_update = call.query.get("sort", "created") == "updated"
    # GitHub: the direction counts only beside a sort
    descending = "sort" in call.query and call.query.get("direction") == "desc"
    found.sort(key=lambda c: (c.updated_at if by_update else c.created_at, c.id), reverse=descending)
    return Listing(found, call.show.comment)


def _recent(call: Call, comments: list[Comment]) -> list[Comment]:
    if "since" not in call.query:
        return comments
    start = since(call.query["since"])
    return [comment for comment in comments if comment.updated_at >= start]


@answers("issues/create-comment")
def create_comment(call: Call) -> Answer:
    issue = call.issue()
    with call.writing():
        comment = acts.create_comment(call.state, call.viewer, issue, call.body["body"])
    return Answer(call.show.comment(comment), 201)


@answers("issues/get-comment")
def get_comment(call: Call) -> Answer:
    return Answer(call.show.comment(call.comment()))


@answers("issues/update-comment")
def update_comment(call: Call) -> Answer:
    comment = call.comment()
    with call.writing():
        comment = acts.edit_comment(call.state, call.viewer, comment, call.body["body"])
    return Answer(call.show.comment(comment))


@answers("issues/delete-comment")
def delete_comment(call: Call) -> Answer:
    comment = call.comment()
    with call.writing():
        acts.delete_comment(call.state, call.viewer, comment)
    return Answer(None, 204)


@answers("reactions/list-for-issue")
def list_for_issue(call: Call) -> Listing:
    return _reactions(call, call.issue())


@answers("reactions/create-for-issue")
def create_for_issue(call: Call) -> Answer:
    return _react(call, call.issue())


@answers("reactions/list-for-issue-comment")
def list_for_comment(call: Call) -> Listing:
    return _reactions(call, call.comment())


@answers("reactions/create-for-issue-comment")
def create_for_comment(call: Call) -> Answer:
    return _react(call, call.comment())


@answers("reactions/delete-for-issue")
def delete_for_issue(call: Call) -> Answer:
    return _take_back(call, call.issue())


@answers("reactions/delete-for-issue-comment")
def delete_for_comment(call: Call) -> Answer:
    return _take_back(call, call.comment())


def _take_back(call: Call, subject: Issue | Comment) -> Answer:
    reaction = call.reaction(subject)
    with call.writing():
        acts.take_back_reaction(call.state, call.viewer, subject, reaction)
    return Answer(None, 204)


def _reactions(call: Call, subject: Issue | Comment) -> Listing:
    found = call.state.reactions_to(subject)
    content = call.query.get("content")
    return Listing([r for r in found if content in (None, r.content)], call.show.reaction)


def _react(call: Call, subject: Issue | Comment) -> Answer:
    with call.writing():
        reaction, is_new = acts.react(call.state, call.viewer, subject, call.body["content"])
    return Answer(call.show.reaction(reaction), 201 if is_new else 200)
