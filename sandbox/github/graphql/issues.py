"""Issues and comments."""

from typing import Unpack

from sandbox.github.graphql.common import DATED, NUMBERED
from sandbox.github.graphql.connections import Connection, Page, by_id, connection
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.resolver import Resolvers
from sandbox.github.graphql.timeline import EDITABLE, timeline_items
from sandbox.github.records import Comment, Issue, Item, Label, User
from sandbox.github.show import time


def _state_reason(source: Issue, enable_duplicate: bool = False) -> str | None:
    if source.state_reason == "duplicate" and not enable_duplicate:
        return "NOT_PLANNED"
    return source.state_reason and source.state_reason.upper()


def _issue_labels(source: Issue, it: Context, **page: Unpack[Page]) -> Connection[Label]:
    labels = [it.state.labels[number] for number in source.label_ids]
    return connection("labels", labels, page, by_id)


def _assignees(source: Issue, it: Context, **page: Unpack[Page]) -> Connection[User]:
    users = [it.state.users[number] for number in source.assignee_ids]
    return connection("assignees", users, page, by_id)


def _comments(source: Issue, it: Context, **page: Unpack[Page]) -> Connection[Comment]:
    return connection("comments", it.state.comments_of(source), page, by_id)


def _project_items(
    source: Issue, it: Context, include_archived: bool = True, **page: Unpack[Page]
) -> Connection[Item]:
    seen = [
        item
        for item in it.state.items_with(source)
        if it.viewer.sees_project(it.state.projects[item.project_id], it.state)
        and (include_archived or not item.archived)
    ]
    return connection("projectItems", seen, page, by_id)


def _association(source: Issue | Comment, it: Context) -> str:
    return it.show.association(source.author_id, source.repository_id)


ISSUES: Resolvers = {
    "Issue": {
        **DATED,
        **NUMBERED,
        **EDITABLE,
        "id": lambda source: source.node_id,
        "number": lambda source: source.number,
        "title": lambda source: source.title,
        "body": lambda source: source.body or "",
        "url": lambda source, it: it.show.issue_page(source),
        "state": lambda source: source.state.upper(),
        "stateReason": _state_reason,
        "closed": lambda source: source.state == "closed",
        "closedAt": lambda source: source.closed_at and time(source.closed_at),
        "author": lambda source, it: it.state.users[source.author_id],
        "repository": lambda source, it: it.state.repositories[source.repository_id],
        "labels": _issue_labels,
        "assignees": _assignees,
        "comments": _comments,
        "projectItems": _project_items,
        "timelineItems": timeline_items,
        "authorAssociation": _association,
    },
    "IssueComment": {
        **DATED,
        **NUMBERED,
        **EDITABLE,
        "id": lambda source: source.node_id,
        "body": lambda source: source.body,
        "url": lambda source, it: it.show.comment_page(source),
        "author": lambda source, it: it.state.users[source.author_id],
        "issue": lambda source, it: it.state.issues[source.issue_id],
        "authorAssociation": _association,
        "repository": lambda source, it: it.state.repositories[source.repository_id],
    },
}
