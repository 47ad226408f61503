"""Resolvers of an issue's timeline and of the edits of its texts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Unpack

from sandbox.github import filters
from sandbox.github.graphql.connections import Connection, Page, by_id, connection
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.resolver import Fields, Resolvers
from sandbox.github.records import Comment, Edit, Event, EventKind, Issue, Label
from sandbox.github.rendering import time

EVENT_TYPES: dict[EventKind, str] = {
    "labeled": "LabeledEvent",
    "unlabeled": "UnlabeledEvent",
    "assigned": "AssignedEvent",
    "unassigned": "UnassignedEvent",
    "renamed": "RenamedTitleEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "transferred": "TransferredEvent",
    "comment_deleted": "CommentDeletedEvent",
    "added_to_project_v2": "AddedToProjectV2Event",
    "removed_from_project_v2": "RemovedFromProjectV2Event",
    "project_v2_item_status_changed": "ProjectV2ItemStatusChangedEvent",
}

_ITEM_TYPES: dict[EventKind, str] = {"renamed": "RENAMED_TITLE_EVENT"}
"""Item types that are not the kind in capitals."""


@dataclass(frozen=True)
class TimelineItems(Connection[Event | Comment]):
    """A page of a timeline. `total_count` counts all items, `filtered_count` those that match the filter."""

    filtered_count: int
    page_count: int
    updated_at: str


def _item_type(entry: Event | Comment) -> str:
    if isinstance(entry, Comment):
        return "ISSUE_COMMENT"
    return _ITEM_TYPES.get(entry.kind, f"{entry.kind.upper()}_EVENT")


def timeline_items(
    source: Issue,
    context: Context,
    item_types: list[str] | None = None,
    since: str | None = None,
    **page: Unpack[Page],
) -> TimelineItems:
    """Return events and comments, oldest first."""
    start = None if since is None else filters.since(since)
    entries: list[Event | Comment] = [*context.state.events_of(source), *context.state.comments_of(source)]
    wanted = [
        entry
        for entry in entries
        if (item_types is None or _item_type(entry) in item_types)
        and (start is None or entry.created_at >= start)
    ]
    found = connection("timelineItems", wanted, page, by_id)
    return TimelineItems(
        found.edges,
        found.page_info,
        total_count=len(entries),
        filtered_count=len(wanted),
        page_count=len(found.edges),
        updated_at=time(source.updated_at),
    )


def _edits(source: Issue | Comment, context: Context, **page: Unpack[Page]) -> Connection[Edit]:
    """Return the edits, newest first; the oldest is the original text."""
    return connection("userContentEdits", context.state.edits_of(source), page, lambda edit: [-edit.id])


def _of_last_edit(read: Callable[[Edit, Context], Any]) -> Callable[[Issue | Comment, Context], Any]:
    def resolve(source: Issue | Comment, context: Context) -> Any:
        edits = context.state.edits_of(source)
        return read(edits[-1], context) if edits else None

    return resolve


EDITABLE: Fields = {
    "editor": _of_last_edit(lambda edit, context: context.state.users[edit.editor_id]),
    "lastEditedAt": _of_last_edit(lambda edit, _: time(edit.at)),
    "includesCreatedEdit": lambda source, context: bool(context.state.edits_of(source)),
    "userContentEdits": _edits,
}


def _issue(source: Event, context: Context) -> Issue:
    return context.state.issues[source.issue_id]


def _label(source: Event, context: Context) -> Label:
    """Return the label; a deleted one as it was at the time."""
    repository = context.state.repositories[_issue(source, context).repository_id]
    name, color = source.label_name or "", source.label_color or ""
    gone = Label(id=0, repository_id=repository.id, name=name, color=color)
    return context.state.label(repository, name) or gone


_EVENT: Fields = {
    "id": lambda source: source.node_id,
    "actor": lambda source, context: context.state.users[source.actor_id],
    "createdAt": lambda source: time(source.created_at),
}

_STATE: Fields = {
    **_EVENT,
    "closable": _issue,
    "stateReason": lambda source: source.state_reason and source.state_reason.upper(),
}

_LABELED: Fields = {**_EVENT, "label": _label, "labelable": _issue}

_ASSIGNED: Fields = {
    **_EVENT,
    "assignable": _issue,
    "assignee": lambda source, context: context.state.users[source.assignee_id],
}

_ON_BOARD: Fields = {
    **_EVENT,
    "databaseId": lambda source: source.id,
    "project": lambda source, context: context.state.projects[source.project_id],
    "wasAutomated": lambda: False,
}

TIMELINE: Resolvers = {
    "ClosedEvent": {**_STATE, "url": lambda source, context: context.render.event_page(source)},
    "ReopenedEvent": _STATE,
    "LabeledEvent": _LABELED,
    "UnlabeledEvent": _LABELED,
    "AssignedEvent": _ASSIGNED,
    "UnassignedEvent": _ASSIGNED,
    "RenamedTitleEvent": {
        **_EVENT,
        "subject": _issue,
        "previousTitle": lambda source: source.renamed_from,
        "currentTitle": lambda source: source.renamed_to,
    },
    "TransferredEvent": {
        **_EVENT,
        "issue": _issue,
        "fromRepository": lambda source, context: context.state.repositories[source.from_repository_id],
    },
    "CommentDeletedEvent": {
        **_EVENT,
        "databaseId": lambda source: source.id,
        "deletedCommentAuthor": lambda source, context: context.state.users[source.comment_author_id],
    },
    "AddedToProjectV2Event": _ON_BOARD,
    "RemovedFromProjectV2Event": _ON_BOARD,
    "ProjectV2ItemStatusChangedEvent": {
        **_ON_BOARD,
        "status": lambda source: source.status,
        "previousStatus": lambda source: source.previous_status,
    },
    "UserContentEdit": {
        "id": lambda source: source.node_id,
        "editor": lambda source, context: context.state.users[source.editor_id],
        "diff": lambda source: source.body,
        "createdAt": lambda source: time(source.at),
        "editedAt": lambda source: time(source.at),
        "updatedAt": lambda source: time(source.at),
        "deletedAt": lambda: None,
        "deletedBy": lambda: None,
    },
}
