"""Resolvers of the query root, accounts, repositories and their labels."""

from datetime import UTC, datetime
from typing import Any, Unpack

from sandbox.github import filters
from sandbox.github.errors import ForbiddenError, GitHubError, NotFoundError
from sandbox.github.graphql.connections import Connection, Page, Rank, by_id, connection
from sandbox.github.graphql.context import Context
from sandbox.github.graphql.nodes import visible_node
from sandbox.github.graphql.resolver import Fields, Resolvers
from sandbox.github.rate_limits import PER_HOUR
from sandbox.github.records import Issue, Label, Organization, Project, Repository, Team, User
from sandbox.github.rendering import time


def _organization(context: Context, login: str) -> Organization:
    organization = context.state.organization
    if organization.login.lower() != login.lower():
        raise NotFoundError(f"Could not resolve to an Organization with the login of '{login}'.")
    return organization


def _user(context: Context, login: str) -> User:
    user = context.state.user(login)
    if user is None or user.type != "User":
        raise NotFoundError(f"Could not resolve to a User with the login of '{login}'.")
    return user


def _repository(context: Context, owner: str, name: str) -> Repository:
    """Return the repository, also under a former name."""
    repository = context.state.repository(owner, name) or context.state.moved_repository(owner, name)
    if repository is None or not context.viewer.sees(repository):
        raise NotFoundError(f"Could not resolve to a Repository with the name '{owner}/{name}'.")
    return repository


def _node(context: Context, global_id: str) -> Any:
    return visible_node(context, global_id)


def _nodes(context: Context, ids: list[str]) -> list[Any]:
    return [_node_or_error(context, global_id) for global_id in ids]


def _node_or_error(context: Context, global_id: str) -> Any:
    """Return the node or the error, which then fails this entry only, not the whole list."""
    try:
        return visible_node(context, global_id)
    except GitHubError as error:
        return error


def _rate_limit(context: Context) -> dict[str, Any]:
    window = context.window
    return {
        "cost": context.cost.points,
        "limit": PER_HOUR,
        "nodeCount": context.cost.nodes,
        "remaining": window.remaining,
        "used": window.used,
        "resetAt": time(datetime.fromtimestamp(window.reset, UTC)),
    }


def _project(context: Context, number: int) -> Project:
    project = context.state.project(number)
    if project is not None and context.viewer.sees_project(project, context.state):
        return project
    if project is not None and context.viewer.is_installation:
        raise ForbiddenError("Resource not accessible by integration")
    raise NotFoundError(f"Could not resolve to a ProjectV2 with the number {number}.")


def _projects(context: Context, **page: Unpack[Page]) -> Connection[Project]:
    seen = [
        project
        for project in context.state.projects.values()
        if context.viewer.sees_project(project, context.state)
    ]
    return connection("projectsV2", seen, page, lambda project: [project.number])


def _issue(source: Repository, context: Context, number: int) -> Issue:
    context.viewer.must_read(source, "issues")
    issue = context.state.issue(source, number)
    if issue is None:
        raise NotFoundError(f"Could not resolve to an Issue with the number of {number}.")
    return issue


def _issues(
    source: Repository,
    context: Context,
    states: list[str] | None = None,
    labels: list[str] | None = None,
    order_by: dict[str, str] | None = None,
    filter_by: dict[str, Any] | None = None,
    **page: Unpack[Page],
) -> Connection[Issue]:
    context.viewer.must_read(source, "issues")
    given = dict(filter_by or {})
    start = filters.since(given.pop("since")) if given.get("since") else None
    wanted_states, wanted_labels = given.pop("states", states), given.pop("labels", labels)
    if others := sorted(name for name, value in given.items() if value):
        raise GitHubError(501, f"The sandbox cannot filter by {others}", kind="NOT_IMPLEMENTED")
    wanted = {name.lower() for name in wanted_labels or ()}

    def matches(issue: Issue) -> bool:
        names = {context.state.labels[number].name.lower() for number in issue.label_ids}
        return (
            (wanted_states is None or issue.state.upper() in wanted_states)
            and (not wanted or bool(names & wanted))
            and (start is None or issue.updated_at >= start)
        )

    by, direction = (order_by["field"], order_by["direction"]) if order_by else ("CREATED_AT", "ASC")
    sign = -1 if direction == "DESC" else 1

    def rank(issue: Issue) -> Rank:
        if by == "COMMENTS":
            first = len(context.state.comments_of(issue))
        else:
            first = int((issue.updated_at if by == "UPDATED_AT" else issue.created_at).timestamp())
        return [sign * first, sign * issue.number]

    return connection("issues", filter(matches, context.state.issues_of(source)), page, rank)


def _repository_labels(source: Repository, context: Context, **page: Unpack[Page]) -> Connection[Label]:
    return connection("labels", context.state.labels_of(source), page, by_id)


def _team(source: Organization, context: Context, slug: str) -> Team | None:
    return context.state.team(slug) if context.viewer.is_member(source) else None


def _members(source: Team, context: Context, **page: Unpack[Page]) -> Connection[User]:
    return connection("members", [context.state.users[number] for number in source.members], page, by_id)


_ACCOUNT: Fields = {
    "id": lambda source: source.node_id,
    "databaseId": lambda source: source.id,
    "login": lambda source: source.login,
    "createdAt": lambda source: time(source.created_at),
}

ACCOUNTS: Resolvers = {
    "Query": {
        "organization": _organization,
        "user": _user,
        "repository": _repository,
        "node": _node,
        "nodes": _nodes,
        "viewer": lambda context: context.viewer.actor,
        "rateLimit": _rate_limit,
    },
    "Organization": {
        **_ACCOUNT,
        "name": lambda source: source.name,
        "url": lambda source, context: f"{context.render.base}/{source.login}",
        "projectV2": _project,
        "team": _team,
        "projectsV2": _projects,
        "repository": lambda source, context, name: _repository(context, source.login, name),
    },
    "Team": {
        "id": lambda source: source.node_id,
        "databaseId": lambda source: source.id,
        "slug": lambda source: source.slug,
        "name": lambda source: source.name,
        "members": _members,
    },
    "User": {
        **_ACCOUNT,
        "name": lambda source: source.name,
        "url": lambda source, context: context.render.user(source)["html_url"],
    },
    "Bot": {**_ACCOUNT, "url": lambda source, context: context.render.user(source)["html_url"]},
    "Repository": {
        "id": lambda source: source.node_id,
        "databaseId": lambda source: source.id,
        "name": lambda source: source.name,
        "nameWithOwner": lambda source, context: f"{context.state.organization.login}/{source.name}",
        "owner": lambda context: context.state.organization,
        "url": lambda source, context: context.render.repository_page(source.id),
        "isPrivate": lambda source: source.private,
        "hasIssuesEnabled": lambda source: source.has_issues,
        "issue": _issue,
        "issues": _issues,
        "label": lambda source, context, name: context.state.label(source, name),
        "labels": _repository_labels,
    },
    "Label": {
        "id": lambda source: source.node_id,
        "name": lambda source: source.name,
        "color": lambda source: source.color,
        "description": lambda source: source.description,
        "repository": lambda source, context: context.state.repositories[source.repository_id],
    },
}
