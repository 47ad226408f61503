"""Commands that change a Projects v2 board. GraphQL and the pages call them, inside `state.writing()`."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from sandbox.github.auth import Viewer
from sandbox.github.commands.common import record_event
from sandbox.github.errors import GitHubError, NodeNotFoundError
from sandbox.github.records import (
    FieldType,
    FieldValue,
    Issue,
    Item,
    Option,
    Project,
    ProjectField,
    Repository,
    current_time,
)
from sandbox.github.state import GitHubState

Value = dict[str, str | float | date]
"""An entry of GraphQL's `ProjectV2FieldValue`."""

OptionInput = dict[str, Any]
"""GraphQL's `ProjectV2SingleSelectFieldOptionInput`: name, color, description and the id of an existing option."""


def add_item(state: GitHubState, viewer: Viewer, project: Project, issue: Issue) -> Item:
    """Add an issue to the board and return its card. An existing card is returned unchanged."""
    actor = viewer.must_edit_project(project, state)
    viewer.must_read(state.repositories[issue.repository_id], "issues")
    for item in state.items_with(issue):
        if item.project_id == project.id:
            if item.archived and project.restore_on_add:
                return _put(state, item.replaced(archived=False, updated_at=current_time()))
            return item
    now = current_time()
    item = Item(
        id=state.new_id(),
        project_id=project.id,
        issue_id=issue.id,
        creator_id=actor.id,
        created_at=now,
        updated_at=now,
    )
    record_event(state, viewer, issue, "added_to_project_v2", project_id=project.id)
    return _put(state, item)


def set_value(state: GitHubState, viewer: Viewer, item: Item, field: ProjectField, value: Value) -> Item:
    """Set a field of a card; `value` is an entry of GraphQL's `ProjectV2FieldValue`."""
    actor = viewer.must_edit_project(state.projects[item.project_id], state)
    _must_not_be_archived(item)
    checked = _checked(field, value)
    old = item.values.get(field.id)
    if old is not None and old.value == checked:
        return item
    now = current_time()
    new = FieldValue(
        value=checked, creator_id=actor.id, created_at=old.created_at if old else now, updated_at=now
    )
    changed = item.replaced(values={**item.values, field.id: new}, updated_at=now)
    _record_column_change(state, viewer, item, changed)
    return _put(state, changed)


def clear_value(state: GitHubState, viewer: Viewer, item: Item, field: ProjectField) -> Item:
    """Clear a field of a card."""
    viewer.must_edit_project(state.projects[item.project_id], state)
    _must_not_be_archived(item)
    if field.id not in item.values:
        return item
    others = {number: value for number, value in item.values.items() if number != field.id}
    changed = item.replaced(values=others, updated_at=current_time())
    _record_column_change(state, viewer, item, changed)
    return _put(state, changed)


def archive_item(state: GitHubState, viewer: Viewer, item: Item, *, archived: bool) -> Item:
    """Archive or restore a card."""
    viewer.must_edit_project(state.projects[item.project_id], state)
    if item.archived == archived:
        return item
    return _put(state, item.replaced(archived=archived, updated_at=current_time()))


def delete_item(state: GitHubState, viewer: Viewer, item: Item) -> None:
    """Remove a card from the board; the issue stays."""
    viewer.must_edit_project(state.projects[item.project_id], state)
    del state.items[item.id]
    issue = state.issues[item.issue_id]
    record_event(state, viewer, issue, "removed_from_project_v2", project_id=item.project_id)


def create_field(
    state: GitHubState,
    viewer: Viewer,
    project: Project,
    *,
    name: str,
    type_: FieldType,
    options: Sequence[OptionInput],
) -> ProjectField:
    """Add a field to the board."""
    viewer.must_edit_project(project, state)
    if type_ == "SINGLE_SELECT" and not options:
        raise _unprocessable("At least one option is required for a field of type single select")
    _must_be_free(project, name, None)
    field = ProjectField(id=state.new_id(), name=name, type=type_, options=_options((), options))
    _put_fields(state, project, (*project.fields, field))
    return field


def change_field(
    state: GitHubState,
    viewer: Viewer,
    project: Project,
    field: ProjectField,
    *,
    name: str | None,
    options: Sequence[OptionInput],
) -> ProjectField:
    """Rename a field, or replace its options.

    An option without its id is a new one: cards with the old option lose their value. GitHub documents that for
    `ProjectV2SingleSelectFieldOptionInput.id` (additions.graphql).
    """
    viewer.must_edit_project(project, state)
    if name is not None:
        _must_be_free(project, name, field)
    if options and field.type != "SINGLE_SELECT":
        raise _unprocessable("Options can only be provided for a field of type single select")
    kept = _options(field.options, options) if options else field.options
    changed = field.replaced(name=name or field.name, options=kept)
    _put_fields(state, project, tuple(changed if each.id == field.id else each for each in project.fields))
    there = {option.id for option in kept}
    for item in state.items_of(project):
        held = item.values.get(field.id)
        if field.type == "SINGLE_SELECT" and held is not None and held.value not in there:
            others = {number: value for number, value in item.values.items() if number != field.id}
            _put(state, item.replaced(values=others, updated_at=current_time()))
    return changed


def link_repository(state: GitHubState, viewer: Viewer, project: Project, repository: Repository) -> None:
    """Link the board to a repository. Linking it again changes nothing."""
    viewer.must_edit_project(project, state)
    viewer.must_push(repository)
    if repository.id not in project.repositories:
        linked = project.replaced(
            repositories=(*project.repositories, repository.id), updated_at=current_time()
        )
        state.projects[project.id] = linked


def _options(had: Sequence[Option], given: Sequence[OptionInput]) -> tuple[Option, ...]:
    known = {option.id for option in had}
    if len({option["name"] for option in given}) < len(given):
        raise _unprocessable("Option names must be unique")
    if strange := [id_ for option in given if (id_ := option.get("id")) and id_ not in known]:
        raise _unprocessable(f"The single select option Id {strange[0]} does not belong to the field")
    return tuple(
        Option.model_validate({**option, "id": option.get("id") or secrets.token_hex(4)}) for option in given
    )


def _must_be_free(project: Project, name: str, but: ProjectField | None) -> None:
    if any(each.name.lower() == name.lower() and each != but for each in project.fields):
        raise _unprocessable("Name has already been taken")


def _put_fields(state: GitHubState, project: Project, fields: tuple[ProjectField, ...]) -> None:
    state.projects[project.id] = project.replaced(fields=fields, updated_at=current_time())


def _unprocessable(message: str) -> GitHubError:
    return GitHubError(422, message, kind="UNPROCESSABLE")


def column(state: GitHubState, item: Item) -> Option | None:
    """Return the card's column, or None."""
    field = state.projects[item.project_id].status
    held = item.values.get(field.id)
    return next((option for option in field.options if held and option.id == held.value), None)


def _record_column_change(state: GitHubState, viewer: Viewer, before: Item, after: Item) -> None:
    before_column, after_column = column(state, before), column(state, after)
    if before_column == after_column:
        return
    record_event(
        state,
        viewer,
        state.issues[after.issue_id],
        "project_v2_item_status_changed",
        project_id=after.project_id,
        status=after_column.name if after_column else "",
        previous_status=before_column.name if before_column else "",
    )


def field_of(project: Project, global_id: str) -> ProjectField:
    """Return the project's field with this node id. Raises NodeNotFoundError."""
    for field in project.fields:
        if project.field_id(field) == global_id:
            return field
    raise NodeNotFoundError(global_id)


def _checked(field: ProjectField, value: dict[str, str | float | date]) -> str | float:
    given = {name: part for name, part in value.items() if part is not None}
    if len(given) != 1:
        raise GitHubError(422, "Only one value can be provided for the field", kind="VALIDATION")
    ((kind, part),) = given.items()
    expected = {
        "SINGLE_SELECT": "single_select_option_id",
        "TEXT": "text",
        "NUMBER": "number",
        "DATE": "date",
    }
    if field.type not in expected:
        raise GitHubError(
            422, f"The field of type {field.type.lower()} cannot be updated here", kind="VALIDATION"
        )
    if kind != expected[field.type]:
        wanted = "single select option Id" if field.type == "SINGLE_SELECT" else expected[field.type]
        message = f"Did not receive a {wanted} to update a field of type {field.type.lower()}"
        raise GitHubError(422, message, kind="VALIDATION")
    if field.type == "SINGLE_SELECT" and part not in {option.id for option in field.options}:
        raise GitHubError(422, "The single select option Id does not belong to the field", kind="VALIDATION")
    return part.isoformat() if isinstance(part, date) else part


def _must_not_be_archived(item: Item) -> None:
    if item.archived:
        raise GitHubError(422, "The item is archived and cannot be updated", kind="VALIDATION")


def _put(state: GitHubState, item: Item) -> Item:
    state.items[item.id] = item
    return item
