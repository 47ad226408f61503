"""Resolvers of mutations: fields and cards of boards, and changes of issues that REST does not offer."""

from typing import Any, TypeVar

from sandbox.github import board, commands
from sandbox.github.errors import GitHubError, NodeNotFoundError, NotFoundError
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.nodes import FieldOf, visible_node
from sandbox.github.graphql.resolver import Resolvers
from sandbox.github.records import Issue, Item, Project, Repository

Input = dict[str, Any]
T = TypeVar("T", Project, Issue, Item, Repository)


def _find(context: Context, kind: type[T], global_id: str) -> T:
    node = visible_node(context, global_id)
    if not isinstance(node, kind):
        names = {Project: "ProjectV2", Issue: "ProjectV2ItemContent", Item: "ProjectV2Item"}
        wanted = names.get(kind, kind.__name__)
        raise NotFoundError(f"Could not resolve to {wanted} node with the global id of '{global_id}'")
    return node


def _find_item(context: Context, given: Input) -> tuple[Project, Item]:
    project = _find(context, Project, given["project_id"])
    item = _find(context, Item, given["item_id"])
    if item.project_id != project.id:
        raise NodeNotFoundError(given["item_id"])
    return project, item


def _payload(given: Input, **parts: Any) -> dict[str, Any]:
    return {"clientMutationId": given.get("client_mutation_id"), **parts}


def _add(context: Context, given: Input) -> dict[str, Any]:
    project = _find(context, Project, given["project_id"])
    issue = _find(context, Issue, given["content_id"])
    with context.writing():
        return _payload(given, item=board.add_item(context.state, context.viewer, project, issue))


def _update(context: Context, given: Input) -> dict[str, Any]:
    project, item = _find_item(context, given)
    field = board.field_of(project, given["field_id"])
    with context.writing():
        return _payload(
            given, projectV2Item=board.set_value(context.state, context.viewer, item, field, given["value"])
        )


def _clear(context: Context, given: Input) -> dict[str, Any]:
    project, item = _find_item(context, given)
    field = board.field_of(project, given["field_id"])
    with context.writing():
        return _payload(given, projectV2Item=board.clear_value(context.state, context.viewer, item, field))


def _delete(context: Context, given: Input) -> dict[str, Any]:
    _, item = _find_item(context, given)
    with context.writing():
        board.delete_item(context.state, context.viewer, item)
    return _payload(given, deletedItemId=given["item_id"])


def _archive(context: Context, given: Input) -> dict[str, Any]:
    _, item = _find_item(context, given)
    with context.writing():
        return _payload(given, item=board.archive_item(context.state, context.viewer, item, archived=True))


def _unarchive(context: Context, given: Input) -> dict[str, Any]:
    _, item = _find_item(context, given)
    with context.writing():
        return _payload(given, item=board.archive_item(context.state, context.viewer, item, archived=False))


def _create_field(context: Context, given: Input) -> dict[str, Any]:
    project = _find(context, Project, given["project_id"])
    _refuse_iterations(given)
    with context.writing():
        field = board.create_field(
            context.state,
            context.viewer,
            project,
            name=given["name"],
            type_=given["data_type"],
            options=given.get("single_select_options") or (),
        )
    return _payload(given, projectV2Field=FieldOf(context.state.projects[project.id], field))


def _change_field(context: Context, given: Input) -> dict[str, Any]:
    found = visible_node(context, given["field_id"])
    if not isinstance(found, FieldOf):
        raise NodeNotFoundError(given["field_id"])
    _refuse_iterations(given)
    with context.writing():
        field = board.change_field(
            context.state,
            context.viewer,
            found.project,
            found.field,
            name=given.get("name"),
            options=given.get("single_select_options") or (),
        )
    return _payload(given, projectV2Field=FieldOf(context.state.projects[found.project.id], field))


def _refuse_iterations(given: Input) -> None:
    if given.get("data_type") == "ITERATION" or given.get("iteration_configuration"):
        raise GitHubError(501, "The sandbox has no iterations", kind="NOT_IMPLEMENTED")


def _link_repository(context: Context, given: Input) -> dict[str, Any]:
    project, repository = (
        _find(context, Project, given["project_id"]),
        _find(context, Repository, given["repository_id"]),
    )
    with context.writing():
        board.link_repository(context.state, context.viewer, project, repository)
    return _payload(given, repository=repository)


def _delete_issue(context: Context, given: Input) -> dict[str, Any]:
    issue = _find(context, Issue, given["issue_id"])
    with context.writing():
        commands.delete_issue(context.state, context.viewer, issue)
    return _payload(given, repository=context.state.repositories[issue.repository_id])


def _transfer_issue(context: Context, given: Input) -> dict[str, Any]:
    issue, target = (
        _find(context, Issue, given["issue_id"]),
        _find(context, Repository, given["repository_id"]),
    )
    create = bool(given.get("create_labels_if_missing"))
    with context.writing():
        moved = commands.transfer_issue(context.state, context.viewer, issue, target, create_labels=create)
    return _payload(given, issue=moved)


MUTATIONS: Resolvers = {
    "Mutation": {
        "addProjectV2ItemById": _add,
        "updateProjectV2ItemFieldValue": _update,
        "clearProjectV2ItemFieldValue": _clear,
        "deleteProjectV2Item": _delete,
        "archiveProjectV2Item": _archive,
        "unarchiveProjectV2Item": _unarchive,
        "createProjectV2Field": _create_field,
        "updateProjectV2Field": _change_field,
        "linkProjectV2ToRepository": _link_repository,
        "deleteIssue": _delete_issue,
        "transferIssue": _transfer_issue,
    },
}
