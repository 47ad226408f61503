"""Resolvers of boards, their fields, cards and values."""

from typing import Unpack

from sandbox.github.graphql.common import DATED, NUMBERED
from sandbox.github.graphql.connections import Connection, Page, by_id, connection
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.nodes import FieldOf, ValueOf
from sandbox.github.graphql.resolver import Fields, Resolvers
from sandbox.github.records import FieldValue, Issue, Item, Option, Project, Repository
from sandbox.github.rendering import time


def _fields(source: Project, **page: Unpack[Page]) -> Connection[FieldOf]:
    fields = [FieldOf(source, field) for field in source.fields]
    return connection("fields", fields, page, lambda each: [each.field.id])


def _field(source: Project, name: str) -> FieldOf | None:
    return next(
        (FieldOf(source, field) for field in source.fields if field.name.lower() == name.lower()), None
    )


def _items(source: Project, context: Context, **page: Unpack[Page]) -> Connection[Item]:
    return connection("items", context.state.items_of(source), page, by_id)


def _repositories(source: Project, context: Context, **page: Unpack[Page]) -> Connection[Repository]:
    linked = [context.state.repositories[number] for number in source.repositories]
    return connection("repositories", [each for each in linked if context.viewer.sees(each)], page, by_id)


def _options(source: FieldOf, names: list[str] | None = None) -> list[Option]:
    return [option for option in source.field.options if names is None or option.name in names]


def _content(source: Item, context: Context) -> Issue | None:
    issue = context.state.issues[source.issue_id]
    return (
        issue if context.viewer.may_read(context.state.repositories[issue.repository_id], "issues") else None
    )


def _item_type(source: Item, context: Context) -> str:
    return "ISSUE" if _content(source, context) else "REDACTED"


def _value(source: Item, context: Context, name: str) -> ValueOf | None:
    return next(
        (value for value in _held(source, context) if value.of.field.name.lower() == name.lower()), None
    )


def _values(source: Item, context: Context, **page: Unpack[Page]) -> Connection[ValueOf]:
    return connection("fieldValues", _held(source, context), page, lambda value: [value.of.field.id])


def _held(item: Item, context: Context) -> list[ValueOf]:
    state = context.state
    project = state.projects[item.project_id]
    held = []
    for field in project.fields:
        value = item.values.get(field.id)
        if field.type == "TITLE":
            value = FieldValue(
                value=state.issues[item.issue_id].title,
                creator_id=item.creator_id,
                created_at=item.created_at,
                updated_at=item.updated_at,
            )
        if value is not None:
            held.append(ValueOf(item, FieldOf(project, field), value))
    return held


_FIELD: Fields = {
    "id": lambda source: source.project.field_id(source.field),
    "databaseId": lambda source: source.field.id,
    "name": lambda source: source.field.name,
    "dataType": lambda source: source.field.type,
    "project": lambda source: source.project,
    "createdAt": lambda source: time(source.project.created_at),
    "updatedAt": lambda source: time(source.project.updated_at),
}

_VALUE: Fields = {
    "field": lambda source: source.of,
    "item": lambda source: source.item,
    "creator": lambda source, context: context.state.users[source.held.creator_id],
    "createdAt": lambda source: time(source.held.created_at),
    "updatedAt": lambda source: time(source.held.updated_at),
}

BOARDS: Resolvers = {
    "ProjectV2": {
        **DATED,
        **NUMBERED,
        "id": lambda source: source.node_id,
        "number": lambda source: source.number,
        "title": lambda source: source.title,
        "url": lambda source, context: context.render.project_page(source),
        "owner": lambda context: context.state.organization,
        "public": lambda source: source.public,
        "closed": lambda: False,
        "field": _field,
        "fields": _fields,
        "items": _items,
        "repositories": _repositories,
    },
    "ProjectV2Field": _FIELD,
    "ProjectV2SingleSelectField": {**_FIELD, "options": _options},
    "ProjectV2SingleSelectFieldOption": {
        "id": lambda source: source.id,
        "name": lambda source: source.name,
        "color": lambda source: source.color,
        "description": lambda source: source.description,
    },
    "ProjectV2Item": {
        **DATED,
        **NUMBERED,
        "id": lambda source, context: context.state.item_node_id(source),
        "type": _item_type,
        "content": _content,
        "isArchived": lambda source: source.archived,
        "creator": lambda source, context: context.state.users[source.creator_id],
        "project": lambda source, context: context.state.projects[source.project_id],
        "fieldValueByName": _value,
        "fieldValues": _values,
    },
    "ProjectV2ItemFieldSingleSelectValue": {
        **_VALUE,
        "name": lambda source: source.option.name,
        "optionId": lambda source: source.option.id,
        "color": lambda source: source.option.color,
        "description": lambda source: source.option.description,
    },
    "ProjectV2ItemFieldTextValue": {**_VALUE, "text": lambda source: source.held.value},
    "ProjectV2ItemFieldNumberValue": {**_VALUE, "number": lambda source: source.held.value},
    "ProjectV2ItemFieldDateValue": {**_VALUE, "date": lambda source: source.held.value},
}
