"""Resolvers of issues and comments."""

from typing import Unpack

from sandbox.github.graphql.common import DATED, NUMBERED
from sandbox.github.graphql.connections import Connection, Page, by_id, connection
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.resolver import Resolvers
from sandbox.github.graphql.timeline import EDITABLE, timeline_items
from sandbox.github.records import Comment, Issue, Item, Label, User
from sandbox.github.rendering import time


def _state_reason(source: Issue, enable_duplicate: bool = False) -> str | None:
    if source.state_reason == "duplicate" and not enable_duplicate:
        return "NOT_PLANNED"
    return source.state_reason and source.state_reason.upper()


def _issue_labels(source: Issue, context: Context, **page: Unpack[Page]) -> Connection[Label]:
    labels = [context.state.labels[number] for number in source.label_ids]
    return connection("labels", labels, page, by_id)


def _assignees(source: Issue, context: Context, **page: Unpack[Page]) -> Connection[User]:
    users = [context.state.users[number] for number in source.assignee_ids]
    return connection("assignees", users, page, by_id)


def _comments(source: Issue, context: Context, **page: Unpack[Page]) -> Connection[Comment]:
    return connection("comments", context.state.comments_of(source), page, by_id)


def _project_items(
    source: Issue, context: Context, include_archived: bool = True, **page: Unpack[Page]
) -> Connection[Item]:
    seen = [
        item
        for item in context.state.items_with(source)
        if context.viewer.sees_project(context.state.projects[item.project_id], context.state)
        and (include_archived or not item.archived)
    ]
    return connection("projectItems", seen, page, by_id)


def _association(source: Issue | Comment, context: Context) -> str:
    return context.render.association(source.author_id, source.repository_id)


ISSUES: Resolvers = {
    "Issue": {
        **DATED,
        **NUMBERED,
        **EDITABLE,
        "id": lambda source: source.node_id,
        "number": lambda source: source.number,
        "title": lambda source: source.title,
        "body": lambda source: source.body or "",
        "url": lambda source, context: context.render.issue_page(source),
        "state": lambda source: source.state.upper(),
        "stateReason": _state_reason,
        "closed": lambda source: source.state == "closed",
        "closedAt": lambda source: source.closed_at and time(source.closed_at),
        "author": lambda source, context: context.state.users[source.author_id],
        "repository": lambda source, context: context.state.repositories[source.repository_id],
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
        "url": lambda source, context: context.render.comment_page(source),
        "author": lambda source, context: context.state.users[source.author_id],
        "issue": lambda source, context: context.state.issues[source.issue_id],
        "authorAssociation": _association,
        "repository": lambda source, context: context.state.repositories[source.repository_id],
    },
}
