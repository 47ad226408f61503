"""Resolvers of what can be done: a board's fields and cards, and what REST cannot do to issues."""

from typing import Any, TypeVar

from sandbox.github import acts, board
from sandbox.github.errors import GitHubError, NodeNotFoundError, NotFoundError
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.nodes import FieldOf, visible_node
from sandbox.github.graphql.resolver import Resolvers
from sandbox.github.records import Issue, Item, Project, Repository

Input = dict[str, Any]
T = TypeVar("T", Project, Issue, Item, Repository)


def _find(it: Context, kind: type[T], global_id: str) -> T:
    node = visible_node(it, global_id)
    if not isinstance(node, kind):
        names = {Project: "ProjectV2", Issue: "ProjectV2ItemContent", Item: "ProjectV2Item"}
        wanted = names.get(kind, kind.__name__)
        raise NotFoundError(f"Could not resolve to {wanted} node with the global id of '{global_id}'")
    return node


def _find_item(it: Context, given: Input) -> tuple[Project, Item]:
    project = _find(it, Project, given["project_id"])
    item = _find(it, Item, given["item_id"])
    if item.project_id != project.id:
        raise NodeNotFoundError(given["item_id"])
    return project, item


def _payload(given: Input, **parts: Any) -> dict[str, Any]:
    return {"clientMutationId": given.get("client_mutation_id"), **parts}


def _add(it: Context, given: Input) -> dict[str, Any]:
    project = _find(it, Project, given["project_id"])
    issue = _find(it, Issue, given["content_id"])
    with it.writing():
        return _payload(given, item=board.add_item(it.state, it.viewer, project, issue))


def _update(it: Context, given: Input) -> dict[str, Any]:
    project, item = _find_item(it, given)
    field = board.field_of(project, given["field_id"])
    with it.writing():
        return _payload(
            given, projectV2Item=board.set_value(it.state, it.viewer, item, field, given["value"])
        )


def _clear(it: Context, given: Input) -> dict[str, Any]:
    project, item = _find_item(it, given)
    field = board.field_of(project, given["field_id"])
    with it.writing():
        return _payload(given, projectV2Item=board.clear_value(it.state, it.viewer, item, field))


def _delete(it: Context, given: Input) -> dict[str, Any]:
    _, item = _find_item(it, given)
    with it.writing():
        board.delete_item(it.state, it.viewer, item)
    return _payload(given, deletedItemId=given["item_id"])


def _archive(it: Context, given: Input) -> dict[str, Any]:
    _, item = _find_item(it, given)
    with it.writing():
        return _payload(given, item=board.archive_item(it.state, it.viewer, item, archived=True))


def _unarchive(it: Context, given: Input) -> dict[str, Any]:
    _, item = _find_item(it, given)
    with it.writing():
        return _payload(given, item=board.archive_item(it.state, it.viewer, item, archived=False))


def _create_field(it: Context, given: Input) -> dict[str, Any]:
    project = _find(it, Project, given["project_id"])
    _refuse_iterations(given)
    with it.writing():
        field = board.create_field(
            it.state,
            it.viewer,
            project,
            name=given["name"],
            type_=given["data_type"],
            options=given.get("single_select_options") or (),
        )
    return _payload(given, projectV2Field=FieldOf(it.state.projects[project.id], field))


def _change_field(it: Context, given: Input) -> dict[str, Any]:
    found = visible_node(it, given["field_id"])
    if not isinstance(found, FieldOf):
        raise NodeNotFoundError(given["field_id"])
    _refuse_iterations(given)
    with it.writing():
        field = board.change_field(
            it.state,
            it.viewer,
            found.project,
            found.field,
            name=given.get("name"),
            options=given.get("single_select_options") or (),
        )
    return _payload(given, projectV2Field=FieldOf(it.state.projects[found.project.id], field))


def _refuse_iterations(given: Input) -> None:
    if given.get("data_type") == "ITERATION" or given.get("iteration_configuration"):
        raise GitHubError(501, "The sandbox has no iterations", kind="NOT_IMPLEMENTED")


def _link_repository(it: Context, given: Input) -> dict[str, Any]:
    project, repository = (
        _find(it, Project, given["project_id"]),
        _find(it, Repository, given["repository_id"]),
    )
    with it.writing():
        board.link_repository(it.state, it.viewer, project, repository)
    return _payload(given, repository=repository)


def _delete_issue(it: Context, given: Input) -> dict[str, Any]:
    issue = _find(it, Issue, given["issue_id"])
    with it.writing():
        acts.delete_issue(it.state, it.viewer, issue)
    return _payload(given, repository=it.state.repositories[issue.repository_id])


def _transfer_issue(it: Context, given: Input) -> dict[str, Any]:
    issue, target = _find(it, Issue, given["issue_id"]), _find(it, Repository, given["repository_id"])
    create = bool(given.get("create_labels_if_missing"))
    with it.writing():
        moved = acts.transfer_issue(it.state, it.viewer, issue, target, create_labels=create)
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
