"""The organization and its repositories; people; the rate limit."""

from sandbox.github.errors import ForbiddenError, NotFoundError
from sandbox.github.rest.call import Answer, Call, answers


@answers("users/get-authenticated")
def get_authenticated(call: Call) -> Answer:
    actor = call.viewer.actor
    if call.viewer.is_installation:
        raise ForbiddenError("Resource not accessible by integration")
    account = {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }
    return Answer({**call.show.full_user(actor), **account, "user_view_type": "private"})


@answers("users/get-by-username")
def get_by_username(call: Call) -> Answer:
    user = call.state.user(call.path["username"])
    if user is None:
        raise NotFoundError
    return Answer(call.show.full_user(user))


@answers("orgs/get")
def get_organization(call: Call) -> Answer:
    organization = call.state.organization
    if call.path["org"].lower() != organization.login.lower():
        raise NotFoundError
    return Answer(call.show.organization(organization))


@answers("repos/get")
def get_repository(call: Call) -> Answer:
    repository = call.repository("metadata")
    user = call.viewer.user
    permissions = None
    if user is not None:
        # an App's own rights are in its permissions, not here: GitHub shows it what anyone may do
        permissions = call.show.permissions(repository.collaborators.get(user.id, "read"))
    return Answer(call.show.repository(repository, permissions=permissions))


@answers("rate-limit/get")
def get_rate_limit(call: Call) -> Answer:
    shown = {
        resource: call.rates.window(call.viewer.key, resource).body(resource)
        for resource in ("core", "search", "graphql", "integration_manifest")
    }
    return Answer({"resources": shown, "rate": shown["core"]})
