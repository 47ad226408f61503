"""Values that resolvers pass on: records of the state, and types that only GraphQL has."""

from dataclasses import dataclass
from typing import Any

from sandbox.github.errors import ForbiddenError, NodeNotFoundError
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.timeline import EVENT_TYPES
from sandbox.github.records import (
    Comment,
    Event,
    FieldValue,
    Issue,
    Item,
    Label,
    Node,
    Option,
    Project,
    ProjectField,
    Repository,
    Team,
    User,
)


@dataclass(frozen=True)
class FieldOf:
    """A field of a project."""

    project: Project
    field: ProjectField


@dataclass(frozen=True)
class ValueOf:
    """A card's value in a field."""

    item: Item
    of: FieldOf
    held: FieldValue

    @property
    def option(self) -> Option:
        """The chosen option; only for a single-select field."""
        return next(option for option in self.of.field.options if option.id == self.held.value)


_VALUE_TYPES = {
    "TITLE": "ProjectV2ItemFieldTextValue",
    "TEXT": "ProjectV2ItemFieldTextValue",
    "NUMBER": "ProjectV2ItemFieldNumberValue",
    "DATE": "ProjectV2ItemFieldDateValue",
    "SINGLE_SELECT": "ProjectV2ItemFieldSingleSelectValue",
}


def type_name(value: Any) -> str:
    """Return the schema's type name of a resolved value."""
    match value:
        case User():
            return value.type
        case FieldOf():
            is_select = value.field.type == "SINGLE_SELECT"
            return "ProjectV2SingleSelectField" if is_select else "ProjectV2Field"
        case ValueOf():
            return _VALUE_TYPES[value.of.field.type]
        case Comment():
            return "IssueComment"
        case Project():
            return "ProjectV2"
        case Item():
            return "ProjectV2Item"
        case Event():
            return EVENT_TYPES[value.kind]
        case _:
            return type(value).__name__


def visible_node(context: Context, global_id: str) -> Node | FieldOf:
    """Return the node with this id if the caller may see it. Raises NodeNotFoundError or ForbiddenError."""
    for project in context.state.projects.values():
        for field in project.fields:
            if project.field_id(field) == global_id:
                _must_see_project(context, project, global_id)
                return FieldOf(project, field)
    node = context.state.node(global_id)
    match node:
        case None:
            raise NodeNotFoundError(global_id)
        case Project():
            _must_see_project(context, node, global_id)
        case Item():
            _must_see_project(context, context.state.projects[node.project_id], global_id)
        case Repository():
            _must_see_repository(context, node, global_id)
        case Team():
            if not context.viewer.is_member(context.state.organization):
                raise NodeNotFoundError(global_id)
        case Event():
            _must_see_issue(context, context.state.issues[node.issue_id].repository_id, global_id)
        case Issue() | Comment() | Label():
            _must_see_issue(context, node.repository_id, global_id)
    return node


def _must_see_project(context: Context, project: Project, global_id: str) -> None:
    if not context.viewer.sees_project(project, context.state):
        if context.viewer.is_installation:
            raise ForbiddenError("Resource not accessible by integration")
        raise NodeNotFoundError(global_id)


def _must_see_issue(context: Context, repository_id: int, global_id: str) -> None:
    repository = context.state.repositories[repository_id]
    _must_see_repository(context, repository, global_id)
    context.viewer.must_read(repository, "issues")


def _must_see_repository(context: Context, repository: Repository, global_id: str) -> None:
    if not context.viewer.sees(repository):
        raise NodeNotFoundError(global_id)
